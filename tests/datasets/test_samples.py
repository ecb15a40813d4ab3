import sys

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
    assert (report.stats.rows, report.skipped) == (495, 0)
    assert report.stats.persian_share > 0.99
    assert report.stats.words > 60_000


def test_poems_keep_their_verses_and_lose_doubled_spaces():
    pytest.importorskip("hafez")
    ghazals, prose = ([*sample.rows()] for sample in samples.samples())
    assert ghazals[0]["text"].splitlines()[:2] == [
        "الا یا ایها الساقی ادر کاسا و ناولها",
        "که عشق آسان نمود اول ولی افتاد مشکل ها",
    ]
    assert prose[0]["prompt"] == f"{samples.PROSE_PROMPT}{ghazals[0]['text']}"
    assert prose[0]["answer"].startswith("مشکلات تان بزودی حل خواهد شد")
    assert not any("  " in text for row in [*ghazals, *prose] for text in row.values())
