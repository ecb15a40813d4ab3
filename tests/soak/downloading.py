"""Downloads killed at random moments, and two at once under a lock that lies: all must be right.

    python tests/soak/downloading.py                100 kills of 1 GB, 50 runs of two processes
    python tests/soak/downloading.py --kills 10 --size 0.1 --doubles 5

Killed is the fetching process or the worker that holds its pipe, in turn by lot; every tenth time
the server breaks all connections first. Prints what was fetched more than once, and ends with exit
code 1 when a file is wrong, a partial is left over, or more than 1 % was fetched again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

NAME = "model.safetensors"
FETCH = "from jupyter_persian_ai.hub import fetch; fetch.main()"
LYING = "import fcntl; fcntl.flock = fcntl.lockf = lambda *_: None\n" + FETCH
#: A worker as far as the fetching process can tell: it holds the pipe.
WORKER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
child.stdin.write(sys.argv[2].encode() + b"\\n")
child.stdin.flush()
print(child.pid, flush=True)
sys.exit(child.wait())
"""


def hub_server() -> Any:
    """The module of the small Hub."""
    path = Path(__file__).parents[1] / "hub" / "hub_server.py"
    spec = importlib.util.spec_from_file_location("hub_server", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Attempt:
    """A worker and its fetching process."""

    def __init__(self, hub: Any, cache: Path, code: str = FETCH) -> None:
        request = {
            "repo_id": "owner/name",
            "repo_type": "model",
            "revision": "main",
            "files": None,
            "cache_dir": str(cache),
            "endpoints": [hub.url],
        }
        self.worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, code, json.dumps(request)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self.worker.stdout is None:
            raise SystemExit("the worker has no output")
        self.child = psutil.Process(int(self.worker.stdout.readline()))

    def over(self) -> bool:
        """Whether it has ended by itself."""
        return self.worker.poll() is not None

    def wait(self) -> dict[str, Any]:
        """Its last line."""
        out, _ = self.worker.communicate()
        lines = out.splitlines()
        return json.loads(lines[-1]) if lines else {"kind": "nothing"}

    def kill(self, *, parent: bool) -> None:
        """Kill one of the two; the other ends by itself."""
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(self.worker.pid if parent else self.child.pid, signal.SIGKILL)
            self.child.wait(30)
        self.worker.communicate()


def arrived(cache: Path) -> int:
    """Bytes that count, of the fullest partial."""
    with contextlib.suppress(FileNotFoundError):
        maps = [path.read_bytes() for path in cache.rglob("*.partial/map")]
        return max((4096 * (len(one) - one.count(0)) for one in maps), default=0)
    return 0


def judged(cache: Path, sha256: str) -> list[str]:
    """What is wrong with a cache after a download that ended well."""
    wrong = []
    with next(cache.glob(f"models--*/snapshots/*/{NAME}")).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            wrong.append("the file is wrong")
    left = [path.name for path in cache.rglob("*") if ".partial" in path.name]
    if left:
        wrong.append(f"partials are left: {left}")
    return wrong


def made(path: Path, size: int) -> str:
    """A random file; its sha256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        while size:
            block = os.urandom(min(1 << 20, size))
            digest.update(block)
            file.write(block)
            size -= len(block)
    return digest.hexdigest()


def kills(module: Any, root: Path, size: int, count: int, draw: random.Random) -> int:
    """One file, killed `count` times; how much was wrong."""
    sha256 = made(root / NAME, size)
    cache = root / "cache"
    hub = module.HubServer(module.Line(rate=0.625e6, delay=0.02))  # of each of 16 connections
    hub.add("owner/name", files={NAME: root / NAME}, elsewhere=True, hashes={NAME: sha256})
    for number in range(count):
        attempt = Attempt(hub, cache)
        least = size * (number + draw.random()) / (count + 1)
        while not attempt.over() and arrived(cache) < least:
            time.sleep(0.005)
        if number % 10 == 9:
            for request in list(hub._servers[1].open):
                with contextlib.suppress(OSError):
                    request.shutdown(2)
        attempt.kill(parent=draw.random() < 0.5)
        time.sleep(0.1)
    last = Attempt(hub, cache).wait()
    wrong = judged(cache, sha256) if last["kind"] == "done" else [str(last)]
    again = hub.sent_bytes(NAME) - size
    if again > size / 100:
        wrong.append("more than 1 % was fetched again")
    hub.close()
    print(
        f"{count} kills of {size / 1e6:,.0f} MB: {again:,} bytes ({again / size:.2%}) again", wrong
    )
    return len(wrong)


def doubles(module: Any, root: Path, count: int, draw: random.Random) -> int:
    """Two processes, one file, a lock that lies, one of them killed half the time."""
    size = 16 << 20
    sha256 = made(root / NAME, size)
    bad, again = 0, 0
    for number in range(count):
        cache = root / f"cache-{number}"
        hub = module.HubServer(module.Line(rate=4e6))
        hub.add("owner/name", files={NAME: root / NAME}, hashes={NAME: sha256})
        pair = [Attempt(hub, cache, LYING) for _ in range(2)]
        if draw.random() < 0.5:
            while arrived(cache) < draw.random() * size and not pair[0].over():
                time.sleep(0.005)
            pair.pop(0).kill(parent=False)
        ends = [one.wait() for one in pair]
        wrong = [str(end) for end in ends if end["kind"] != "done"] or judged(cache, sha256)
        if wrong:
            print(f"run {number}:", wrong)
        bad += bool(wrong)
        again += hub.sent_bytes(NAME) - size
        hub.close()
        shutil.rmtree(cache)
    print(f"{count} runs of two processes under a lying lock: {bad} wrong, {again:,} bytes again")
    return bad


def main() -> int:
    """Run both; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--size", type=float, default=1.0, help="GB")
    parser.add_argument("--doubles", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1405)
    asked = parser.parse_args()
    module, draw = hub_server(), random.Random(asked.seed)
    root = Path(tempfile.mkdtemp(prefix="downloading-"))
    try:
        bad = kills(module, root, int(asked.size * 1e9), asked.kills, draw) if asked.kills else 0
        bad += doubles(module, root, asked.doubles, draw) if asked.doubles else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
