"""Curves of a job, drawn-ready: attempts merged, each series thinned with its extremes kept.

Owns what a curve keeps. Long files are read through their summaries (`metrics_summary`) and only
where those are too coarse, or missing, through their points, so that a curve of a million points
costs a few milliseconds however many metrics share the file. Writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..protocol.jobs import Series
from . import metrics_summary
from .metrics_file import MAX_STEP, Extent, mapped, read_names
from .metrics_summary import ASCENDS, BAD, BLOCK, FINITE, Summaries

#: Steps and values of one metric, equally long.
Piece = tuple[NDArray[np.uint32], NDArray[np.float64]]


class _Part(NamedTuple):
    """What one attempt gives to one metric, before step `cut`."""

    records: NDArray[np.void]
    number: int
    #: Of whole blocks that lie before the cut.
    brief: Summaries
    #: Points of what no summary stands for: a block that is cut, and the end of the file.
    rest: Piece

    @property
    def total(self) -> int:
        """How many points these are."""
        return int(self.brief["count"].sum()) + len(self.rest[0])

    def exact(self) -> Piece:
        """Every point."""
        if not len(self.brief):
            return self.rest
        if self.brief["count"].max() <= 2:  # then first and last are all there is
            two = self.brief[self.brief["count"] == 2]
            steps = [self.brief["first_step"], two["last_step"], self.rest[0]]
            values = [self.brief["first"], two["last"], self.rest[1]]
            return np.concatenate(steps), np.concatenate(values)
        blocks = self.brief["block"].astype(np.intp)
        whole = self.records[: int(blocks[-1] + 1) * BLOCK].reshape(-1, BLOCK)
        chosen = whole if len(blocks) == len(whole) else whole[blocks]
        piece = _of(chosen.reshape(-1), self.number)
        return np.concatenate([piece[0], self.rest[0]]), np.concatenate([piece[1], self.rest[1]])


def curve(
    attempts: Iterable[Extent], names: Collection[str] | None, max_points: int
) -> list[Series]:
    """The curves of a job, in the order in which its metrics first appeared.

    Attempts are merged by step: a later attempt replaces everything from its first step on.
    Each series is thinned to about `max_points`, at least 4: first and last point, and per
    bucket of about equally many points the lowest, the highest, and one that is not a number.
    """
    parts: dict[str, list[_Part]] = {}
    cut = MAX_STEP + 1
    order: list[list[str]] = []
    for extent in sorted(attempts, key=lambda one: -one.attempt):
        folder = Path(extent.attempt_dir)
        records = mapped(folder, extent.points)
        if not len(records):
            continue
        known = read_names(folder)
        order.append(known)
        wanted = {n: name for n, name in enumerate(known) if names is None or name in names}
        for number, part in _parts(folder, records, wanted, cut).items():
            parts.setdefault(wanted[number], []).insert(0, part)
        cut = min(cut, int(records["step"][0]))
    ordered = dict.fromkeys(name for known in reversed(order) for name in known)
    made = (_series(name, parts[name], max(4, max_points)) for name in ordered if name in parts)
    return [series for series in made if series.count]


def _parts(
    folder: Path, records: NDArray[np.void], wanted: Collection[int], cut: int
) -> dict[int, _Part]:
    brief, covered = metrics_summary.read(folder, len(records))
    if not _ascends(brief):  # a metric given twice: only the points can tell which counts
        brief, covered = brief[:0], 0
    tail = records[covered * BLOCK :]
    split = _split(tail, wanted) if len(tail) else {}
    numbers = np.ascontiguousarray(brief["name"])
    found: dict[int, _Part] = {}
    for number in wanted:
        mine = brief[numbers == number]
        steps, values = split.get(number, _NONE)
        if cut <= MAX_STEP:
            kept = steps < cut
            steps, values = steps[kept], values[kept]
            torn = mine[(mine["first_step"] < cut) & (mine["last_step"] >= cut)]
            mine = mine[mine["last_step"] < cut]
            for block in torn["block"].tolist():
                piece = _of(records[block * BLOCK : (block + 1) * BLOCK], number)
                kept = piece[0] < cut
                steps = np.concatenate([piece[0][kept], steps])
                values = np.concatenate([piece[1][kept], values])
        if len(mine) or len(steps):
            found[number] = _Part(records, number, mine, (steps, values))
    return found


_NONE: Piece = (np.zeros(0, np.uint32), np.zeros(0, np.float64))


def _ascends(brief: Summaries) -> bool:
    """Whether each metric's steps ascend strictly through all its blocks."""
    if not len(brief):
        return True
    if not (brief["flags"] & ASCENDS).all():
        return False
    order = np.argsort(brief["name"], kind="stable")
    name = brief["name"][order]
    first, last = brief["first_step"][order], brief["last_step"][order]
    return bool(np.all((first[1:] > last[:-1]) | (name[1:] != name[:-1])))


