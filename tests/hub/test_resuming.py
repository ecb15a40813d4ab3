"""The fetching process, killed, doubled, lied to by locks, and watched for secrets."""

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jupyter_persian_ai.hub import download
from jupyter_persian_ai.hub.transfer.partial import SUFFIX

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).with_name("hub_server.py")
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

NAME = "model.safetensors"
CONTENT = bytes(range(256)) * 4096 * 48  # 48 MiB
CANARY = "hf_canary77aa12"
FETCH = [sys.executable, "-m", "jupyter_persian_ai.hub.fetch"]
#: As on some network file systems: everybody gets the lock.
LYING = [
    sys.executable,
    "-c",
    """import fcntl; fcntl.flock = fcntl.lockf = lambda *_: None
from jupyter_persian_ai.hub import fetch; fetch.main()""",
]


@pytest.fixture
def hub(monkeypatch):
    server = hub_server.HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.close()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "hub"


@pytest.fixture
def start(cache):
    """Start a fetching process with a request; all are ended afterwards."""
    started = []

    def begin(command=FETCH, env=None, **request):
        asked = {
            "repo_id": "owner/name",
            "repo_type": "model",
            "revision": "main",
            "files": None,
            "cache_dir": str(cache),
        } | request
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env or os.environ.copy(),
        )
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def end(process):
    """Its last line and what it printed as errors."""
    out, err = process.stdout.read(), process.stderr.read()
    process.wait()
    return json.loads(out.splitlines()[-1]), err.decode()


def arrived(cache):
    """Bytes of partials that count."""
    with contextlib.suppress(FileNotFoundError):
        maps = [path.read_bytes() for path in cache.rglob(f"*{SUFFIX}/map")]
        return sum(4096 * (len(one) - one.count(0)) for one in maps)
    return 0


def snapshot(cache):
    return cache / "models--owner--name" / "snapshots" / hub_server.COMMIT


def nothing_left(cache):
    assert [path for path in cache.rglob("*") if path.name.endswith(SUFFIX)] == []


def test_a_dozen_kills_lose_next_to_nothing(hub, cache, start):
    hub.add("owner/name", files={NAME: CONTENT})
    hub.line.rate = 6e6
    for kill in range(12):
        process = start(connections=2)
        least = len(CONTENT) * (kill + 1) // 16
        while arrived(cache) < least:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.wait()
        time.sleep(0.05)
    hub.line.rate = 0
    done, _ = end(start(connections=2))
    assert done["kind"] == "done"
    assert (snapshot(cache) / NAME).read_bytes() == CONTENT
    assert done["received"] < len(CONTENT) // 2
    # What no process had read yet is included: the busier the machine, the more that is.
    assert hub.sent_bytes(NAME) < 1.15 * len(CONTENT)
    nothing_left(cache)


def test_a_lock_that_lies_harms_nobody(hub, cache, start):
    hub.add("owner/name", files={NAME: CONTENT[: 2**23], "config.json": b"{}"})
    hub.line.rate = 8e6
    for process in [start(LYING, connections=2) for _ in range(2)]:
        assert end(process)[0]["kind"] == "done"
    assert (snapshot(cache) / NAME).read_bytes() == CONTENT[: 2**23]
    nothing_left(cache)


def test_one_goes_on_when_the_other_is_killed(hub, cache, start):
    hub.add("owner/name", files={NAME: CONTENT})
    hub.line.rate = 10e6
    first = start(connections=2)
    while arrived(cache) < 2**22:
        time.sleep(0.01)
    second = start(connections=2)
    time.sleep(0.5)
    first.kill()
    first.wait()
    hub.line.rate = 0
    assert end(second)[0]["kind"] == "done"
    assert (snapshot(cache) / NAME).read_bytes() == CONTENT
    assert hub.sent_bytes(NAME) < 1.1 * len(CONTENT)
    nothing_left(cache)


def test_it_ends_with_its_parent(hub, cache, tmp_path):
    hub.add("owner/name", files={NAME: CONTENT})
    hub.line.rate = 1e5
    request = {
        "repo_id": "owner/name",
        "repo_type": "model",
        "revision": "main",
        "files": None,
        "cache_dir": str(cache),
    }
    line = json.dumps(request).encode() + b"\n"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({FETCH!r}, stdin=subprocess.PIPE)\n"
        f"child.stdin.write({line!r}); child.stdin.flush()\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    while not arrived(cache):
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    child.wait(20)


