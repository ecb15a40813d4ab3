"""Bundles killed at random moments while they are packed and unpacked, then damaged by lot.

    python tests/soak/bundling.py                 100 kills of 1 GB, cut and uncut, 300 damages
    python tests/soak/bundling.py --kills 10 --size 0.1 --damages 30

Prints how much was written or read more than once, and how fast a whole pass was. Ends with exit
code 1 when a file is wrong, something half finished is left over, or damage is not named.
"""

from __future__ import annotations

import argparse
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
from pathlib import Path

from jupyter_persian_ai.errors import BundleProblem
from jupyter_persian_ai.hub.bundles import layout, pack, staging, unpack

ROOT = "model-v1-soak"
#: Packs or unpacks as told, and says at which bytes it began and where it is.
WORKER = """
import json, sys
from pathlib import Path
from jupyter_persian_ai.hub.bundles import layout, pack, staging, unpack
told = json.loads(sys.argv[1])
def tick(done, total, name):
    print(done, flush=True)
if told["pack"]:
    sources = [(path.name, path) for path in sorted(Path(told["source"]).iterdir())]
    order = pack.Order("model", "n", "", told["root"], sources, Path(told["out"]),
                       told["part_bytes"], "1", {})
    pack.pack(order, Path(told["journal"]), tick)
else:
    unpack.unpack({"path": told["out"], "staging": told["staging"]}, tick)
print("done", flush=True)
"""


def model(folder: Path, size: int) -> dict[str, str]:
    """A folder of six files, one of them most of it; the sha256 of each."""
    folder.mkdir()
    sizes = {f"model-{n}.safetensors": size // 10 for n in range(3)}
    sizes |= {"model-9.safetensors": size * 7 // 10, "config.json": 700, "LICENSE": 0}
    told = {}
    for name, length in sizes.items():
        digest = hashlib.sha256()
        with (folder / name).open("wb") as file:
            for begin in range(0, length, 1 << 20):
                block = os.urandom(min(1 << 20, length - begin))
                digest.update(block)
                file.write(block)
        told[name] = digest.hexdigest()
    return told


def work(told: dict[str, object], kill_after: float | None, written: int) -> tuple[bool, int]:
    """One try, killed after so many seconds: whether it ended, and how many bytes it wrote.

    Bytes from `written` on are read back.
    """
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(told)], stdout=subprocess.PIPE, text=True
    )
    if worker.stdout is None:
        raise SystemExit("the worker has no output")
    places: list[int] = []
    deadline, ended = float("inf"), False
    for line in worker.stdout:
        if line == "done\n":
            ended = True
            break
        places.append(min(int(line), written))
        if len(places) == 1 and kill_after is not None:
            deadline = time.monotonic() + kill_after
        if time.monotonic() > deadline:
            worker.send_signal(signal.SIGKILL)
            break
    worker.stdout.close()
    worker.wait()
    return ended, places[-1] - places[0] if places else 0


def emptied(root: Path, *, packing: bool) -> None:
    """Nothing is left of the tries before."""
    if packing:
        (root / "journal.json").unlink(missing_ok=True)
        shutil.rmtree(root / "out", ignore_errors=True)
        (root / "out").mkdir()
    else:
        shutil.rmtree(root / "in", ignore_errors=True)


def kills(root: Path, size: int, count: int, part_bytes: int, draw: random.Random) -> list[str]:
    """A model packed and unpacked with `count` kills each; what was wrong."""
    hashes = model(root / "source", size)
    files = [(path.name, path.stat().st_size) for path in (root / "source").iterdir()]
    length = layout.total(files)
    told: dict[str, object] = {
        "source": str(root / "source"), "out": str(root / "out"), "staging": str(root / "in"),
        "journal": str(root / "journal.json"), "part_bytes": part_bytes, "root": ROOT,
    }  # fmt: skip
    shape = f"parts of {part_bytes / 1e6:,.0f} MB" if part_bytes else "one file"
    for packing in (True, False):
        told["pack"] = packing
        emptied(root, packing=packing)
        began = time.monotonic()
        work(told, None, length)
        seconds = time.monotonic() - began
        emptied(root, packing=packing)
        killed, passes, through, ended = 0, 0, 0, True
        while killed < count or not ended:
            if ended:
                emptied(root, packing=packing)
            wait = draw.random() * seconds / 2 if killed < count else None
            ended, wrote = work(told, wait, length)
            killed, passes, through = killed + (not ended), passes + ended, through + wrote
        again = max(0, through - passes * length) / length
        word = "packing" if packing else "unpacking"
        print(
            f"{word} {size / 1e6:,.0f} MB, {shape}: {killed} kills in {passes} passes, "
            f"{again / killed:.1%} written again a kill; "
            f"a pass without one {size / seconds / 1e6:,.0f} MB/s"
        )
    return judged(root, hashes)


