import sys
from collections import Counter

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.datasets import samples
from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.protocol.data import DatasetReport


def test_without_the_package_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "hafez", None)
    for sample in samples.samples():
        with pytest.raises(errors.SamplesMissing) as caught:
            sample.write(tmp_path)
        assert "demo" in caught.value.body.hint
        assert "demo" in caught.value.body.hint_fa


@pytest.mark.parametrize("sample", samples.samples(), ids=lambda sample: sample.id)
def test_samples_go_the_way_of_every_file(tmp_path, sample):
    pytest.importorskip("hafez")
    path = sample.write(tmp_path)
    answer = confined.call(
        "jupyter_persian_ai.datasets.importing:import_file",
        {"path": str(path), "out_dir": str(tmp_path / "out")},
        memory_bytes=2**30,
        seconds=60,
    )
    report = DatasetReport.model_validate(answer["report"])
    assert report.shape is sample.shape
    classes = sample.id == "verse_or_prose"
    assert report.skipped == 0
    assert report.stats.rows == (3742 if classes else 495)
    assert report.stats.persian_share > 0.99
    assert report.stats.words > (30_000 if classes else 60_000)


def test_poems_keep_their_verses_and_lose_doubled_spaces():
    pytest.importorskip("hafez")
    ghazals, prose, _ = ([*sample.rows()] for sample in samples.samples())
    assert ghazals[0]["text"].splitlines()[:2] == [
        "الا یا ایها الساقی ادر کاسا و ناولها",
        "که عشق آسان نمود اول ولی افتاد مشکل ها",
    ]
    assert prose[0]["prompt"] == f"{samples.PROSE_PROMPT}{ghazals[0]['text']}"
    assert prose[0]["answer"].startswith("مشکلات تان بزودی حل خواهد شد")
    assert not any("  " in text for row in [*ghazals, *prose] for text in row.values())


def test_verse_and_prose_are_as_many_and_nothing_comes_twice():
    pytest.importorskip("hafez")
    rows = [*samples.samples()[2].rows()]
    labels = Counter(row["label"] for row in rows)
    assert labels["شعر"] == labels["نثر"] == len(rows) / 2
    assert len({row["text"] for row in rows}) == len(rows)
    assert not any("\n" in row["text"] or "  " in row["text"] for row in rows)
    assert rows[0]["text"].startswith("الا یا ایها الساقی ادر کاسا و ناولها که عشق آسان")
