"""The download job against a server that speaks the Hub's API, over real files."""

import importlib.util
import io
import json
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.hub import download, search
from jupyter_persian_ai.hub.inspect import inspect_folder
from jupyter_persian_ai.hub.way import Way
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext, WorkStopped

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).with_name("hub_server.py")
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

BIG = bytes(range(256)) * 4 * 2**10 * 3  # 3 MiB


@pytest.fixture
def hub(monkeypatch):
    server = hub_server.HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.close()


@pytest.fixture
def fetch(tmp_path):
    """Run the job; its result, its events, and the cache."""
    state = SimpleNamespace(cache=tmp_path / "hub", events=[], stop=threading.Event())

    def run(repo_id="owner/name", inputs=None, **options):
        spec = JobSpec(
            job_id="j",
            attempt=1,
            kind="download",
            recipe="hub",
            name=repo_id,
            options={"repo_id": repo_id, **options},
            inputs={"hub_dir": str(state.cache), **(inputs or {})},
            job_dir=str(tmp_path),
        )
        context = WorkerContext(
            spec=spec,
            attempt_dir=tmp_path,
            emit=lambda *event: state.events.append(event),
            should_stop=state.stop.is_set,
        )
        state.result = download.run(context)
        return state.result

    state.run = run
    state.progress = lambda: [data for kind, data in state.events if kind is EventType.PROGRESS]
    yield state
    assert not list(state.cache.rglob("*.incomplete"))
    assert not [
        child for child in psutil.Process().children(recursive=True)
        if "jupyter_persian_ai.hub.fetch" in " ".join(child.cmdline())
    ]  # fmt: skip


@pytest.fixture
def files(pristine):
    return {path.name: path.read_bytes() for path in pristine.iterdir()}


def test_a_model(hub, fetch, files):
    hub.add(
        "owner/name",
        files={**files, "big.txt": BIG, "pytorch_model.bin": b"evil", "onnx/model.onnx": b"x"},
    )
    result = fetch.run()
    folder = Path(result["path"])
    assert folder.is_relative_to(fetch.cache)
    assert {path.name for path in folder.iterdir()} == {*files, "big.txt"}
    assert (folder / "big.txt").read_bytes() == BIG
    assert result == {
        "path": str(folder),
        "repo_id": "owner/name",
        "repo_type": "model",
        "revision": hub_server.COMMIT,
        "bytes": sum(map(len, files.values())) + len(BIG),
        "files": sorted([*files, "big.txt"]),
        "model": inspect_folder({"path": str(folder)}),
    }
    assert result["model"]["model_type"] == "llama"
    assert not hub.gets("pytorch_model.bin")

    assert fetch.events[0] == (EventType.STATE, {"state": "running"})
    progress = fetch.progress()
    assert [one["done"] for one in progress] == sorted(one["done"] for one in progress)
    assert progress[-1]["done"] == progress[-1]["total"] == result["bytes"]
    assert {one["unit"] for one in progress} == {"byte"}


def test_a_model_that_cannot_be_used_is_kept_and_the_log_says_why(hub, fetch, files):
    config = json.loads(files["config.json"]) | {"model_type": "no_such_kind"}
    hub.add("owner/odd", files={**files, "config.json": json.dumps(config).encode()})
    result = fetch.run(repo_id="owner/odd")
    assert "model" not in result
    assert Path(result["path"], "config.json").is_file()
    said = [data["message"] for kind, data in fetch.events if kind is EventType.LOG]
    assert any("no_such_kind" in message for message in said)


def test_again_fetches_nothing(hub, fetch, files):
    hub.add("owner/name", files=files)
    first = fetch.run()
    before = len(hub.gets("model.safetensors"))
    assert fetch.run() == first
    assert len(hub.gets("model.safetensors")) == before == 1


def test_a_dataset(hub, fetch):
    rows = '{"text": "سلام"}\n'.encode()
    hub.add(
        "owner/data",
        kind="datasets",
        files={"data/train.jsonl": rows, "README.md": b"#", "load.py": b"evil", "x.parquet": b"P"},
    )
    result = fetch.run("owner/data", repo_type="dataset")
    assert result["files"] == ["README.md", "data/train.jsonl", "x.parquet"]
    assert (Path(result["path"]) / "data" / "train.jsonl").read_bytes() == rows