def judged(root: Path, hashes: dict[str, str]) -> list[str]:
    """What is wrong with what came out in the end."""
    wrong = []
    for name, sha256 in hashes.items():
        with (root / "in" / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                wrong.append(f"{name} is wrong")
    if pack.leftovers(root / "out", ROOT):
        wrong.append("something half finished is left")
    extra = {path.name for path in (root / "in").iterdir()} - set(hashes) - {staging.JOURNAL}
    return wrong + [f"{name} should not be there" for name in extra]


def damages(root: Path, count: int, draw: random.Random) -> list[str]:
    """Parts that are cut, swapped, taken away or changed in one bit; what was not named."""
    source, out = root / "small", root / "small-out"
    model(source, 3_000_000)
    out.mkdir()
    sources = [(path.name, path) for path in sorted(source.iterdir())]
    order = pack.Order("model", "n", "", ROOT, sources, out, 500_000, "1", {})
    made = pack.pack(order, root / "small.json", lambda *_: None)
    good = {part["name"]: (out / part["name"]).read_bytes() for part in made["parts"]}
    wrong = []
    for number in range(count):
        one, other = draw.sample(sorted(good), 2)
        how = draw.choice(["bit", "bit", "bit", "cut", "swap", "gone", "zeros", "twice"])
        path, bad = out / one, bytearray(good[one])
        if how == "bit":
            bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
        elif how == "cut":
            del bad[draw.randrange(len(bad)) :]
        elif how == "zeros":
            start = draw.randrange(len(bad))
            bad[start : start + 4096] = bytes(len(bad[start : start + 4096]))
        elif how == "twice":
            bad = bytearray(good[other])
        path.write_bytes(bad)
        if how == "gone":
            path.unlink()
        elif how == "swap":
            path.write_bytes(good[other])
            (out / other).write_bytes(good[one])
        shutil.rmtree(root / "small-in", ignore_errors=True)
        try:
            unpack.unpack({"path": str(out), "staging": str(root / "small-in")})
            if bytes(bad) != good[one] or how in {"gone", "swap"}:
                wrong.append(f"damage {number} ({how} of {one}) was not noticed")
        except BundleProblem as error:
            names = [one, other] if how in {"swap", "twice"} else [one]
            if not any(name in error.body.message for name in names):
                wrong.append(f"damage {number} ({how} of {one}): {error.body.message}")
        (out / one).write_bytes(good[one])
        (out / other).write_bytes(good[other])
    unpack.unpack({"path": str(out), "staging": str(root / "small-in")})
    print(f"{count} damages: {len(wrong)} not named")
    return wrong


def main() -> int:
    """Run all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--size", type=float, default=1.0, help="GB")
    parser.add_argument("--damages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1405)
    asked = parser.parse_args()
    draw, wrong = random.Random(asked.seed), []
    size = int(asked.size * 1e9)
    for part_bytes in (size // 7, 0) if asked.kills else ():
        root = Path(tempfile.mkdtemp(prefix="bundling-"))
        try:
            wrong += kills(root, size, asked.kills, part_bytes, draw)
        finally:
            shutil.rmtree(root, ignore_errors=True)
    root = Path(tempfile.mkdtemp(prefix="bundling-"))
    try:
        wrong += damages(root, asked.damages, draw) if asked.damages else []
    finally:
        shutil.rmtree(root, ignore_errors=True)
    for line in wrong:
        print("WRONG:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
