"""Every metric point of an attempt: an append-only binary file.

A record is 16 bytes, little-endian: name number (u2), nothing (u2), step (u4), value (f8). The
names stand one a line in `metrics.names`, numbered from 0, each written before its first record.
Points never pass through SQL. A torn last record does not count. Full blocks of points are
summarised beside the file (`metrics_summary`); curves are made of both (`metrics_curve`).
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .metrics_summary import BLOCK, SummaryWriter

FILE = "metrics.bin"
NAMES = "metrics.names"
RECORD = np.dtype([("name", "<u2"), ("_", "<u2"), ("step", "<u4"), ("value", "<f8")])
MAX_NAMES = 2**16
MAX_STEP = 2**32 - 1

#: Full blocks that are summarised at once: alone, each would cost five times as much.
_SUMMARISED = 8

Point = tuple[str, int, float | None]


class Extent(NamedTuple):
    """How many points of one attempt count, and the step at which it began.

    `attempt_dir` is the absolute path of the attempt's folder; `started` and `ended` are when it
    worked, in seconds since 1970 (0 where nobody asked).
    """

    attempt: int
    attempt_dir: str
    points: int
    first_step: int | None
    started: float = 0.0
    ended: float = 0.0


class Writer:
    """Appends points to the files in `folder`; one process, one writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = {name: number for number, name in enumerate(read_names(folder))}
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.open(folder / FILE, flags, 0o600)
        _untear(self._file)
        #: By the names of a call: their numbers, and what packs their records; an array of a few
        #: would cost a hundred times as much.
        self._layouts: dict[tuple[str, ...], tuple[list[int], Callable[..., bytes]]] = {}
        self._due = 0
        self._count = count(folder)
        self._summaries = SummaryWriter(folder, self._count)
        self._summarise()

    def append(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point a name, all at `step` (0 to 2³²-1), in one write.

        Raises:
            ValueError: for a step out of range or more than 65,536 names.
            OSError: when it cannot be written; then nothing of it stays.

        """
        if not 0 <= step <= MAX_STEP:
            raise ValueError(f"step {step} is out of range")
        names = tuple(values)
        layout = self._layouts.get(names)
        if layout is None:
            numbers = [self._number(name) for name in names]
            layout = self._layouts[names] = numbers, struct.Struct("<" + "HHId" * len(names)).pack
        numbers, pack = layout
        fields: list[float] = []
        for number, value in zip(numbers, values.values(), strict=True):
            fields += (number, 0, step, value)
        write_whole(self._file, pack(*fields), self._count * RECORD.itemsize)
        self._count += len(names)
        if self._count >= self._due:
            self._summarise()

    def close(self) -> None:
        """Let the files go."""
        self._summarise()
        os.close(self._file)
        self._summaries.close()

    def _summarise(self) -> None:
        """Bring the sidecar up to the last full block."""
        first = self._summaries.blocks * BLOCK
        missing = self._count // BLOCK * BLOCK - first
        if missing > 0:
            self._summaries.add(_records(self._folder, first, missing))
        self._due = (self._summaries.blocks + _SUMMARISED) * BLOCK

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


def _untear(file: int) -> None:
    """Cut off a torn last record, or all that is appended would be out of step."""
    size = os.fstat(file).st_size
    if size % RECORD.itemsize:
        os.ftruncate(file, size - size % RECORD.itemsize)


def write_whole(file: int, data: bytes, before: int | None = None) -> None:
    """Append `data` in one write, or leave the file as it was and raise OSError.

    `before` is its size, for a writer that knows it.
    """
    if before is None:
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
    names = read_names(folder)
    return [
        (names[name], step, value if math.isfinite(value) else None)
        for name, step, value in zip(
            records["name"].tolist(),
            records["step"].tolist(),
            records["value"].tolist(),
            strict=True,
        )
    ]


def _records(folder: Path, first: int, count: int) -> NDArray[np.void]:
    if count <= 0 or not (folder / FILE).exists():
        return np.zeros(0, RECORD)
    return np.fromfile(folder / FILE, RECORD, count=count, offset=first * RECORD.itemsize)


def mapped(folder: Path, points: int) -> NDArray[np.void]:
    """The first `points` records without reading them: pages come as they are looked at."""
    there = min(points, count(folder))
    if there <= 0:
        return np.zeros(0, RECORD)
    return np.memmap(folder / FILE, RECORD, mode="r", shape=(there,))


def read_names(folder: Path) -> list[str]:
    """The names in the order of their numbers."""
    try:
        text = (folder / NAMES).read_bytes()
    except FileNotFoundError:
        return []
    return text.decode("utf-8").split("\n")[:-1]