def test_a_dataset_that_is_published_as_a_script(hub, fetch):
    """The Hub's own Parquet form of it is fetched, as the commit that it is."""
    commit = "f" * 40
    converted = hub_server.Repository({"default/train/0000.parquet": b"PAR1"}, commit=commit)
    repository = hub.add("owner/name", kind="datasets", files={"poems.py": b"x"})
    with pytest.raises(errors.HubProblem, match="can read"):
        fetch.run(repo_type="dataset")
    repository.converted = converted
    result = fetch.run(repo_type="dataset")
    assert (result["files"], result["revision"]) == (["default/train/0000.parquet"], commit)
    assert not hub.gets("poems.py")
    assert fetch.run(repo_type="dataset", inputs={"hub_offline": True}) == result
    found = search.repository(Way((hub.url,)), "owner/name", "dataset", "main")
    assert (found.revision, found.chosen_files) == (commit, 1)


def test_only_what_is_asked_for(hub, fetch, files):
    hub.add("owner/name", files={**files, "sub/extra.json": b"{}"})
    result = fetch.run(files=["sub/extra.json", "config.json"])
    folder = Path(result["path"])
    assert (folder / "sub" / "extra.json").read_bytes() == b"{}"
    assert result["files"] == ["config.json", "sub/extra.json"]
    assert not hub.gets("model.safetensors")


@pytest.mark.parametrize(
    ("repository", "options", "error", "says"),
    [
        (None, {}, errors.HubProblem, "no such repository"),
        ({"error": (401, "RepoNotFound")}, {}, errors.HubProblem, "private"),
        ({"error": (403, "GatedRepo")}, {}, errors.HubProblem, "gated"),
        ({"error": (500, "")}, {}, errors.HubProblem, "500"),
        ({}, {"revision": "v9"}, errors.HubProblem, "revision"),
        ({}, {"repo_type": "dataset"}, errors.HubProblem, "no such repository"),
        ({}, {"files": ["pytorch_model.bin"]}, errors.ModelUnsafe, "pytorch_model.bin"),
        ({"answers": {"config.json": 403}}, {}, errors.HubProblem, "name"),
    ],
)
def test_refusals(hub, fetch, files, repository, options, error, says):
    if repository is not None:
        evil = {"pytorch_model.bin": b"x", "modeling.py": b"x"}
        hub.add("owner/name", **{"files": files | evil} | repository)
    with pytest.raises(error, match=says) as caught:
        fetch.run(**options)
    assert type(caught.value) is error
    body = caught.value.body
    assert "{" not in body.message + body.message_fa
    json.dumps(body.details)
    assert not hub.gets("pytorch_model.bin")
    assert not hub.gets("modeling.py")


@pytest.mark.parametrize("repo_id", ["../../etc", "a/b/c"])
def test_no_repository_name(hub, fetch, repo_id):
    with pytest.raises(errors.PersianAIError) as caught:
        fetch.run(repo_id)
    assert type(caught.value) is errors.InvalidField
    assert not hub.requests