def _split(records: NDArray[np.void], wanted: Collection[int]) -> dict[int, Piece]:
    """The points of each metric that is wanted."""
    # Copied out first: on a field of 16-byte records every operation is several times slower.
    steps = np.ascontiguousarray(records["step"])
    values = np.ascontiguousarray(records["value"])
    numbers = np.ascontiguousarray(records["name"])
    pieces: dict[int, Piece] = {}
    for number in wanted:
        chosen = np.flatnonzero(numbers == number)
        if len(chosen) == len(numbers):
            return {number: (steps, values)}
        if len(chosen):
            pieces[number] = steps[chosen], values[chosen]
    return pieces


def _of(records: NDArray[np.void], number: int) -> Piece:
    return _split(records, (number,)).get(number, _NONE)


def _series(name: str, parts: list[_Part], max_points: int) -> Series:
    count = sum(part.total for part in parts)
    blocks = sum(len(part.brief) for part in parts)
    bad = any((part.brief["flags"] & BAD).any() for part in parts)
    buckets = (max_points - 2) // (3 if bad else 2)
    if count <= max_points or blocks < buckets:
        return _from_points(name, [part.exact() for part in parts], max_points)
    width = -(-blocks // max(1, buckets))
    pieces = [piece for part in parts for piece in _picked(part, width)]
    steps = np.concatenate([piece[0] for piece in pieces])
    values = np.concatenate([piece[1] for piece in pieces])
    # A point may be picked more than once: as the first, as the lowest.
    steps, where = np.unique(steps, return_index=True)
    return _made(name, count, steps, values[where])


def _picked(part: _Part, width: int) -> list[Piece]:
    """The extremes of every `width` blocks, the ends, and the rest in buckets as large."""
    brief, (steps, values) = part.brief, part.rest
    if not len(brief):
        kept = _thin(values, max(4, 2 * (-(-len(values) // (width * BLOCK)))))
        return [(steps[kept], values[kept])]
    finite, bad = brief[brief["flags"] & FINITE > 0], brief[brief["flags"] & BAD > 0]
    low = finite[_picks(np.ascontiguousarray(finite["low"]), width, np.argmin)]
    high = finite[_picks(np.ascontiguousarray(finite["high"]), width, np.argmax)]
    bad = bad[np.unique(bad["block"] // width, return_index=True)[1]]
    each = max(4, 2 * (-(-len(values) * len(brief) // max(1, width * part.total))))
    kept = _thin(values, each)
    missing = np.full(len(bad), np.nan)
    return [
        (brief["first_step"][:1], brief["first"][:1]),
        (low["low_step"], low["low"]),
        (high["high_step"], high["high"]),
        (bad["bad_step"], missing),
        (brief["last_step"][-1:], brief["last"][-1:]),
        (steps[kept], values[kept]),
    ]


def _from_points(name: str, pieces: list[Piece], max_points: int) -> Series:
    steps, values = pieces[0]
    if len(pieces) > 1:
        steps = np.concatenate([piece[0] for piece in pieces])
        values = np.concatenate([piece[1] for piece in pieces])
    if not np.all(steps[1:] > steps[:-1]):
        # A metric given twice at one step: the later one counts.
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        last = np.append(steps[1:] != steps[:-1], True)
        steps, values = steps[last], values[last]
    kept = _thin(values, max_points)
    return _made(name, len(steps), steps[kept], values[kept])


def _made(name: str, count: int, steps: NDArray[Any], values: NDArray[np.float64]) -> Series:
    numbers = values.tolist()
    if not np.isfinite(values).all():
        numbers = [value if math.isfinite(value) else None for value in numbers]
    return Series.model_construct(name=name, count=count, steps=steps.tolist(), values=numbers)


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
