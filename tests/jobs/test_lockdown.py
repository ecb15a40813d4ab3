"""A process that is locked in: each layer holds by itself, all together too, and too few are
said to be too few."""

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jupyter_persian_ai import errors
from jupyter_persian_ai.jobs import confined, lockdown

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers")

#: Runs one layer, then says what can still be done. The answer goes out by a pipe that is open.
SCRIPT = """
import ctypes, json, os, socket, sys
from pathlib import Path
from jupyter_persian_ai.jobs import lockdown

def can(act):
    try:
        act()
    except OSError:
        return False
    return True

def fork():
    if os.fork() == 0:
        os._exit(0)

def send():
    with socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5):
        pass

encodings = "".encode("idna")  # before it is too late
try:
    getattr(lockdown, sys.argv[1])(ctypes.CDLL(None, use_errno=True))
except OSError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()
print(json.dumps({
    "secret": can(lambda: os.close(os.open(sys.argv[3], os.O_RDONLY))),
    "write": can(lambda: os.close(os.open(sys.argv[3] + ".new", os.O_WRONLY | os.O_CREAT))),
    "network": can(send),
    "fork": can(fork),
    "run": can(lambda: os.execv("/bin/true", ["true"])) if "seccomp" in sys.argv[1] else None,
}))
"""


@pytest.fixture
def listening():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def left(layer, port, secret):
    """What a process can still do within one layer."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, layer, str(port), str(secret)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout, ended.stderr.decode()
    said = json.loads(ended.stdout)
    if "missing" in said:
        pytest.skip(f"this machine does not have it: {said['missing']}")
    return said


@linux
@pytest.mark.parametrize(
    ("layer", "gone"),
    [
        ("_unshare", {"secret", "write", "network"}),
        ("_landlock", {"secret", "write", "network"}),
        ("_seccomp", {"secret", "write", "network", "fork", "run"}),
    ],
)
def test_each_layer_by_itself(tmp_path, listening, layer, gone):
    secret = tmp_path / "secret"
    secret.write_text("token")
    said = left(layer, listening, secret)
    assert {name for name, possible in said.items() if possible is False} >= gone
    assert not secret.with_name("secret.new").exists()


def probe(layers):
    return confined.call(
        "jupyter_persian_ai.jobs.lockdown:probe",
        {"home": "/", "memory_bytes": 2**30},
        memory_bytes=2**30,
        seconds=60,
        lockdown=layers,
    )


@linux
@pytest.mark.parametrize(
    "layers", [lockdown.LAYERS, ("landlock", "seccomp"), ("namespaces", "seccomp")], ids=" ".join
)
def test_nothing_is_left(layers):
    try:
        tried = probe(layers)
    except errors.LockdownMissing as missing:
        pytest.skip(missing.body.message)
    assert all(tried.values()), tried


@pytest.mark.parametrize(
    "layers", [("namespaces", "landlock"), ("seccomp",), ("landlock",)], ids=" ".join
)
def test_too_few_layers_are_refused(layers):
    with pytest.raises(errors.LockdownMissing) as caught:
        probe(layers)
    assert caught.value.body.message_fa


def test_another_system_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(errors.LockdownMissing, match="Linux"):
        lockdown.enter()


def wait(seconds):
    """Stands still within the locks. Called by its name."""
    time.sleep(seconds["seconds"])
    return {}


@linux
def test_it_ends_with_whoever_asked(tmp_path):
    """The parent is killed; the child notices, though it may kill nobody, not even itself."""
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from jupyter_persian_ai.jobs import confined, lockdown
confined.call("test_lockdown:wait", {{"seconds": 600}}, memory_bytes=2**30, seconds=900,
              lockdown=lockdown.LAYERS)
"""
    asker = subprocess.Popen([sys.executable, "-c", script])
    process = psutil.Process(asker.pid)
    while not (children := process.children()) and asker.poll() is None:
        time.sleep(0.05)
    if asker.poll() is not None:
        pytest.skip("this machine has too few layers")
    status = Path(f"/proc/{children[0].pid}/status")
    while "Seccomp:\t2" not in status.read_text() and asker.poll() is None:
        time.sleep(0.05)
    asker.kill()
    asker.wait()
    psutil.wait_procs(children, 60)
    assert not any(child.is_running() and child.status() != "zombie" for child in children)
