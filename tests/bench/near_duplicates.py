"""CPU seconds and memory of finding near-duplicates: ours beside datasketch and rensa.

Run: `python tests/bench/near_duplicates.py --rows 100000 [--peers /other/venv/bin/python]`. Makes
rows of 20 to 60 words out of the ghazals of Hafez, drawn by a seed; each twentieth is an earlier
row with one word changed. Each arm reads the same file, folds the texts, takes word triples and
says which rows have an earlier row of a Jaccard similarity of 0.8 or more. Ours measures every
candidate; the peers are used as their documentation shows (96 permutations), and take the sketch's
word. Printed: CPU seconds and their ratio, the memory beyond that of the imports, the share of the
planted rows that were found, and rows that were named although nothing was planted there. The peers
are not needed by anything else: an environment that has them and numpy will do.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
THRESHOLD = 0.8
PERMUTATIONS = 96
NAMES = ("ours", "rensa", "datasketch")


def made(path: Path, count: int) -> list[tuple[int, float]]:
    """Write the rows; the planted ones with how alike they are to the row they were made of."""
    from jupyter_persian_ai.datasets.canonical import RowWriter
    from jupyter_persian_ai.datasets.samples import samples

    [ghazals] = [sample for sample in samples() if sample.id == "ghazals"]
    words = [word for row in ghazals.rows() for word in row["text"].split()]
    rng = random.Random(1)
    planted, pool = [], []
    with RowWriter(path) as writer:
        for number in range(count):
            if number % 20 == 19:
                text = list(rng.choice(pool))
                place = rng.randrange(len(text))
                changed = min(place, 2) + min(len(text) - 1 - place, 2) - 1
                text[place] = "جایگزین"
                total = len(text) - 2
                planted.append((number, (total - changed) / (total + changed)))
            else:
                text = rng.choices(words, k=rng.randrange(20, 60))
                pool.append(text)
            writer.add({"text": " ".join(text)})
        writer.commit()
    return planted


def texts(folder: Path) -> Iterator[str]:
    """The texts of the rows."""
    with (folder / "rows.jsonl").open("rb") as lines:
        for line in lines:
            yield json.loads(line)["text"]


@cache
def folding() -> Callable[[str], str]:
    """Our folding, from its file: the peers' environment need not have the package."""
    path = ROOT / "jupyter_persian_ai" / "persian" / "fold.py"
    spec = importlib.util.spec_from_file_location("fold", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fold: Callable[[str], str] = module.fold
    return fold


def triples(text: str) -> list[str]:
    """The folded word triples that the peers are given."""
    words = folding()(text).split()
    return [" ".join(words[place : place + 3]) for place in range(len(words) - 2)]


def arm(name: str, folder: Path) -> dict[str, object]:
    """What one way found, with what it cost; in a process of its own."""
    import resource

    import measuring

    def used() -> tuple[float, int]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime, measuring.peak_bytes()

    if name == "ours":
        from jupyter_persian_ai.datasets import near

        begun = used()
        found = near.near_duplicates(folder, THRESHOLD).nonzero()[0].tolist()
    elif name == "rensa":
        import rensa

        begun = used()
        index = rensa.RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
        kept, found = {}, []
        for number, text in enumerate(texts(folder)):
            sketch = rensa.RMinHash(num_perm=PERMUTATIONS, seed=1)
            sketch.update(triples(text))
            if any(sketch.jaccard(kept[one]) >= THRESHOLD for one in index.query(sketch)):
                found.append(number)
            else:
                index.insert(number, sketch)
                kept[number] = sketch
    else:
        import datasketch

        begun = used()
        lsh = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        found = []
        for number, text in enumerate(texts(folder)):
            signature = datasketch.MinHash(num_perm=PERMUTATIONS, seed=1)
            signature.update_batch([one.encode() for one in triples(text)])
            if lsh.query(signature):
                found.append(number)
            else:
                lsh.insert(number, signature)
    ended = used()
    return {"cpu": ended[0] - begun[0], "bytes": ended[1] - begun[1], "found": found}


def main() -> None:
    """Run each arm that can be run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peers", default=sys.executable, help="an interpreter that has the peers")
    parser.add_argument("--arm", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.arm:
        sys.path.insert(0, str(ROOT))
        print(json.dumps(arm(asked.arm, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as space:
        planted = made(Path(space), asked.rows)
        wanted = {number for number, alike in planted if alike >= THRESHOLD}
        known = {number for number, _ in planted}
        ours = 0.0
        print(f"{asked.rows:,} rows, {len(wanted):,} planted at {THRESHOLD} or more")
        print(f"{'':12}{'CPU s':>9}{'ratio':>8}{'MB':>8}{'found':>8}{'false':>8}")
        for name in NAMES:
            python = sys.executable if name == "ours" else asked.peers
            command = [python, __file__, "--arm", name, "--folder", space]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                print(f"{name:12} not run: {ended.stderr.strip().splitlines()[-1]}")
                continue
            said = json.loads(ended.stdout)
            found = set(said["found"])
            ours = ours or said["cpu"]
            print(
                f"{name:12}{said['cpu']:9.1f}{said['cpu'] / ours:8.1f}{said['bytes'] / 1e6:8.0f}"
                f"{len(found & wanted) / len(wanted):8.1%}{len(found - known):8}"
            )


if __name__ == "__main__":
    main()
