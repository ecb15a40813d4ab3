"""What blocks of a metrics file hold, in brief, so that a curve need not read every point.

A sidecar of `metrics.bin`, written by the same writer: for each block of 512 records one summary
of 64 bytes a metric in it, with first, last, lowest and highest point. It is derived, so it may be
missing, behind or torn: whoever reads it learns how many blocks it surely covers and reads the
rest from the points themselves. It must never be the only place that holds a point.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "metrics.summary"
#: Records of a block; a block is summarised when it is full.
BLOCK = 512
#: Flags: the steps ascend strictly; a value is finite; a value is not.
ASCENDS, FINITE, BAD = 1, 2, 4

SUMMARY = np.dtype(
    [
        ("block", "<u4"),
        ("name", "<u2"),
        ("count", "<u2"),
        ("first_step", "<u4"),
        ("last_step", "<u4"),
        ("low_step", "<u4"),
        ("high_step", "<u4"),
        ("bad_step", "<u4"),
        ("flags", "<u4"),
        ("first", "<f8"),
        ("last", "<f8"),
        ("low", "<f8"),
        ("high", "<f8"),
    ]
)

Summaries = NDArray[np.void]


def summarise(records: NDArray[np.void], first_block: int) -> Summaries:
    """Summaries of `records` (whole blocks, in the layout of `metrics_file.RECORD`), by block.

    `first_block` is the number of the first of them in its file.
    """
    if not len(records):
        return np.zeros(0, SUMMARY)
    block = np.arange(len(records)) // BLOCK
    key = block * (1 << 16) + records["name"]
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    counts = np.diff(np.append(starts, len(key)))
    ends = starts + counts - 1
    steps = np.ascontiguousarray(records["step"])[order]
    values = np.ascontiguousarray(records["value"])[order]
    finite = np.isfinite(values)
    usable = np.where(finite, values, np.nan)

    made = np.zeros(len(starts), SUMMARY)
    made["block"] = (key[starts] >> 16) + first_block
    made["name"] = key[starts] & 0xFFFF
    made["count"] = counts
    made["first_step"], made["last_step"] = steps[starts], steps[ends]
    made["first"], made["last"] = values[starts], values[ends]
    made["low"] = low = np.fmin.reduceat(usable, starts)
    made["high"] = high = np.fmax.reduceat(usable, starts)
    made["low_step"] = steps[_first(usable == np.repeat(low, counts), starts)]
    made["high_step"] = steps[_first(usable == np.repeat(high, counts), starts)]
    made["bad_step"] = steps[_first(~finite, starts)]
    climbs = np.append(True, steps[1:] > steps[:-1])
    climbs[starts] = True
    made["flags"] = (
        ASCENDS * np.logical_and.reduceat(climbs, starts)
        + FINITE * np.logical_or.reduceat(finite, starts)
        + BAD * np.logical_or.reduceat(~finite, starts)
    )
    return made


def _first(wanted: NDArray[np.bool_], starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where in each stretch the first `wanted` is; the stretch's start when there is none."""
    last = len(wanted)
    place = np.where(wanted, np.arange(last), last)
    found = np.minimum.reduceat(place, starts)
    return np.asarray(np.where(found < np.append(starts[1:], last), found, starts), np.intp)


class SummaryWriter:
    """Keeps the sidecar in `folder` up to its metrics file; one process, one writer."""

    def __init__(self, folder: Path, points: int) -> None:
        """`points` is how many the metrics file has: what goes beyond them is forgotten."""
        sound, self.blocks = read(folder, points)
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = os.open(folder / FILE, flags, 0o600)
        self._end = len(sound) * SUMMARY.itemsize
        os.ftruncate(self._file, self._end)

    def add(self, records: NDArray[np.void]) -> None:
        """Summarise the next whole blocks. Never raises: the points are safe without it."""
        try:
            data = summarise(records, self.blocks).tobytes()
            os.lseek(self._file, self._end, os.SEEK_SET)
            if os.write(self._file, data) == len(data):
                self._end += len(data)
                self.blocks += len(records) // BLOCK
            os.ftruncate(self._file, self._end)
        except OSError:
            return  # what is missing here is read from the points, and tried again later

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)


def read(folder: Path, points: int) -> tuple[Summaries, int]:
    """Summaries in `folder`, and how many whole blocks of the first `points` they cover."""
    found = _stored(folder / FILE)
    found = found[found["block"] < points // BLOCK] if len(found) else found
    return _sound(found)


def _stored(path: Path) -> Summaries:
    try:
        return np.fromfile(path, SUMMARY)
    except FileNotFoundError:
        return np.zeros(0, SUMMARY)


def _sound(found: Summaries) -> tuple[Summaries, int]:
    """The longest beginning whose blocks are all there and whole, and how many blocks it has."""
    if not len(found):
        return found, 0
    block = np.ascontiguousarray(found["block"])
    starts = np.flatnonzero(np.append(True, block[1:] != block[:-1]))
    held: Any = np.add.reduceat(found["count"].astype(np.int64), starts)
    good = (block[starts] == np.arange(len(starts))) & (held == BLOCK)
    whole = len(starts) if good.all() else int(np.argmin(good))
    return found[: starts[whole]] if whole < len(starts) else found, whole
