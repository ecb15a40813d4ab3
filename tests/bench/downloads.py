"""Downloads against `hf download`, on one machine, in one run.

    python tests/bench/downloads.py                  everything; about 15 minutes
    python tests/bench/downloads.py --only loopback  or: line, kills

A server of our own (`tests/hub/hub_server.py`, a process of its own) gives a model of 1 GB in 12
files. Both sides are processes timed from start to end, begin with an empty cache, and take turns.
Ours checks every hash and syncs to the disk; `hf download` compares sizes. Beside them stand what
bounds both: one core's sha256, and writing to this disk.

- `loopback`: as fast as the machine can.
- `line`: 20 MB/s for each connection, 20 ms a round trip, 1 % of packets lost; simulated in the
  server, where a lost packet holds its connection up for one round trip.
- `kills`: one file of 1 GB over a line of 10 MB/s (shared by 16 connections of ours, all of it
  for the only one of `hf download`), killed with SIGKILL again and again; counted is what the
  server sent to a living client beyond the file's size, even what no process had read yet.
  `hf download` begins such a file anew each time, so it is killed but once, at 70 %.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from measuring import spread, table

SERVER = Path(__file__).parents[1] / "hub" / "hub_server.py"
REPOSITORY = "bench/model"
BLOCK = 1 << 20


def make_model(folder: Path, size: int, files: int) -> dict[str, str]:
    """Random files; their sha256 by name."""
    folder.mkdir(parents=True)
    hashes = {}
    for number in range(files):
        name = f"model-{number + 1:05}-of-{files:05}.safetensors"
        digest = hashlib.sha256()
        with (folder / name).open("wb") as file:
            left = size // files
            while left:
                block = os.urandom(min(BLOCK, left))
                digest.update(block)
                file.write(block)
                left -= len(block)
        hashes[name] = digest.hexdigest()
    return hashes


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """The server's address."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), str(folder), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None:
            raise SystemExit("the server has no output")
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def environment(endpoint: str, home: Path) -> dict[str, str]:
    """What both sides run in: no token, no home of this user's, no Xet (the server has none)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }


def start(side: str, endpoint: str, cache: Path) -> subprocess.Popen[bytes]:
    """One side's process, fetching everything into `cache`."""
    env = environment(endpoint, cache.parent / "home")
    if side == "hf download":
        command = [str(Path(sys.executable).with_name("hf")), "download", REPOSITORY]
        command += ["--cache-dir", str(cache)]
        return subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    request = {
        "repo_id": REPOSITORY,
        "repo_type": "model",
        "revision": "main",
        "files": None,
        "cache_dir": str(cache),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_persian_ai.hub.fetch"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    if process.stdin is None:
        raise SystemExit("the process has no input")
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process, and for its success."""
    if process.wait():
        raise SystemExit(f"a side failed with {process.returncode}")
    if process.stdin is not None:
        process.stdin.close()


def check(cache: Path, hashes: dict[str, str]) -> None:
    """Every file must be there, and right."""
    found = {path.name: path for path in cache.glob("models--*/snapshots/*/*")}
    for name, wanted in hashes.items():
        with found[name].open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                raise SystemExit(f"{name} is wrong")


def timed(side: str, endpoint: str, root: Path, hashes: dict[str, str]) -> float:
    """Seconds for the whole model."""
    cache = root / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    os.sync()
    begun = time.perf_counter()
    finish(start(side, endpoint, cache))
    seconds = time.perf_counter() - begun
    check(cache, hashes)
    shutil.rmtree(cache)
    return seconds


def limits(root: Path) -> dict[str, float]:
    """MB/s of one core's sha256, and of writing and syncing a file."""
    block = os.urandom(BLOCK)
    digest = hashlib.sha256()
    begun = time.perf_counter()
    for _ in range(512):
        digest.update(block)
    hashing = 512 * BLOCK / 1e6 / (time.perf_counter() - begun)
    path = root / "written"
    begun = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(512):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    writing = 512 * BLOCK / 1e6 / (time.perf_counter() - begun)
    path.unlink()
    return {"sha256, one core": hashing, "write and sync": writing}


def throughput(title: str, root: Path, rounds: int, size: int, options: list[str]) -> None:
    """Both sides in turn, and the limits."""
    hashes = make_model(root / "model", size, 12)
    seconds: dict[str, list[float]] = {"ours": [], "hf download": []}
    bounds: dict[str, list[float]] = {}
    with serving(root / "model", *options) as endpoint:
        for number in range(rounds):
            sides = list(seconds)
            for side in sides if number % 2 else reversed(sides):
                seconds[side].append(timed(side, endpoint, root, hashes))
            for name, value in limits(root).items():
                bounds.setdefault(name, []).append(value)
    print(f"\n### {title}: {size / 1e9:.2f} GB in 12 files, {rounds} rounds\n")
    rows = [
        [side, spread(values), spread([size / 1e6 / value for value in values], 0)]
        for side, values in seconds.items()
    ]
    rows += [[f"limit: {name}", "", spread(values, 0)] for name, values in bounds.items()]
    print(table(["", "seconds", "MB/s"], rows))
    ratios = [theirs / ours for ours, theirs in zip(*seconds.values(), strict=True)]
    print(f"\nours is {spread(ratios)} times as fast", flush=True)
    shutil.rmtree(root / "model")


def sent(endpoint: str) -> int:
    """Bytes of all files that the server has sent."""
    with urllib.request.urlopen(f"{endpoint}/_sent", timeout=30) as answer:
        ranges: dict[str, Any] = json.load(answer)
    return sum(end - begin for spans in ranges.values() for begin, end in spans)


def here(cache: Path) -> int:
    """Bytes of the file on the disk, complete or not, in the latest attempt's file."""
    with contextlib.suppress(FileNotFoundError):  # renamed meanwhile
        blobs = [path for path in cache.glob("models--*/blobs/*") if path.is_file()]
        if blobs:
            return max(blobs, key=lambda path: path.stat().st_mtime).stat().st_blocks * 512
        maps = [path.read_bytes() for path in cache.glob("models--*/partials/*/map")]
        return max((4096 * (len(one) - one.count(0)) for one in maps), default=0)
    return 0


def kills(root: Path, size: int, count: int, seed: int) -> None:
    """Bytes fetched more than once, for both sides."""
    draw = random.Random(seed)
    hashes = make_model(root / "model", size, 1)
    rows = []
    for side, times, rate in (("ours", count, "0.625"), ("hf download", 1, "10")):
        cache = root / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        with serving(root / "model", "--rate", rate, "--delay", "0.02") as endpoint:
            for number in range(times):
                # Ours at growing places; the other where a cut hurts: from 70 % on.
                share = (number + draw.random()) / times if side == "ours" else 0.7
                process = start(side, endpoint, cache)
                while process.poll() is None and here(cache) < share * size:
                    time.sleep(0.005)
                time.sleep(draw.random() * 0.02)
                process.send_signal(signal.SIGKILL)
                process.wait()
                time.sleep(0.1)  # for the server to notice
            finish(start(side, endpoint, cache))
            time.sleep(0.5)
            again = sent(endpoint) - size
        check(cache, hashes)
        left = len([*cache.glob("models--*/blobs/*"), *cache.glob("models--*/partials/*")]) - 1
        rows.append([side, str(times), f"{again:,}", f"{100 * again / size:.2f} %", str(left)])
        shutil.rmtree(cache)
    print(f"\n### Kills of one file of {size / 1e9:.2f} GB\n")
    head = ["", "kills", "bytes fetched again", "of the file", "partials left"]
    print(table(head, rows), flush=True)
    shutil.rmtree(root / "model")


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["loopback", "line", "kills"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--size", type=float, default=1.0, help="GB")
    parser.add_argument("--seed", type=int, default=1405)
    asked = parser.parse_args()
    size = int(asked.size * 1e9) // 12 * 12
    root = Path(tempfile.mkdtemp(prefix="downloads-"))
    try:
        if asked.only in (None, "loopback"):
            throughput("Loopback", root, asked.rounds, size, [])
        if asked.only in (None, "line"):
            options = ["--rate", "20", "--delay", "0.02", "--loss", "0.01"]
            title = "20 MB/s a connection, 20 ms, 1 % loss"
            throughput(title, root, asked.rounds, size, options)
        if asked.only in (None, "kills"):
            kills(root, size, asked.kills, asked.seed)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
