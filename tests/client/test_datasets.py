"""The routes of datasets as the client has them, against a real service."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.client import Address, Client
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.jobs import Job, JobKind, JobState
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe
from jupyter_persian_ai.protocol.quality import FindingCode
from jupyter_persian_ai.protocol.versions import (
    CleanStep,
    DedupeStep,
    ImportAsk,
    NormaliseStep,
    VersionAsk,
)

TEXTS = [
    "می روم تا دریا و باز می‌گردم به خانهٔ پدری",
    "كتابي كه دیروز خریدم بسیار خواندنی بود",
    "<p>باران می‌بارد &amp; کوچه خیس است</p>",
    "شمارهٔ من 09121234567 است، شب‌ها زنگ بزن",
    "می روم تا دریا و باز می‌گردم به خانهٔ پدری",
    "در کوهستان برف سنگینی بارید و راه‌ها بسته شد",
]

HALVES = {"train": 0.5, "test": 0.5}


@pytest.fixture(scope="module")
def client(jupyter_server: Any) -> Iterator[Client]:
    with Client(Address.parse(jupyter_server.url, jupyter_server.token)) as client:
        yield client


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines to keep, and three that cannot be."""
    path = tmp_path_factory.mktemp("messy") / "آشفته.jsonl"
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in TEXTS]
    lines[1:1] = ['{"text": "ناتمام', '{"text": ""}', '{"text": 7}']
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def finished(client: Client, wait_for: Callable[..., Any]) -> Callable[[Job], Job]:
    """A job when it has ended well."""

    def ended(job: Job) -> Job:
        wait_for(lambda: client.dataset_jobs.get(job.id).state.ended, what=f"the job {job.recipe}")
        found = client.dataset_jobs.get(job.id)
        assert found.state is JobState.COMPLETED, found.error
        return found

    return ended


@pytest.fixture(scope="module")
def read(client: Client, messy: Path, finished: Callable[[Job], Job]) -> Job:
    """The messy file, sent and read, and not kept yet."""
    heard: list[tuple[int, int]] = []
    upload = client.dataset_jobs.upload(messy, tick=lambda done, size: heard.append((done, size)))
    size = messy.stat().st_size
    assert (upload.name, upload.bytes) == (messy.name, size)
    assert heard[-1] == (size, size)
    return finished(client.dataset_jobs.submit(ImportAsk(upload_id=upload.id)))


@pytest.fixture(scope="module")
def dataset_id(client: Client, read: Job) -> str:
    return client.dataset_jobs.keep(read.id, "آشفته").id


def test_a_peek_reads_the_beginning(client: Client, messy: Path) -> None:
    peek = client.dataset_jobs.peek({"path": str(messy)})
    assert peek.shape is DatasetShape.TEXT
    assert peek.fields == ["text"]
    assert peek.bytes == messy.stat().st_size
    assert [row["text"] for row in peek.rows] == TEXTS
    with pytest.raises(errors.DatasetMissing):
        client.dataset_jobs.peek({"path": str(messy) + ".none"})


def test_what_was_sent_can_be_dropped(client: Client, messy: Path) -> None:
    upload = client.dataset_jobs.upload(messy)
    client.dataset_jobs.discard(upload.id)
    with pytest.raises(errors.PersianAIError):
        client.dataset_jobs.peek({"upload_id": upload.id})


def test_rows_and_problems_before_anything_is_kept(client: Client, read: Job) -> None:
    assert read.kind is JobKind.DATASET
    assert read.progress.unit == "byte"
    rows = client.dataset_jobs.rows(read.id, limit=2)
    assert [row["text"] for row in rows.rows] == TEXTS[:2]
    assert rows.total == len(TEXTS)
    problems = client.dataset_jobs.problems(read.id)
    assert [problem.line for problem in problems.items] == [2, 3, 4]
    assert problems.total == sum(problems.codes.values()) == 3
    (code, *_) = problems.codes
    assert client.dataset_jobs.problems(read.id, code=code).total == problems.codes[code]
    told = b"".join(client.dataset_jobs.problems_csv(read.id)).decode("utf-8-sig")
    assert [row["line"] for row in csv.DictReader(io.StringIO(told))] == ["2", "3", "4"]
    assert read.id in {job.id for job in client.dataset_jobs.all()}


def test_keeping_twice_gives_one_dataset(client: Client, read: Job, dataset_id: str) -> None:
    assert client.dataset_jobs.keep(read.id).id == dataset_id
    dataset = client.datasets.get(dataset_id)
    assert (dataset.version, dataset.parent_id) == (1, "")
    (first,) = client.datasets.versions(dataset_id)
    assert first.recipe == []
    assert first.sha256 == dataset.sha256


def test_a_repeated_key_gives_the_same_job(
    client: Client, messy: Path, finished: Callable[[Job], Job]
) -> None:
    ask = {"path": str(messy), "keep": True, "name": "یک بار"}
    first = client.dataset_jobs.submit(ask, idempotency_key="one")
    assert client.dataset_jobs.submit(ask, idempotency_key="one").id == first.id
    done = finished(first)
    made = client.datasets.get(done.result["dataset_id"])
    assert made.name == "یک بار"
    client.datasets.delete(made.id)
    client.dataset_jobs.delete(done.id)
    with pytest.raises(errors.NotFound):
        client.dataset_jobs.get(done.id)


