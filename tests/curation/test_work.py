"""The jobs of datasets as a worker runs them: files, repositories of the Hub, stops."""

import importlib.util
import io
import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.curation import work
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobSpec, Progress
from jupyter_persian_ai.protocol.worker import ENTRY_POINTS, WorkerContext, WorkStopped

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parents[1] / "hub" / "hub_server.py"
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

LIMITS = {
    "memory_bytes": 2 * 2**30,
    "silent_seconds": 60,
    "max_line_bytes": 2**20,
    "disk_reserve_bytes": 0,
}


@pytest.fixture
def hub(monkeypatch):
    server = hub_server.HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.close()


@pytest.fixture
def worker(tmp_path):
    """Run a recipe as a worker does; what it said."""
    state = SimpleNamespace(events=[], stop=threading.Event(), root=tmp_path / "job")

    def run(recipe, options, attempt=1, **inputs):
        folder = state.root / str(attempt)
        folder.mkdir(parents=True)
        spec = JobSpec(
            job_id="j", attempt=attempt, kind="dataset", recipe=recipe, name="n",
            options=options, job_dir=str(state.root),
            inputs={**LIMITS, "hub_dir": str(tmp_path / "hub"), **inputs},
        )  # fmt: skip
        context = WorkerContext(
            spec=spec,
            attempt_dir=folder,
            emit=lambda *event: state.events.append(event),
            should_stop=state.stop.is_set,
        )
        module, _, name = ENTRY_POINTS["dataset", recipe].partition(":")
        return getattr(importlib.import_module(module), name)(context)

    state.run = run
    state.progress = lambda: [
        Progress.model_validate(data) for kind, data in state.events if kind is EventType.PROGRESS
    ]
    return state


def lines(*texts):
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    return ("\n".join(rows) + "\n").encode()


def parquet(*texts):
    out = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), out)
    return out.getvalue()


def kept(worker, attempt=1):
    rows = worker.root / str(attempt) / work.ROWS / "rows.jsonl"
    return [json.loads(line)["text"] for line in rows.read_text("utf-8").splitlines()]


def test_a_file_is_read_with_progress_in_bytes(worker, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(*(f"سطر {n}" for n in range(5000))) + b"{broken\n")
    result = worker.run("import", {"path": "a"}, files=[{"path": str(file), "name": "a.jsonl"}])
    assert result["report"]["stats"]["rows"] == 5000
    assert result["dataset_id"] is None
    last = worker.progress()[-1]
    assert (last.unit, last.done, last.total) == ("byte", file.stat().st_size, file.stat().st_size)
    assert (EventType.STATE, {"state": "running"}) in worker.events
    # What was left out stays with this reading; the rows may become somebody else's too.
    assert len((worker.root / "1" / work.PROBLEMS).read_text().splitlines()) == 1
    assert not (worker.root / "1" / work.ROWS / work.PROBLEMS).exists()


def test_an_attempt_clears_away_what_the_one_before_left(worker, tmp_path):
    left = worker.root / "1" / work.ROWS
    left.mkdir(parents=True)
    (left / ".rows.jsonl.part").write_text("half")
    file = tmp_path / "a.txt"
    file.write_text("سلام")
    files = [{"path": str(file), "name": "a.txt"}]
    result = worker.run("import", {"path": "a", "keep": True}, attempt=2, files=files)
    assert result["dataset_id"] == "j"
    assert not left.exists()
    assert kept(worker, 2) == ["سلام"]


