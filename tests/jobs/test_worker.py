"""What a worker may know, and how it speaks."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from jupyter_persian_ai.errors import DiskFull, PersianAIError, TooLittleMemory
from jupyter_persian_ai.jobs import emitter, launcher, root, spool
from jupyter_persian_ai.jobs.emitter import Emitter, one_line
from jupyter_persian_ai.jobs.worker import explain
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind
from jupyter_persian_ai.protocol.worker import ENTRY_POINTS

CANARY = "canary-9f1c"
SECRETS = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "JUPYTER_TOKEN"]
SECRETS += ["JPY_API_TOKEN", "JPY_SESSION_NAME", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_CLIENT_ID"]
SECRETS += ["PGPASSWORD", "PGPASSFILE", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "SENTRY_DSN"]
SECRETS += ["OPENAI_API_KEY", "SOME_PASSWORD", "wandb_api_key", "MY_CREDENTIALS"]
HARMLESS = ["PATH", "HOME", "LANG", "TOKENIZERS_PARALLELISM", "OMP_NUM_THREADS", "PYTHONPATH"]


@pytest.mark.parametrize("kind", list(JobKind))
def test_secrets_do_not_reach_a_worker(kind):
    base = dict.fromkeys(SECRETS + HARMLESS, CANARY)
    base["ANY_ADDRESS"] = f"postgresql://sara:{CANARY}@db/x"
    given = launcher.environment(kind, Path("/a/1"), base)
    assert not [name for name in SECRETS if name in given]
    assert "ANY_ADDRESS" not in given
    assert all(given[name] == CANARY for name in HARMLESS)
    may_ask = kind in {JobKind.DOWNLOAD, JobKind.DATASET}
    assert ("HF_HUB_OFFLINE" in given) != may_ask
    # A wish of the environment to ask nobody counts for everybody.
    base["HF_HUB_OFFLINE"] = "1"
    assert launcher.environment(kind, Path("/a/1"), base)["HF_HUB_OFFLINE"] == "1"


def test_a_real_worker_sees_no_secret_but_its_own(place, monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("http_proxy", f"http://u:{CANARY}@proxy:1")
    asked = []

    def secret(user_id, spec):
        asked.append((user_id, spec.kind))
        return "the-token" if spec.kind is JobKind.DOWNLOAD else None

    place.supervise(secret=secret)
    training = place.wait(place.submit("environment"), "completed")
    assert training.result["stdin"] == ""
    seen = training.result["environment"]
    assert CANARY not in json.dumps(training.result)
    assert seen["HF_HUB_OFFLINE"] == seen["HF_HUB_DISABLE_IMPLICIT_TOKEN"] == "1"
    assert int(seen["MALLOC_TRIM_THRESHOLD_"]) >= 2**27
    assert training.result["cwd"] == str(place.folder(training.id))
    download = place.wait(place.submit("environment", kind="download"), "completed")
    assert download.result["stdin"] == "the-token"
    assert "the-token" not in json.dumps([download.result["argv"], download.result["environment"]])
    assert [kind for _, kind in asked] == [JobKind.TRAINING, JobKind.DOWNLOAD]
    for file in place.folder(download.id).iterdir():
        # This recipe returned it on purpose, so the spool has it.
        assert file.name == "spool.jsonl" or b"the-token" not in file.read_bytes()


def test_folders_are_private(place):
    place.supervise()
    job = place.wait(place.submit("count", steps=1), "completed")
    folder = place.folder(job.id)
    for path in (place.settings.data_dir, folder.parent.parent, folder.parent, folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\nb\r\n\tc", "a b c"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07", "red 0;title"),
        ("\x00\x9b\u2028", ""),
        ("x" * 10_000_000, "x" * 999 + "…"),
    ],
)
def test_a_log_line_is_one_bounded_line(said, shown):
    assert one_line(said) == shown


def test_progress_is_paced_but_its_last_word_is_not_lost(tmp_path):
    emit = Emitter(tmp_path)
    for n in range(1000):
        emit(EventType.PROGRESS, {"done": n})
    emit(EventType.LOG, {"message": "end"})
    emit.close()
    events = spool.read(tmp_path, 0).events
    assert len(events) < 500
    assert [event.type for event in events[-2:]] == [EventType.PROGRESS, EventType.LOG]
    assert events[-2].data == {"done": 999}
    assert [event.n for event in events] == list(range(1, len(events) + 1))


def test_held_progress_is_told_by_the_watch(tmp_path, monkeypatch):
    emit = Emitter(tmp_path)
    emit(EventType.PROGRESS, {"done": 1})
    emit(EventType.PROGRESS, {"done": 2})
    emit.flush()
    monkeypatch.setattr(emitter, "PROGRESS_SECONDS", 0.0)
    emit.flush()
    emit.flush()
    emit.close()
    assert [event.data["done"] for event in spool.read(tmp_path, 0).events] == [1, 2]


def test_an_event_that_is_too_long_is_refused(tmp_path):
    emit = Emitter(tmp_path)
    with pytest.raises(ValueError, match="too long"):
        emit(EventType.SAMPLE, {"step": 1, "prompt": "", "text": "x" * 2_000_000})
    emit(EventType.LOG, {"message": "still here"})
    emit.close()
    assert [event.n for event in spool.read(tmp_path, 0).events] == [1]


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch names its own."""


@pytest.mark.parametrize(
    ("error", "kind", "details"),
    [
        (MemoryError(), TooLittleMemory, {"needed": "?"}),
        (OutOfMemoryError("CUDA out of memory"), TooLittleMemory, {"needed": "?"}),
        (
            RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 b"
            ),
            TooLittleMemory,
            {"needed": 4096},
        ),
        (OSError(28, "No space left on device"), DiskFull, {"needed": "?"}),
        (OSError(2, "No such file"), PersianAIError, {"exception": "FileNotFoundError"}),
        (ValueError("x" * 10_000), PersianAIError, {"exception": "ValueError"}),
    ],
)
def test_failures_in_words(tmp_path, error, kind, details):
    ours = explain(error, tmp_path)
    assert type(ours) is kind
    assert details.items() <= ours.details.items()
    assert ours.body.message_fa
    assert len(ours.body.model_dump_json()) < 2000


def test_every_entry_point_names_our_own_modules():
    assert all(target.startswith("jupyter_persian_ai.") for target in ENTRY_POINTS.values())


def test_a_root_has_one_id(tmp_path):
    first = root.root_id(tmp_path / "a")
    assert root.root_id(tmp_path / "a") == first
    assert root.root_id(tmp_path / "b") != first
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["root.id"]


def test_workers_import_little():
    """Starting a worker must not cost what only a server needs."""
    import subprocess

    code = "import sys, jupyter_persian_ai.jobs.worker; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "torch", "transformers", "alembic", "jupyter_server"}