def test_nobody_answers(hub, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(errors.HubOffline, match=r"127\.0\.0\.1:9"):
        fetch.run()


def test_offline(hub, fetch, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(errors.HubOffline, match="HF_HUB_OFFLINE"):
        fetch.run()
    assert not hub.requests


def test_what_answers_is_no_hub(hub, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.url}/somewhere/else")
    with pytest.raises(errors.HubProblem):
        fetch.run()


def test_a_cut_connection_is_taken_up_again(hub, fetch, files):
    hub.add("owner/name", files={**files, "big.txt": BIG}, cuts={"big.txt": 2})
    result = fetch.run()
    assert (Path(result["path"]) / "big.txt").read_bytes() == BIG
    ranges = [headers.get("Range") for headers in hub.gets("big.txt")]
    assert len(ranges) == 3
    assert ranges[0] == f"bytes=0-{len(BIG) - 1}"
    assert len(set(ranges)) == 3


def test_a_damaged_file_is_thrown_away(hub, fetch, files):
    repository = hub.add("owner/name", files={**files, "big.txt": BIG}, corrupt={"big.txt"})
    with pytest.raises(errors.HubProblem, match=r"big\.txt came damaged"):
        fetch.run()
    assert not list(fetch.cache.rglob("big.txt"))
    repository.corrupt.clear()
    assert (Path(fetch.run()["path"]) / "big.txt").read_bytes() == BIG


def test_too_little_room(hub, fetch, files):
    hub.add("owner/name", files=files)
    with pytest.raises(errors.DiskFull) as caught:
        fetch.run(inputs={"disk_reserve_bytes": 2**62})
    assert caught.value.details["needed"] > caught.value.details["free"]
    assert not hub.gets("config.json")


def test_stop(hub, fetch, files):
    """In the middle of a file that would take minutes more."""
    repository = hub.add("owner/name", files={**files, "zz.txt": BIG}, slow=0.0)
    repository.slow = 0.5
    threading.Thread(target=_stop_when_under_way, args=(fetch,), daemon=True).start()
    with pytest.raises(WorkStopped):
        fetch.run()
    running = fetch.progress()[-1]
    assert running["detail"] == "zz.txt"
    assert 0 < running["done"] < running["total"]
    # What was complete is kept: going on fetches only what is missing.
    repository.slow = 0.0
    fetch.stop.clear()
    fetch.run()
    assert len(hub.gets("config.json")) == 1


def _stop_when_under_way(fetch):
    while not any(one["detail"] == "zz.txt" and one["done"] for one in fetch.progress()):
        time.sleep(0.05)
    fetch.stop.set()


def test_stop_while_the_hub_is_silent(hub, fetch, files):
    hub.add("owner/name", files={**files, "zz.txt": BIG}, slow=600)
    timer = threading.Timer(2, fetch.stop.set)
    timer.start()
    with pytest.raises(WorkStopped):
        fetch.run()
    timer.join()


@pytest.mark.parametrize("line", ["hf_canary5f1c\n", '{"token": "hf_canary5f1c"}\n'])
def test_a_token_comes_on_stdin(hub, fetch, files, monkeypatch, line):
    hub.add("owner/name", files=files, token="hf_canary5f1c")
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    result = fetch.run(inputs={"hub_secret_on_stdin": True})
    assert result["model"]["model_type"] == "llama"
    assert "hf_canary5f1c" not in str(fetch.events) + str(result)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))  # no token is set
    shutil.rmtree(fetch.cache)
    with pytest.raises(errors.HubProblem, match="private"):
        fetch.run(inputs={"hub_secret_on_stdin": True})


def test_every_file_under_way_is_told_with_its_bytes(hub, fetch, files):
    repository = hub.add("owner/name", files={**files, "a.txt": BIG, "b.txt": BIG[:-1]})
    repository.slow = 0.05
    fetch.run(inputs={"hub_connections": 4, "hub_bandwidth": 10**7, "hub_other_caches": []})
    told = [{one["name"]: one for one in each["files"]} for each in fetch.progress()]
    both = [each for each in told if {"a.txt", "b.txt"} <= set(each)]
    assert any(0 < each["a.txt"]["done"] < len(BIG) for each in both)
    assert all(each["b.txt"]["size"] == len(BIG) - 1 for each in both)
    last = fetch.progress()[-1]
    assert last["files"] == []
    assert last["done"] == fetch.result["bytes"] <= last["received"] < 1.2 * last["done"]


def test_what_is_here_is_used_offline_and_the_log_says_so(hub, fetch, files):
    hub.add("owner/name", files=files)
    first = fetch.run()
    fetch.events.clear()
    assert fetch.run(inputs={"hub_offline": True}) == first
    said = [data["message"] for kind, data in fetch.events if kind is EventType.LOG]
    assert any("could not be asked" in message for message in said)


def test_no_token_leaves_this_machine(hub, fetch, files, monkeypatch, tmp_path):
    canary = "hf_canary5f1c"
    home = tmp_path / "home"
    home.mkdir()
    (home / "token").write_text(canary)
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("HF_TOKEN", canary)
    monkeypatch.setenv("HF_TOKEN_PATH", str(home / "token"))
    hub.add("owner/name", files=files)
    fetch.run()
    assert hub.requests
    assert canary not in str(hub.requests)


def test_old_partials_are_swept(hub, fetch, files):
    import os

    hub.add("owner/name", files=files)
    blobs = fetch.cache / "models--owner--name" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "abc.incomplete").write_bytes(b"x")
    os.utime(blobs / "abc.incomplete", (0, 0))
    fetch.run()
    assert not (blobs / "abc.incomplete").exists()


def test_importing_the_job_loads_no_heavy_library():
    import subprocess
    import sys

    code = (
        "import sys, jupyter_persian_ai.hub.download, jupyter_persian_ai.hub.inspect\n"
        "assert not {'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
