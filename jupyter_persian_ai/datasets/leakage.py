"""Finds rows of one dataset that are also in another: tests that training has seen.

Texts alone are compared, folded; a row that has another label there is a leak all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..protocol.quality import FindingCode, Leakage, LeakPair
from .analysis import ANALYSIS, remarked
from .canonical import texts_of
from .findings import FLAGS, text_hashes
from .likeness import BANDS, Likenesses, Sketches, distinct
from .stored import rows_at, stretches

SHOWN = 100
TEXT_CHARACTERS = 300
_MEASURED = 4096
#: Rows there with the same key that a row here is compared with.
_PARTNERS = 3

Numbers = NDArray[np.int64]


def compare(payload: dict[str, Any]) -> dict[str, Any]:
    """How many rows of `folder` are also in `other`: a `Leakage`.

    Args:
        payload: `folder`, `other`, `near` (also rows almost the same), `threshold`, and `mark`
            (whether to write the rows that were found to the flags of `folder`; not without it).

    """
    here, there = Path(payload["folder"]), Path(payload["other"])
    exact, rows, others = _same(here, there)
    like = np.full(rows, -1, np.int64)
    if payload.get("near", True):
        like = _alike(here, there, float(payload.get("threshold") or 0.8), exact >= 0)
    found = np.where(exact >= 0, exact, like)
    if payload.get("mark") and all((here / name).is_file() for name in (FLAGS, ANALYSIS)):
        remarked(here, FindingCode.LEAK, found >= 0)
    numbers = np.flatnonzero(found >= 0)[:SHOWN]
    return Leakage(
        rows=rows,
        other_rows=others,
        exact=int(np.count_nonzero(exact >= 0)),
        near=int(np.count_nonzero(like >= 0)),
        pairs=[
            LeakPair(
                row=number,
                other=other,
                exact=bool(exact[number] >= 0),
                text=_shown(one),
                other_text=_shown(two),
            )
            for number, other, one, two in zip(
                numbers.tolist(),
                found[numbers].tolist(),
                rows_at(here, numbers.tolist()),
                rows_at(there, found[numbers].tolist()),
                strict=True,
            )
        ],
    ).model_dump(mode="json")


def rows_also_in(here: Path, there: Path, *, near: bool, threshold: float) -> NDArray[np.bool_]:
    """Which rows of the folder `here` are also in `there`."""
    exact, _, _ = _same(here, there)
    if not near:
        return exact >= 0
    return (exact >= 0) | (_alike(here, there, threshold, exact >= 0) >= 0)


def _same(here: Path, there: Path) -> tuple[Numbers, int, int]:
    """Of each row here the first that is the same there, or -1; and how many rows both have."""
    ours, theirs = _hashes(here), _hashes(there)
    known, first = np.unique(theirs, return_index=True)
    at = np.minimum(np.searchsorted(known, ours), max(0, len(known) - 1))
    same = known[at] == ours if len(known) else np.zeros(len(ours), np.bool_)
    return np.where(same, first[at] if len(known) else -1, -1), len(ours), len(theirs)


def _hashes(folder: Path) -> NDArray[np.uint64]:
    found = [text_hashes(stretch.texts) for stretch in stretches(folder)]
    return np.concatenate([np.zeros(0, np.uint64), *found])


def _alike(here: Path, there: Path, threshold: float, known: NDArray[np.bool_]) -> Numbers:
    """Of each row here that is not `known`: the first that is almost the same there, or -1."""
    found = np.full(len(known), -1, np.int64)
    with Sketches(here, threshold) as ours, Sketches(there, threshold) as theirs:
        pairs = np.zeros(0, np.uint64)
        for band in range(BANDS):
            keys = theirs.band(band)
            order = np.argsort(keys, kind="stable")
            ranked, wanted = keys[order], ours.band(band)
            wanted[known] = 0
            begin = np.searchsorted(ranked, wanted)
            for step in range(_PARTNERS):
                at = np.minimum(begin + step, len(ranked) - 1)
                rows = np.flatnonzero((wanted != 0) & (ranked[at] == wanted) & (begin + step == at))
                made = rows.astype(np.uint64) << np.uint64(32) | order[at[rows]].astype(np.uint64)
                pairs = distinct(np.concatenate((pairs, made)))
    likenesses = Likenesses(here, there)
    for start in range(0, len(pairs), _MEASURED):
        some = pairs[start : start + _MEASURED]
        rows = (some >> np.uint64(32)).astype(np.int64)
        others = (some & np.uint64(0xFFFFFFFF)).astype(np.int64)
        good = likenesses.of(rows, others) >= threshold
        # Backwards, so that of several the first there is what stays.
        found[rows[good][::-1]] = others[good][::-1]
    return found


def _shown(row: dict[str, Any]) -> str:
    text = "\n".join(texts_of(row))
    return text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}…"
