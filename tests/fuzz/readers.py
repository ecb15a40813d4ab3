"""Fuzzes the readers of datasets: any bytes are read, or refused by one of our errors.

Run: `python tests/fuzz/readers.py [--seconds 600]`. With Atheris (the `fuzz` extra; it has wheels
for CPython 3.11 to 3.13 on Linux) the search is led by the branches that an input reaches; without,
the inputs of the corpus are changed at random, and it says so. New inputs go to a folder of their
own beside the system's temporary files; those worth keeping are copied to `corpus/readers`.

An input is one byte that chooses the format and the bytes of the file. `test_readers.py` gives the
same function inputs in the normal suite.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus" / "readers"
#: Chosen by the first byte of an input; the order is that of the corpus: append only.
NAMES = (
    "a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.conll", "a.zip", "a.tar", "a.tar.gz",
    "a.jsonl.gz", "a.xlsx", "a.parquet", "a",
)  # fmt: skip
LIMITS = {"max_line_bytes": 1 << 16, "max_rows": 10_000, "max_members": 50}
LIMITS["max_unpacked_bytes"] = 1 << 24
MOST_BYTES = 1 << 16


def read(data: bytes, folder: Path) -> int:
    """Import and peek at one input; how many rows were kept.

    Raises:
        Exception: that is no error of ours, or `AssertionError` where what was written is not
            what was said.

    """
    from jupyter_persian_ai.datasets.importing import import_file
    from jupyter_persian_ai.datasets.peeking import peek
    from jupyter_persian_ai.errors import DatasetProblem
    from jupyter_persian_ai.protocol.versions import Peek

    if not data:
        return 0
    name = NAMES[data[0] % len(NAMES)]
    path, out = folder / "input", folder / "out"
    path.write_bytes(data[1 : MOST_BYTES + 1])
    asked = {"path": str(path), "name": name, "out_dir": str(out), **LIMITS}
    try:
        Peek.model_validate(peek(asked))
    except DatasetProblem as refused:
        json.dumps(refused.body.model_dump(mode="json"))
    try:
        report = import_file(asked)["report"]
    except DatasetProblem as refused:
        json.dumps(refused.body.model_dump(mode="json"))
        if out.exists() and list(out.iterdir()):
            raise AssertionError("a refused import has left something") from refused
        return 0
    lines = (out / "rows.jsonl").read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line) for line in lines]
    whole = [json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() for row in rows]
    if whole != lines or len(rows) != report["stats"]["rows"]:
        raise AssertionError("rows are not canonical, or not counted")
    if (out / "rows.index").stat().st_size != 8 * len(rows):
        raise AssertionError("the index does not fit the rows")
    for file in out.iterdir():
        file.unlink()
    return len(rows)


def corpus() -> list[bytes]:
    """The inputs that are kept."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def changed(data: bytes, drawn: random.Random, others: list[bytes]) -> bytes:
    """An input with some bytes flipped, cut out, doubled or taken from another."""
    made = bytearray(data)
    for _ in range(drawn.randint(1, 8)):
        place = drawn.randrange(len(made) + 1)
        end = min(len(made), place + drawn.choice([1, 2, 8, 64]))
        kind = drawn.randrange(5)
        if kind == 0 and place < len(made):
            made[place] ^= 1 << drawn.randrange(8)
        elif kind == 1:
            del made[place:end]
        elif kind == 2:
            made[place:place] = made[place:end] * drawn.choice([1, 2, 50])
        elif kind == 3:
            made[place:end] = drawn.randbytes(end - place)
        else:
            other = drawn.choice(others)
            start = drawn.randrange(len(other) + 1)
            made[place:end] = other[start : start + drawn.choice([1, 8, 64, 512])]
    return bytes(made)


def at_random(seconds: float, seed: int) -> Iterator[bytes]:
    """Changed inputs of the corpus, for so long."""
    kept, drawn = corpus(), random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield changed(drawn.choice(kept), drawn, kept)


def main() -> None:
    """Fuzz until the time is over, or until something is found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--new", type=Path, help="folder for new inputs")
    asked = parser.parse_args()
    new = asked.new or Path(tempfile.mkdtemp(prefix="new-inputs-"))
    new.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if importlib.util.find_spec("atheris") is None:
            print("Atheris is not installed (the `fuzz` extra): changing the corpus at random.")
            count = 0
            for data in at_random(asked.seconds, asked.seed):
                (folder / "last").write_bytes(data)
                try:
                    read(data, folder)
                except BaseException:
                    print(f"Found after {count} inputs: {new / 'found'}", file=sys.stderr)
                    (new / "found").write_bytes(data)
                    raise
                count += 1
            print(f"{count} inputs, nothing found.")
            return
        import atheris

        with atheris.instrument_imports(include=["jupyter_persian_ai.datasets"]):
            import jupyter_persian_ai.datasets.json_blocks
            import jupyter_persian_ai.datasets.peeking  # noqa: F401

        told = [sys.argv[0], f"-max_total_time={asked.seconds}", f"-seed={asked.seed}"]
        told += [f"-artifact_prefix={new}/", "-max_len=20000", "-rss_limit_mb=2048", "-timeout=20"]
        atheris.Setup([*told, str(new), str(CORPUS)], lambda data: read(data, folder) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
