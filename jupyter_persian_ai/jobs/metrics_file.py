"""Every metric point of an attempt: an append-only binary file, and the curves made of it.

A record is 16 bytes, little-endian: name number (u2), nothing (u2), step (u4), value (f8). The
names stand one a line in `metrics.names`, numbered from 0, each written before its first record.
Points never pass through SQL: a record costs a fifth of a microsecond and a million of them are
thinned to a screen's width in milliseconds. A torn last record does not count.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..protocol.jobs import Series

FILE = "metrics.bin"
NAMES = "metrics.names"
RECORD = np.dtype([("name", "<u2"), ("_", "<u2"), ("step", "<u4"), ("value", "<f8")])
MAX_NAMES = 2**16
MAX_STEP = 2**32 - 1

Point = tuple[str, int, float | None]
#: Steps and values of one metric, equally long.
Piece = tuple[NDArray[np.uint32], NDArray[np.float64]]


class Extent(NamedTuple):
    """How many points of one attempt count, and the step at which it began.

    `attempt_dir` is the absolute path of the attempt's folder.
    """

    attempt: int
    attempt_dir: str
    points: int
    first_step: int | None


class Writer:
    """Appends points to the files in `folder`; one process, one writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = {name: number for number, name in enumerate(_read_names(folder))}
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.open(folder / FILE, flags, 0o600)

    def append(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point a name, all at `step` (0 to 2³²-1), in one write.

        Raises:
            ValueError: for a step out of range or more than 65,536 names.
            OSError: when it cannot be written; then nothing of it stays.

        """
        if not 0 <= step <= MAX_STEP:
            raise ValueError(f"step {step} is out of range")
        records = np.zeros(len(values), RECORD)
        for record, (name, value) in zip(records, values.items(), strict=True):
            record["name"] = self._number(name)
            record["step"] = step
            record["value"] = value
        write_whole(self._file, records.tobytes())

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def _number(self, name: str) -> int:
        number = self._names.get(name)
        if number is None:
            number = len(self._names)
            if number >= MAX_NAMES or "\n" in name or not name:
                raise ValueError(f"not a metric name: {name!r}")
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            file = os.open(self._folder / NAMES, flags, 0o600)
            try:
                write_whole(file, f"{name}\n".encode())
            finally:
                os.close(file)
            self._names[name] = number
        return number


def write_whole(file: int, data: bytes) -> None:
    """Append `data` in one write, or leave the file as it was and raise OSError."""
    before = os.fstat(file).st_size
    try:
        rest = memoryview(data)
        while rest:  # a second round only when the disk fills up, to learn its reason
            rest = rest[os.write(file, rest) :]
    except OSError:
        # Not a regular file, or not even this is possible: readers ignore a torn end.
        if os.fstat(file).st_size != before:
            os.ftruncate(file, before)
        raise


def append(folder: Path, step: int, values: Mapping[str, float]) -> None:
    """Add points without keeping the file open; `Writer` is for many."""
    writer = Writer(folder)
    try:
        writer.append(step, values)
    finally:
        writer.close()


def count(folder: Path) -> int:
    """How many whole points the attempt has."""
    try:
        return (folder / FILE).stat().st_size // RECORD.itemsize
    except FileNotFoundError:
        return 0


def read(folder: Path, first: int, count: int) -> list[Point]:
    """`count` points from number `first` on as `(name, step, value)`; not a number is None."""
    records = _records(folder, first, count)
    names = _read_names(folder)
    return [
        (names[name], step, value if math.isfinite(value) else None)
        for name, step, value in zip(
            records["name"].tolist(),
            records["step"].tolist(),
            records["value"].tolist(),
            strict=True,
        )
    ]


def curve(
    attempts: Iterable[Extent], names: Collection[str] | None, max_points: int
) -> list[Series]:
    """The curves of a job, in the order in which its metrics first appeared.

    Attempts are merged by step: a later attempt replaces everything from its first step on.
    Each series is thinned to about `max_points`, at least 4: first and last point, and per
    bucket of equally many points the lowest, the highest, and one that is not a number.
    """
    pieces: dict[str, list[Piece]] = {}
    for extent in attempts:
        folder = Path(extent.attempt_dir)
        records = _records(folder, 0, extent.points)
        if not len(records):
            continue
        known = _read_names(folder)
        begins = int(records["step"][0])
        pieces = {name: [_before(part, begins) for part in parts] for name, parts in pieces.items()}
        for name, piece in _split(records, known):
            pieces.setdefault(name, []).append(piece)
    return [
        _series(name, parts, max(4, max_points))
        for name, parts in pieces.items()
        if names is None or name in names
    ]


def _split(records: NDArray[np.void], known: list[str]) -> Iterator[tuple[str, Piece]]:
    """The points of each name, in the order of the names."""
    # Copied out first: on a field of 16-byte records every operation is several times slower.
    steps = np.ascontiguousarray(records["step"])
    values = np.ascontiguousarray(records["value"])
    if len(known) == 1:
        yield known[0], (steps, values)
        return
    numbers = np.ascontiguousarray(records["name"])
    for number, name in enumerate(known):
        chosen = np.flatnonzero(numbers == number)
        if len(chosen):
            yield name, (steps[chosen], values[chosen])


def _before(piece: Piece, step: int) -> Piece:
    kept = piece[0] < step
    return piece[0][kept], piece[1][kept]


def _series(name: str, parts: list[Piece], max_points: int) -> Series:
    steps, values = parts[0]
    if len(parts) > 1:
        steps = np.concatenate([part[0] for part in parts])
        values = np.concatenate([part[1] for part in parts])
    if not np.all(steps[1:] > steps[:-1]):
        # A metric given twice at one step: the later one counts.
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        last = np.append(steps[1:] != steps[:-1], True)
        steps, values = steps[last], values[last]
    kept = _thin(values, max_points)
    shown = values[kept]
    return Series(
        name=name,
        count=len(steps),
        steps=steps[kept].tolist(),
        values=[value if math.isfinite(value) else None for value in shown.tolist()],
    )


def _thin(values: NDArray[np.float64], max_points: int) -> NDArray[np.intp]:
    """Ascending indices of the points that a curve needs; see `curve`."""
    total = len(values)
    if total <= max_points:
        return np.arange(total)
    ends = np.array([0, total - 1])
    width = -(-total // ((max_points - 2) // 2))
    kept = np.concatenate(
        [ends, _picks(values, width, np.argmin), _picks(values, width, np.argmax)]
    )
    # Of a bucket with NaN both picks are the NaN; infinities are extremes: so any shows here.
    if not np.all(np.isfinite(values[kept])):
        bad = ~np.isfinite(values)
        width = -(-total // max(1, (max_points - 2) // 3))
        where = np.flatnonzero(bad)
        _, firsts = np.unique(where // width, return_index=True)
        low = _picks(np.where(bad, np.inf, values), width, np.argmin)
        high = _picks(np.where(bad, -np.inf, values), width, np.argmax)
        kept = np.concatenate([ends, low, high, where[firsts]])
    return np.unique(kept)


def _picks(values: NDArray[np.float64], width: int, pick: Any) -> NDArray[np.intp]:
    """Where `pick` (`np.argmin` or `np.argmax`) finds its value in each `width` values."""
    whole = len(values) // width
    picked = pick(values[: whole * width].reshape(whole, width), axis=1)
    found = picked + np.arange(0, whole * width, width)
    if whole * width < len(values):
        found = np.append(found, whole * width + pick(values[whole * width :]))
    return np.asarray(found, np.intp)


def _records(folder: Path, first: int, count: int) -> NDArray[np.void]:
    if count <= 0 or not (folder / FILE).exists():
        return np.zeros(0, RECORD)
    return np.fromfile(folder / FILE, RECORD, count=count, offset=first * RECORD.itemsize)


def _read_names(folder: Path) -> list[str]:
    try:
        text = (folder / NAMES).read_bytes()
    except FileNotFoundError:
        return []
    return text.decode("utf-8").split("\n")[:-1]