def test_a_change_midway_is_noticed_and_planned_anew(hub, cache, start):
    repository = hub.add("owner/name", files={NAME: CONTENT[: 2**23]})
    hub.line.rate = 4e6
    process = start(connections=1)
    while arrived(cache) < 2**20:
        time.sleep(0.01)
    # The very same commit holds something else now, and the connection breaks.
    changed = b"\x07" * 2**22
    repository.hashes.clear()
    repository.files = {NAME: changed}
    for request in list(hub._servers[0].open):
        with contextlib.suppress(OSError):
            request.shutdown(2)
    assert end(process)[0]["kind"] == "done"
    assert (snapshot(cache) / NAME).read_bytes() == changed
    nothing_left(cache)


def test_one_that_never_stops_changing_has_a_name(hub, cache, start):
    repository = hub.add("owner/name", files={NAME: CONTENT[: 2**20]})
    repository.fault(NAME, "etag", times=10**6, value="0" * 64)
    told, _ = end(start())
    assert told["kind"] == "error"
    assert "keeps changing" in told["details"]["reason"]
    nothing_left(cache)


def test_the_token_is_nowhere(hub, cache, start):
    """Neither in an argument, the environment, a file, what is printed, nor with a stranger."""
    repository = hub.add("owner/name", files={NAME: CONTENT[: 2**22]}, token=CANARY, elsewhere=True)
    hub.line.rate = 2e6
    process = start(token=CANARY, connections=2)
    while not arrived(cache):
        assert process.poll() is None
        time.sleep(0.005)
    told = psutil.Process(process.pid)
    assert CANARY not in " ".join(told.cmdline())
    assert CANARY not in str(told.environ())
    done, errors = end(process)
    assert done["kind"] == "done"
    # And when it goes wrong: the traceback is printed.
    repository.fault("config.json", "status", times=100, value=404)
    repository.files["config.json"] = b"{}"
    failed, more = end(start(token=CANARY))
    assert failed["kind"] == "error"
    assert "Traceback" in more
    assert CANARY not in json.dumps([done, failed, errors, more])
    assert CANARY not in json.dumps(hub.away)
    assert hub.away
    assert CANARY in json.dumps(hub.requests)
    for path in cache.rglob("*"):
        if path.is_file() and path.name != NAME:
            assert CANARY.encode() not in path.read_bytes()


@pytest.mark.parametrize("token", ["", "hf_wrong"])
def test_a_gated_repository_says_so(hub, cache, start, token):
    hub.add("owner/name", files={NAME: CONTENT[: 2**20]}, token=CANARY, gated=True)
    told, _ = end(start(token=token))
    assert "gated" in told["details"]["reason"]
    nothing_left(cache)


def test_mirrors_are_asked_in_turn_and_see_no_token(hub, cache, start):
    mirror = hub_server.HubServer()
    try:
        mirror.add("owner/name", files={NAME: CONTENT[: 2**20]})
        endpoints = ["http://127.0.0.1:9", mirror.url]
        done, _ = end(start(endpoints=endpoints, token=CANARY))
        assert done["kind"] == "done"
        assert CANARY not in json.dumps(mirror.requests)
    finally:
        mirror.close()


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a\\b", "c:x", "a/../../b", "x\x00y", "a/"])
def test_a_name_that_leads_out_is_refused(hub, cache, start, name):
    hub.add("owner/name", files={NAME: CONTENT[:5], name: b"x"})
    told, _ = end(start(files=[name]))
    assert told["kind"] == "error"
    assert not hub.gets(NAME)
    assert not [path for path in cache.parent.rglob("*") if path.name in {"x", "b"}]


def test_what_others_put_into_the_cache_counts(hub, cache, start):
    from huggingface_hub import snapshot_download

    files = {NAME: CONTENT[: 2**20], "config.json": b"{}"}
    hub.add("owner/name", files=files)
    snapshot_download("owner/name", endpoint=hub.url, cache_dir=cache, token=False)
    before = len(hub.gets(NAME))
    done, _ = end(start())
    assert done["received"] == 0
    assert len(hub.gets(NAME)) == before


