"""Finds rows of one dataset that are almost the same as an earlier row.

Owns which of them count: a row whose similarity to an earlier row that stays reaches the threshold
(a candidate is always measured, never taken on trust). Rows that are, folded, the very same are
duplicates and not near ones. The same rows give the same answer. Similar pairs may be missed, one
in fifty at the threshold and fewer above it; see `likeness`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..protocol.quality import FindingCode
from .analysis import ANALYSIS, Tick, analyse_folder, remarked
from .findings import FLAGS, mark_duplicates, row_hashes
from .likeness import BANDS, Likenesses, Sketches, distinct
from .stored import offsets, stretches

THRESHOLD = 0.8
#: Pairs that are measured at a time.
_MEASURED = 4096
#: In a heap of rows with the same key, each is compared with the first and with so many before it.
_BEFORE = 4

Seen = Callable[[int], None]


def near_duplicates(
    folder: Path, threshold: float = THRESHOLD, seen: Seen | None = None
) -> NDArray[np.bool_]:
    """Which rows are almost the same as an earlier one that is not itself a duplicate.

    Holds about 25 bytes a row and 8 for each candidate.
    """
    again = mark_duplicates(_hashes(folder))
    with Sketches(folder, threshold, seen) as sketches:
        pairs = _candidates(sketches, again)
    near = np.zeros(len(again), np.bool_)
    likenesses = Likenesses(folder, folder)
    for start in range(0, len(pairs), _MEASURED):
        some = pairs[start : start + _MEASURED]
        later = (some >> np.uint64(32)).astype(np.int64)
        earlier = (some & np.uint64(0xFFFFFFFF)).astype(np.int64)
        # The first partner of each, where it is judged already, first: in a heap of rows that are
        # all alike the other partners need not be measured then.
        first = np.concatenate(([True], later[1:] != later[:-1])) & (earlier < later[0])
        first &= ~near[later] & ~near[earlier]
        near[later[first][likenesses.of(later[first], earlier[first]) >= threshold]] = True
        rest = ~first & ~near[later] & ~near[earlier]
        later, earlier = later[rest], earlier[rest]
        alike = likenesses.of(later, earlier) >= threshold
        # In order of the later row, so that an earlier one is judged before it is compared with.
        for one, other in zip(later[alike].tolist(), earlier[alike].tolist(), strict=True):
            near[one] |= not near[other]
    return near


def mark(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Find near-duplicates in `payload["folder"]` and write them to its flags and analysis.

    Args:
        payload: `folder`, and `threshold` (of similarity, 0.8 without).
        tick: told rows read, all rows, and rows read.

    Returns:
        `{"rows": int, "near_duplicates": int}`.

    """
    folder = Path(payload["folder"])
    if not all((folder / name).is_file() for name in (FLAGS, ANALYSIS)):
        analyse_folder({"folder": str(folder)})
    rows = len(offsets(folder))

    def seen(done: int) -> None:
        if tick is not None:
            tick(done, rows, done)

    found = near_duplicates(folder, float(payload.get("threshold") or THRESHOLD), seen)
    remarked(folder, FindingCode.NEAR_DUPLICATE, found)
    return {"rows": rows, "near_duplicates": int(np.count_nonzero(found))}


def _hashes(folder: Path) -> NDArray[np.uint64]:
    found = [row_hashes(stretch.rows, stretch.texts) for stretch in stretches(folder)]
    return np.concatenate([np.zeros(0, np.uint64), *found])


def _candidates(sketches: Sketches, left_out: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pairs that share a band's key, the later row in the upper half; sorted, each once."""
    pairs = np.zeros(0, np.uint64)
    for band in range(BANDS):
        keys = sketches.band(band)
        keys[left_out] = 0
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        same = (ranked[1:] == ranked[:-1]) & (ranked[1:] != 0)
        if not same.any():
            continue
        # Of each row: the place of the first with its key.
        fresh = np.concatenate(([True], ~same))
        first = np.maximum.accumulate(np.where(fresh, np.arange(len(keys)), 0))
        members = np.flatnonzero(same) + 1
        for back in range(_BEFORE + 1):
            partner = first[members] if back == 0 else members - back
            good = partner >= first[members]
            later, earlier = order[members[good]], order[partner[good]]
            made = later.astype(np.uint64) << np.uint64(32) | earlier.astype(np.uint64)
            pairs = distinct(np.concatenate((pairs, made)))
    return pairs
