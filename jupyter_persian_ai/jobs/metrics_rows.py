"""Every point of a job, one row a step, for exports.

Reads the attempts' files a piece at a time, so a job of any length fits in memory. Points of one
step that stand together in the file make one row. Owns the merging of attempts for this reading:
a later attempt replaces everything from its first step on, as in `metrics_curve`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .metrics_file import MAX_STEP, Extent, mapped, read_names

#: Records of one piece.
PIECE = 16_384


class Row(NamedTuple):
    """The values of one step, by the place of their name in `names`."""

    step: int
    values: dict[int, float]
    #: When that was, in seconds since 1970: from the attempt's begin and end, for points have no
    #: time of their own.
    time: float


def names(extents: Sequence[Extent]) -> list[str]:
    """The metrics of a job, in the order in which they first appeared."""
    known = [name for extent in extents for name in read_names(Path(extent.attempt_dir))]
    return list(dict.fromkeys(known))


def rows(extents: Sequence[Extent]) -> Iterator[list[Row]]:
    """All rows in lists; `extents` are those of all attempts, oldest first."""
    place = {name: number for number, name in enumerate(names(extents))}
    cuts = _cuts(extents)
    for extent, cut in zip(extents, cuts, strict=True):
        folder = Path(extent.attempt_dir)
        records = mapped(folder, extent.points)
        here = [place[name] for name in read_names(folder)]
        pace = (extent.ended - extent.started) / max(1, len(records))
        made: list[Row] = []
        for begin in range(0, len(records), PIECE):
            piece = records[begin : begin + PIECE]
            points = zip(
                piece["name"].tolist(), piece["step"].tolist(), piece["value"].tolist(), strict=True
            )
            for offset, (name, step, value) in enumerate(points, begin):
                if step >= cut:
                    continue
                if not made or made[-1].step != step:
                    made.append(Row(step, {}, extent.started + pace * offset))
                made[-1].values[here[name]] = value
            if len(made) > 1:  # the last row may go on in the next piece
                yield made[:-1]
                made = made[-1:]
        if made:
            yield made


def _cuts(extents: Sequence[Extent]) -> list[int]:
    """For each attempt the step from which on later ones replace it."""
    cut, found = MAX_STEP + 1, list[int]()
    for extent in reversed(extents):
        found.append(cut)
        first = mapped(Path(extent.attempt_dir), min(1, extent.points))
        if len(first):
            cut = min(cut, int(np.asarray(first["step"])[0]))
    return found[::-1]