def test_the_users_own_cache_spares_the_network(hub, cache, start, tmp_path):
    from huggingface_hub import snapshot_download

    files = {NAME: CONTENT[: 2**20], "config.json": b"{}", "tokenizer.json": b"[]"}
    hub.add("owner/name", files=files)
    own = tmp_path / "own"
    folder = Path(snapshot_download("owner/name", endpoint=hub.url, cache_dir=own, token=False))
    # One of them is not what its name says.
    (folder / "config.json").resolve().write_bytes(b"[]")
    before = len(hub.requests)
    done, _ = end(start(other_caches=[str(own), str(tmp_path / "absent")]))
    assert done["received"] == len(b"{}")
    assert len(hub.requests) == before + 2
    assert {p.name: p.read_bytes() for p in snapshot(cache).iterdir()} == files
    assert (folder / "config.json").read_bytes() == b"[]"
    assert not list(cache.rglob("*.new"))


def test_others_find_what_we_fetched(hub, cache, start, monkeypatch):
    from huggingface_hub import snapshot_download

    hub.add("owner/name", files={NAME: CONTENT[: 2**20], "sub/x.json": b"{}"})
    assert end(start(files=[NAME, "sub/x.json"]))[0]["kind"] == "done"
    folder = snapshot_download("owner/name", cache_dir=cache, local_files_only=True)
    assert (Path(folder) / "sub" / "x.json").read_bytes() == b"{}"
    assert (Path(folder) / NAME).read_bytes() == CONTENT[: 2**20]


def test_two_names_of_one_content(hub, cache, start):
    hub.add(
        "owner/name", files={NAME: CONTENT[: 2**20], "model-copy.safetensors": CONTENT[: 2**20]}
    )
    done, _ = end(start())
    assert done["bytes"] == 2 * 2**20
    assert done["received"] == 2**20
    assert (snapshot(cache) / "model-copy.safetensors").read_bytes() == CONTENT[: 2**20]


def test_a_mirror_that_tells_little_is_asked_for_each_file(hub, cache, start):
    files = {NAME: CONTENT[: 2**20], "config.json": b"{}"}
    hub.add("owner/name", files=files, terse=True, elsewhere=True, token=CANARY)
    assert end(start(token=CANARY))[0]["kind"] == "done"
    assert {p.name: p.read_bytes() for p in snapshot(cache).iterdir()} == files


def test_what_is_here_is_used_without_a_network(hub, cache, start):
    hub.add("owner/name", files={NAME: CONTENT[: 2**20], "config.json": b"{}"})
    hub.add("owner/other", files={NAME: CONTENT[: 2**19]})
    first, _ = end(start())
    hub.close()
    again, _ = end(start())
    assert again.pop("unasked")
    assert again == first | {"received": 0}
    assert end(start(offline=True, revision=hub_server.COMMIT))[0]["kind"] == "done"
    for request in ({"repo_id": "owner/other"}, {"revision": "v2"}, {"files": ["more.json"]}):
        told, _ = end(start(offline=True, **request))
        assert told["code"] == "hub_offline"


def test_the_caches_own_tool_is_content(hub, cache, start):
    from huggingface_hub import scan_cache_dir

    hub.add("owner/name", files={NAME: CONTENT, "config.json": b"{}"})
    hub.line.rate = 4e6
    process = start()
    while arrived(cache) < 2**20:
        time.sleep(0.01)
    process.kill()
    process.wait()
    scanned = scan_cache_dir(cache)
    assert scanned.warnings == []
    assert [repo.repo_id for repo in scanned.repos] == ["owner/name"]


def test_cancelled_means_gone(hub, cache, start):
    hub.add("owner/name", files={NAME: CONTENT})
    hub.line.rate = 2e6
    process = start()
    while not arrived(cache):
        time.sleep(0.01)
    assert download.forget(cache, "owner/name") == 0  # it is being fetched
    process.kill()
    process.wait()
    assert download.forget(cache, "owner/name") == 1
    nothing_left(cache)
