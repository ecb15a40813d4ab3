"""`pai.datasets` where nothing can be displayed: load, look, change, split, compare, train."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.widgets import loading as loading_module

TEXTS = [
    "می روم تا دریا و باز می‌گردم به خانهٔ پدری",
    "كتابي كه دیروز خریدم بسیار خواندنی بود",
    "<p>باران می‌بارد &amp; کوچه خیس است</p>",
    "شمارهٔ من 09121234567 است، شب‌ها زنگ بزن",
    "می روم تا دریا و باز می‌گردم به خانهٔ پدری",
    "در کوهستان برف سنگینی بارید و راه‌ها بسته شد",
]


@pytest.fixture(scope="module", autouse=True)
def client(jupyter_server: Any) -> Iterator[pai.Client]:
    yield pai.connect(jupyter_server.url, jupyter_server.token)
    pai.disconnect()


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("messy") / "آشفته.jsonl"
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in TEXTS]
    lines[1:1] = ['{"text": "ناتمام', '{"text": ""}']
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def data(messy: Path) -> pai.DatasetHandle:
    """The messy file, loaded once for the module."""
    return pai.datasets.load(messy, name="آشفته")


@pytest.fixture(scope="module")
def tidy(data: pai.DatasetHandle) -> pai.DatasetHandle:
    """A second version, with everything mended."""
    steps = [{"kind": "clean"}, {"kind": "normalise"}, {"kind": "dedupe"}]
    return data.change(steps, note="مرتب")


def texts(handle: pai.DatasetHandle) -> list[str]:
    return [row["text"] for row in handle.preview(100)]


def test_a_file_is_loaded_with_progress(messy: Path, capsys: Any) -> None:
    data = pai.datasets.load(messy, name="با پیشرفت")
    said = capsys.readouterr().out
    assert said.startswith("با پیشرفت: ")
    assert "completed" in said
    assert (len(data), data.number, data.shape) == (6, 1, DatasetShape.TEXT)
    assert "با پیشرفت" in repr(data)
    assert "6 rows" in repr(data)
    assert data._repr_mimebundle_() == {"text/plain": repr(data)}
    data.delete()
    with pytest.raises(errors.NotFound):
        pai.datasets.get("با پیشرفت")


def test_a_file_that_the_service_does_not_see_is_sent(
    messy: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    real = loading_module.Loading._read

    def hides_paths(self: Any, source: Any, *rest: Any) -> Any:
        if "path" in source:
            raise errors.DatasetMissing(path=source["path"])
        return real(self, source, *rest)

    monkeypatch.setattr(loading_module.Loading, "_read", hides_paths)
    data = pai.datasets.load(str(messy))
    assert "uploading" in capsys.readouterr().out
    assert (data.name, len(data)) == ("آشفته", 6)
    data.delete()


def test_frames_rows_and_samples(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": TEXTS, "label": ["a", "b"] * 3})
    labelled = pai.datasets.load(frame, name="قاب")
    assert (labelled.shape, len(labelled), labelled.name) == (DatasetShape.TEXT_LABEL, 6, "قاب")
    pd.testing.assert_frame_equal(labelled.to_pandas(), frame)
    exchanges = ({"question": text, "reply": text[::-1]} for text in TEXTS)
    fields = {"prompt": "question", "answer": "reply"}
    pairs = pai.datasets.load(exchanges, shape="prompt_answer", fields=fields)
    assert (pairs.shape, pairs.name) == (DatasetShape.PROMPT_ANSWER, "notebook")
    old = tmp_path / "old.txt"
    old.write_bytes("كتابي كه خواندم\nباران آمد\n".encode("windows-1256"))
    assert texts(pai.datasets.load(old, encoding="windows-1256"))[0] == "كتابي كه خواندم"
    parts = pai.datasets.load(frame, name="بخش", split={"train": 0.5, "test": 0.5})
    assert sum(len(part) for part in parts.values()) == 6
    for made in (labelled, pairs, *parts.values()):
        made.delete()
    pytest.importorskip("hafez")
    verses = pai.datasets.load("ghazals")
    assert verses.info.source == "sample"
    assert pai.datasets.load("ghazals").id == verses.id


def test_a_dataset_dict_gives_its_parts() -> None:
    hub = pytest.importorskip("datasets")
    both = hub.DatasetDict(
        train=hub.Dataset.from_dict({"text": TEXTS}),
        test=hub.Dataset.from_dict({"text": TEXTS[:2]}),
    )
    parts = pai.datasets.load(both, name="دوتایی")
    assert {part: len(one) for part, one in parts.items()} == {"train": 6, "test": 2}
    assert parts["test"].name == "دوتایی · test"
    assert "دوتایی · train" in repr(parts)
    assert '<table dir="rtl"' in parts._repr_html_()
    assert len(pai.datasets.load(both, split="test")) == 2
    with pytest.raises(errors.InvalidField, match="validation"):
        pai.datasets.load(both, split="validation")


def test_what_cannot_be_loaded(tmp_path: Path, messy: Path) -> None:
    with pytest.raises(errors.DatasetMissing):
        pai.datasets.load(tmp_path / "none.txt")
    with pytest.raises(errors.DatasetMissing):
        pai.datasets.load("neither_file_nor_sample")
    with pytest.raises(errors.InvalidField):
        pai.datasets.load(7)
    with pytest.raises(errors.DatasetEmpty):
        pai.datasets.load([])
    with pytest.raises(errors.InvalidField, match="split"):
        pai.datasets.load(TEXTS, split="train")
    with pytest.raises(errors.NotFound):
        pai.datasets.get("هیچ")


def test_interrupting_stops_the_job(
    client: pai.Client, tmp_path: Path, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.jsonl"
    line = json.dumps({"text": "سطری که بارها می‌آید " * 20}, ensure_ascii=False) + "\n"
    path.write_text(line * 150_000, "utf-8")
    before = {job.id for job in client.dataset_jobs.all()}

    def interrupt() -> None:
        wait_for(lambda: {job.id for job in client.dataset_jobs.all()} - before)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    # Whoever runs the tests in the background has them ignore the key.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            pai.datasets.load(path)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, ignored)
    (made,) = {job.id for job in client.dataset_jobs.all()} - before
    wait_for(lambda: client.dataset_jobs.get(made).state.ended, what="the end of the job")
    assert client.dataset_jobs.get(made).state is JobState.STOPPED
    with pytest.raises(errors.NotFound):
        pai.datasets.get("long")


def test_it_is_listed_and_found(data: pai.DatasetHandle) -> None:
    listing = pai.datasets()
    assert data.id in [one.id for one in listing]
    assert "آشفته" in repr(listing)
    assert pai.datasets.get("آشفته").id == pai.datasets.get(data.id).id == data.id


def test_looking(data: pai.DatasetHandle) -> None:
    rows = data.preview(2, offset=1)
    assert [row["text"] for row in rows] == TEXTS[1:3]
    assert (rows.numbers, rows.total) == ([1, 2], 6)
    assert "\\u200c" not in repr(rows)
    page = rows._repr_html_()
    assert '<table dir="rtl"' in page
    assert "&lt;p&gt;" in page
    assert "<p>" not in page
    assert list(rows.to_pandas().index) == [1, 2]
    assert [problem.line for problem in data.problems()] == [2, 3]
    assert '<table dir="rtl" lang="fa">' in data.problems()._repr_html_()
    assert "خط" in data.problems()._repr_html_()
    assert data.search("ميگردم").numbers == data.search("می‌گردم").numbers == [0, 4]
    assert data.search(finding="phone").numbers == [3]
    assert data.search("هیچ‌جا نیست").total == 0
    assert repr(data.search("هیچ‌جا نیست")) == "(no rows)"
    found = {one.code.value: one.rows for one in data.findings()}
    assert found["duplicate"] == found["html"] == 1
    stats = data.stats()
    assert stats.rows == 6
    assert "words" in repr(stats)
    assert "واژه" in stats._repr_html_()
    assert data.row(3).findings


def test_a_version_is_made_and_compared(
    data: pai.DatasetHandle, tidy: pai.DatasetHandle, capsys: Any
) -> None:
    assert (tidy.id, tidy.number, data.number) == (data.id, 2, 1)
    assert texts(data) == TEXTS, "the first version stays"
    assert texts(tidy)[1] == "کتابی که دیروز خریدم بسیار خواندنی بود"
    assert [count.kind for count in tidy.counts] == ["clean", "normalise", "dedupe"]
    assert "dedupe: 6 → 5 rows" in repr(tidy)
    assert [one.number for one in data.versions()] == [2, 1]
    assert data.versions()[0].note == "مرتب"
    diff = tidy.diff()
    assert (diff.dropped, diff.added, len(diff.rows)) == (1, 0, diff.total)
    assert (data.diff(1, 2).changed, data.diff(2, 2).changed) == (diff.changed, 0)
    assert "کتابی" in diff._repr_html_()
    assert "1 went" in repr(diff)
    assert data.version(2).number == data.version().number == 2
    with pytest.raises(errors.NotFound):
        data.version(9)
    with pytest.raises(errors.NotFound):
        data.diff()


def test_every_verb_makes_a_version(data: pai.DatasetHandle) -> None:
    before = len(data.versions())
    assert texts(data.normalise(half_spaces=False))[0].startswith("می روم")
    assert texts(data.clean())[2].startswith("باران می‌بارد & ")
    assert "09121234567" not in texts(data.mask("phone"))[3]
    assert len(data.mask()) == 6
    assert len(data.dedupe(near=True, threshold=0.7)) == 5
    assert len(data.filter(drop=["phone"], min_words=3)) == 5
    assert len(data.filter(contains="کتابی")) == 1
    assert len(data.sample(3, seed=1)) == 3
    mapped = data.map("prompt_answer", {"prompt": "text", "answer": "text"})
    assert mapped.shape is DatasetShape.PROMPT_ANSWER
    assert data.shape is DatasetShape.TEXT
    assert len(data.versions()) == before + 9
    mapped.delete_version()
    assert len(data.versions()) == before + 8
    with pytest.raises(errors.InvalidField):
        data.change([{"kind": "polish"}])
    with pytest.raises(errors.InvalidField):
        data.change({"kind": "clean"})
    with pytest.raises(errors.InvalidField):
        data.filter(drop=["nothing_like_that"])
    assert len(data.versions()) == before + 8


def test_a_preview_of_a_change_keeps_nothing(data: pai.DatasetHandle) -> None:
    before = len(data.versions())
    shown = data.preview_change([{"kind": "clean"}, {"kind": "filter", "drop": ["phone"]}])
    assert [count.rows_out for count in shown.counts] == [6, 5]
    assert "filter: 6 → 5 rows" in repr(shown)
    assert "پالایش" in shown._repr_html_()
    assert len(data.versions()) == before


def test_splitting_and_leakage(data: pai.DatasetHandle, tidy: pai.DatasetHandle) -> None:
    parts = tidy.split(train=0.6, test=0.4, seed=3)
    assert list(parts) == ["train", "test"]
    assert sorted(texts(parts["train"]) + texts(parts["test"])) == sorted(texts(tidy))
    assert parts["test"].info.parent_id == data.id
    again = tidy.split(train=0.6, test=0.4, seed=3)
    assert texts(again["train"]) == texts(parts["train"])
    assert parts["test"].leakage(parts["train"]).exact == 0
    leaks = parts["test"].leakage(tidy)
    assert leaks.exact == len(parts["test"])
    assert "=" in repr(leaks)
    assert '<table dir="rtl"' in leaks._repr_html_()
    with pytest.raises(errors.InvalidField):
        tidy.split(train=0.6, test=0.6)
    rest = tidy.without(parts["test"])
    assert sorted(texts(rest)) == sorted(texts(parts["train"]))
    assert any(part.name in data.users().datasets for part in parts.values())


def test_near_duplicates_and_tokenizers(data: pai.DatasetHandle) -> None:
    assert data.find_near_duplicates().stats().near_duplicates_known
    assert isinstance(list(data.tokenizers()), list)


@pytest.mark.parametrize("end", ["jsonl", "csv", "parquet"])
def test_it_leaves_in_three_formats(tidy: pai.DatasetHandle, tmp_path: Path, end: str) -> None:
    path = tidy.download(tmp_path / "deep" / f"rows.{end}")
    read: Any = {
        "jsonl": lambda: pd.read_json(path, lines=True),
        "csv": lambda: pd.read_csv(path),
        "parquet": lambda: pd.read_parquet(path),
    }[end]
    assert list(read()["text"]) == texts(tidy)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_where_it_leaves_to(tidy: pai.DatasetHandle, tmp_path: Path) -> None:
    assert tidy.download(tmp_path).name == "آشفته.jsonl"
    with pytest.raises(errors.InvalidField, match="docx"):
        tidy.download(tmp_path / "rows.docx")


def test_training_records_the_version(
    data: pai.DatasetHandle, tidy: pai.DatasetHandle, tiny_options: dict[str, Any]
) -> None:
    tiny_options["max_steps"] = 2
    job = data.train(name="نسخهٔ یک", test=tidy, **tiny_options)
    inputs = job.info.inputs
    assert (inputs["dataset_version"], inputs["test_dataset_version"]) == (1, 2)
    assert job.wait().state is JobState.COMPLETED
    assert "نسخهٔ یک" in data.users().jobs


def test_what_is_needed_is_not_deleted(tiny_options: dict[str, Any]) -> None:
    first = pai.datasets.load(TEXTS * 20, name="به کار")
    second = first.clean()
    long = {**tiny_options, "epochs": 1000, "max_steps": 100_000}
    job = first.train(name="دراز", **long)
    with pytest.raises(errors.Conflict, match="دراز"):
        first.delete_version()
    job.stop().wait()
    with pytest.raises(errors.Conflict, match="دراز"):
        first.delete_version()
    first.delete_version(force=True)
    assert [one.number for one in second.versions()] == [2]
    second.delete(force=True)
    with pytest.raises(errors.NotFound):
        second.preview()
