"""Milliseconds from the end of an upload to the first screen of rows, whatever the file's size.

Run: `python tests/bench/first_rows.py --bytes 10GB`. Starts the real service on loopback with a
data root of its own, and sends it a .jsonl file of that size by the real route (`datasets/uploads`,
streamed; the rows are made while they are sent, so nothing lies on this side's disk, but the
service writes every byte: it needs the room). From the moment in which the last byte was handed to
the socket, until the first 50 rows are here (`datasets/peek`, each time in a new confined process),
is what is printed: first asking, and median of some more.

`--sparse` sends nothing: a file of that size with real rows at its beginning and a hole after them
is given by its path. It shows what peeking costs where there is no room for the file.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from jupyter_persian_ai.client import Client, connect, disconnect
from jupyter_persian_ai.datasets.samples import samples
from jupyter_persian_ai.errors import SamplesMissing

ROWS = 50
#: Bytes of rows that are made once and sent over and over.
BLOCK = 4 * 10**6
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


def size(text: str) -> int:
    """Bytes of `10GB`, `500M`, `1000`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)B?", text.strip().upper())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no size")
    return int(float(found[1]) * UNITS[found[2]])


def rows() -> Iterator[bytes]:
    """Rows of Persian text as JSON lines, for ever: the sample ghazals where they are installed."""
    try:
        (ghazals,) = [sample for sample in samples() if sample.id == "ghazals"]
        texts = [row["text"] for row in ghazals.rows()]
    except SamplesMissing:
        texts = ["الا یا ایها الساقی ادر کاسا و ناولها\nکه عشق آسان نمود اول ولی افتاد مشکل‌ها"]
    for number, text in enumerate(itertools.cycle(texts)):
        row = {"text": f"{number}: {text}"}
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def block() -> bytes:
    """Whole rows of at least `BLOCK` bytes together."""
    made = bytearray()
    for row in rows():
        made += row
        if len(made) >= BLOCK:
            return bytes(made)
    raise AssertionError("rows do not end")


class Generated:
    """A file of `length` bytes that is made while it is read; a cut row is padded with spaces."""

    def __init__(self, content: bytes, length: int) -> None:
        self._content = content
        self._length = length
        self._at = 0
        self.ended = 0.0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where the next read begins."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def read(self, wanted: int = -1) -> bytes:
        """The next piece; when there is none, the moment is noted."""
        left = self._length - self._at
        wanted = left if wanted < 0 else min(wanted, left)
        if wanted == 0:
            self.ended = time.perf_counter()
            return b""
        start = self._at % len(self._content)
        piece = self._content[start : start + wanted]
        self._at += len(piece)
        if self._at == self._length:  # the last row is cut: end it as JSON would not mind
            piece = piece[: piece.rfind(b"\n") + 1].ljust(len(piece))
        return piece


def sent(client: Client, content: bytes, length: int) -> tuple[dict[str, Any], float]:
    """What was uploaded, and the moment in which its last byte was given away."""
    stream = Generated(content, length)
    begun = time.perf_counter()
    upload = client.transport.upload("datasets/uploads", "rows.jsonl", stream, {})  # type: ignore[arg-type]
    seconds = time.perf_counter() - begun
    print(f"uploaded {length / 1e6:,.0f} MB in {seconds:.1f} s: {length / 1e6 / seconds:,.0f} MB/s")
    return {"upload_id": upload["id"]}, stream.ended


def sparse(folder: Path, content: bytes, length: int) -> tuple[dict[str, Any], float]:
    """A file with rows at its beginning and a hole after them, and the present."""
    path = folder / "rows.jsonl"
    with path.open("wb") as file:
        file.write(content)
        file.truncate(max(length, len(content)))
    print(
        f"a sparse file of {length / 1e6:,.0f} MB ({path.stat().st_blocks * 512:,} bytes of disk)"
    )
    return {"path": str(path)}, time.perf_counter()


def measure(client: Client, ask: dict[str, Any], ended: float, rounds: int) -> list[float]:
    """Milliseconds to the first rows: since `ended`, then of asking again."""
    took = []
    for _ in range(rounds):
        peek = client.dataset_jobs.peek(ask)
        took.append(1000 * (time.perf_counter() - ended))
        if len(peek.rows) != ROWS:
            raise SystemExit(f"{len(peek.rows)} rows instead of {ROWS}")
        ended = time.perf_counter()
    return took


def end_service(folder: str) -> None:
    """End the service that was started for this data root; it would go on by itself else."""
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "jupyter_persian_ai.cli" in line and any(word.startswith(folder) for word in line):
            process.terminate()
            process.wait(30)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=size, default=size("500MB"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sparse", action="store_true")
    parser.add_argument("--folder", type=Path, help="where there is room; a temporary one without")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder, ignore_cleanup_errors=True) as folder:
        os.environ["JUPYTER_PERSIAN_AI_DATA_DIR"] = f"{folder}/data"
        content = block()
        try:
            client = connect(data_dir=f"{folder}/data")
            if asked.sparse:
                ask, ended = sparse(Path(folder), content, asked.bytes)
            else:
                ask, ended = sent(client, content, asked.bytes)
            first, *more = measure(client, ask, ended, asked.rounds)
            if not asked.sparse:
                client.dataset_jobs.discard(ask["upload_id"])
        finally:
            disconnect()
            end_service(folder)
    print(f"first {ROWS} rows after the last byte: {first:,.0f} ms")
    if more:
        print(f"asking again: median {statistics.median(more):,.0f} ms   worst {max(more):,.0f} ms")


if __name__ == "__main__":
    main()