def test_a_file_of_which_nothing_is_left(
    client: Client, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text('{"text": ""}\n', "utf-8")
    job = client.dataset_jobs.submit({"path": str(path)})
    wait_for(lambda: client.dataset_jobs.get(job.id).state.ended, what="the job")
    ended = client.dataset_jobs.get(job.id)
    assert ended.state is JobState.FAILED
    assert ended.error is not None
    assert ended.error.code == "dataset_empty"


def test_looking_at_a_version(client: Client, dataset_id: str) -> None:
    told = client.datasets.stats(dataset_id)
    assert told.rows == len(TEXTS)
    found = {one.code: one.rows for one in told.findings}
    assert found[FindingCode.DUPLICATE] == 1
    assert found[FindingCode.HTML] == 1
    assert found[FindingCode.PHONE] == 1
    assert found[FindingCode.ARABIC_LETTERS] == 1
    rows = client.datasets.rows(dataset_id, finding=FindingCode.PHONE)
    assert rows.numbers == [3]
    detail = client.datasets.row(dataset_id, 3)
    phone = next(one for one in detail.findings if one.code is FindingCode.PHONE)
    assert TEXTS[3][phone.start : phone.end] == phone.text == "09121234567"
    searched = client.datasets.rows(dataset_id, query="کتابی که")
    assert searched.numbers == [1]
    assert client.datasets.figure(dataset_id, "lengths", lang="en")["doc"]
    assert client.datasets.users(dataset_id).datasets == []


def test_versions_from_steps_to_deletion(
    client: Client, dataset_id: str, finished: Callable[[Job], Job]
) -> None:
    ask = VersionAsk(steps=[CleanStep(), NormaliseStep(), DedupeStep()], note="یکدست")
    shown = client.datasets.preview_change(dataset_id, ask)
    assert [count.kind for count in shown.counts] == ["clean", "normalise", "dedupe"]
    assert client.datasets.get(dataset_id).version == 1
    job = finished(client.datasets.change(dataset_id, ask))
    assert job.result["number"] == 2
    made = client.datasets.version(dataset_id, 2)
    assert [step.kind for step in made.recipe] == ["clean", "normalise", "dedupe"]
    assert (made.parent_number, made.note) == (1, "یکدست")
    assert made.normaliser == NormaliserRecipe()
    texts = [row["text"] for row in client.datasets.rows(dataset_id).rows]
    assert texts[1] == "کتابی که دیروز خریدم بسیار خواندنی بود"
    assert len(texts) == len(TEXTS) - 1
    before = [row["text"] for row in client.datasets.rows(dataset_id, version=1).rows]
    assert before == TEXTS
    diff = client.datasets.diff(dataset_id, 1, 2)
    assert (diff.dropped, diff.added) == (1, 0)
    assert diff.kept + diff.changed == len(TEXTS) - 1
    with pytest.raises(errors.InvalidField):
        client.datasets.change(dataset_id, {"steps": [{"kind": "polish"}]})
    client.datasets.delete_version(dataset_id, 2)
    with pytest.raises(errors.NotFound):
        client.datasets.version(dataset_id, 2)


def test_rows_leave_in_three_formats(client: Client, dataset_id: str) -> None:
    lines = b"".join(client.datasets.download(dataset_id, version=1)).decode().splitlines()
    assert [json.loads(line)["text"] for line in lines] == TEXTS
    sheet = b"".join(client.datasets.download(dataset_id, version=1, format="csv")).decode(
        "utf-8-sig"
    )
    assert len(sheet.strip().splitlines()) == len(TEXTS) + 1
    assert b"".join(client.datasets.download(dataset_id, format="parquet"))[:4] == b"PAR1"


def test_a_split_and_what_leaks(
    client: Client, dataset_id: str, finished: Callable[[Job], Job]
) -> None:
    job = finished(client.datasets.split(dataset_id, {"version": 1, "parts": HALVES}))
    parts = {one["part"]: client.datasets.get(one["id"]) for one in job.result["datasets"]}
    assert set(parts) == {"train", "test"}
    assert {part.parent_id for part in parts.values()} == {dataset_id}
    assert sum(part.report.stats.rows for part in parts.values()) == len(TEXTS)
    leaks = client.datasets.leakage(
        parts["test"].id, {"other_id": dataset_id, "other_version": 1, "near": False}
    )
    assert leaks.exact == leaks.rows == parts["test"].report.stats.rows
    assert client.datasets.users(dataset_id).datasets


def test_near_duplicates_are_marked(
    client: Client, dataset_id: str, finished: Callable[[Job], Job]
) -> None:
    assert not client.datasets.stats(dataset_id).near_duplicates_known
    finished(client.datasets.find_near_duplicates(dataset_id))
    assert client.datasets.stats(dataset_id).near_duplicates_known


def test_the_normaliser_of_the_service(client: Client) -> None:
    told = client.persian.normalisers()
    assert told.default == NormaliserRecipe()
    assert {step.id for step in told.steps} <= set(NormaliserRecipe.model_fields)
    done = client.persian.normalise("كتاب 12", NormaliserRecipe(digits="keep"))
    assert done.text == "کتاب 12"
    assert done.counts["letters"] == 1