def test_a_stop_is_heard_while_a_child_reads(worker, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("سلام\n" * 1000)
    worker.stop.set()
    with pytest.raises(WorkStopped):
        worker.run("import", {"path": "a"}, files=[{"path": str(file), "name": "a.txt"}])
    assert not (worker.root / "1" / work.ROWS / "rows.jsonl").exists()


def test_a_disk_without_room(worker, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("سلام")
    files = [{"path": str(file), "name": "a.txt"}]
    with pytest.raises(errors.DiskFull):
        worker.run("import", {"path": "a"}, files=files, disk_reserve_bytes=2**60)
    assert not (worker.root / "1" / work.ROWS / "rows.jsonl").exists()


def test_a_child_that_needs_too_much_memory(worker, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("سلام")
    files = [{"path": str(file), "name": "a.txt"}]
    with pytest.raises(errors.PersianAIError):
        worker.run("import", {"path": "a"}, files=files, memory_bytes=40 * 2**20)
    assert not (worker.root / "1" / work.ROWS / "rows.jsonl").exists()


def test_a_repository_of_the_hub_is_one_dataset(worker, hub):
    hub.add(
        "owner/poems",
        kind="datasets",
        files={
            "README.md": b"# poems",
            "poems.py": b"raise SystemExit('never run')",
            "dataset_infos.json": b"{}",
            "data/test/part-0.parquet": parquet("سه"),
            "data/train/part-0.parquet": parquet("یک"),
            "data/train/part-1.parquet": parquet("دو"),
        },
    )
    result = worker.run("import", {"repo_id": "owner/poems"})
    assert kept(worker) == ["سه", "یک", "دو"]
    assert result["report"]["name"] == "owner/poems"
    assert not hub.gets("poems.py")


def test_files_of_a_repository_that_were_named(worker, hub):
    files = {"train.jsonl": lines("یک"), "test.jsonl": lines("دو")}
    hub.add("owner/poems", kind="datasets", files=files)
    worker.run("import", {"repo_id": "owner/poems", "files": ["test.jsonl"]})
    assert kept(worker) == ["دو"]
    assert not hub.gets("train.jsonl")


@pytest.mark.parametrize(
    ("repository", "options", "words"),
    [
        ({"error": (403, "GatedRepo")}, {}, "gated"),
        (None, {}, "no such repository"),
        ({}, {"revision": "v9"}, "no such revision"),
        ({"files": {"model.bin": b"x"}}, {}, "no file that we can read"),
        ({"files": {"README.md": b"x", "dataset_info.json": b"{}"}}, {}, "no file that we can"),
        ({}, {"files": ["absent.csv"]}, "absent.csv"),
    ],
)
def test_what_the_hub_does_not_give(worker, hub, repository, options, words):
    if repository is not None:
        content = {"files": {"a.jsonl": lines("x")}, "kind": "datasets", **repository}
        hub.add("owner/poems", **content)
    with pytest.raises(errors.HubProblem) as caught:
        worker.run("import", {"repo_id": "owner/poems", **options})
    assert words in caught.value.body.message
    assert caught.value.body.message_fa


def test_code_that_was_named_is_refused(worker, hub):
    hub.add("owner/poems", kind="datasets", files={"poems.py": b"x", "a.jsonl": lines("x")})
    with pytest.raises(errors.ModelUnsafe):
        worker.run("import", {"repo_id": "owner/poems", "files": ["poems.py"]})


def test_offline(worker, hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(errors.HubProblem) as caught:
        worker.run("import", {"repo_id": "owner/poems"})
    assert "HF_HUB_OFFLINE" in caught.value.body.message


def test_a_hub_that_is_not_there(worker, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(errors.HubProblem) as caught:
        worker.run("import", {"repo_id": "owner/poems"})
    assert "cannot be reached" in caught.value.body.message


def test_a_repository_without_a_row(worker, hub):
    hub.add("owner/poems", kind="datasets", files={"a.jsonl": b"{broken\n"})
    with pytest.raises(errors.DatasetProblem):
        worker.run("import", {"repo_id": "owner/poems"})


def test_data_that_was_deleted_before_another_try(worker, tmp_path):
    inputs = {"source_dir": str(tmp_path / "gone"), "dataset_name": "شعر"}
    asked = {
        "version": {"steps": [{"kind": "clean"}]},
        "split": {},
        "near_duplicates": {},
    }
    for attempt, (recipe, options) in enumerate(asked.items(), start=1):
        with pytest.raises(errors.DatasetMissing) as caught:
            worker.run(recipe, options, attempt=attempt, **inputs)
        assert "شعر" in caught.value.body.message
