"""Which part of a split each row belongs to.

What holds of every split: each row is in exactly one part; rows of the same texts (folded) are in
the same one, so that no test asks what training has said; each label has the same shares where
labels are given; and the answer depends on the texts, labels and the seed alone, not on the order
of the rows or on the machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .characters import mixed


def part_of_rows(
    hashes: NDArray[np.uint64], labels: NDArray[np.int32], shares: Sequence[float], seed: int
) -> NDArray[np.int8]:
    """The number of the part of each row.

    Args:
        hashes: of the texts of each row, equal for equal contents; shape (rows,).
        labels: a number for the label of each row, the same everywhere without; shape (rows,).
        shares: of each part, in order; they sum to 1.
        seed: another one gives another split.

    """
    contents, first, of_row, sizes = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    drawn = mixed(contents ^ mixed(np.array([seed & (1 << 64) - 1], np.uint64)))
    bounds = np.cumsum(np.asarray(shares, np.float64))
    # The last bound is 1 but for rounding, and every content needs a part.
    bounds[-1] = np.inf
    parts = np.zeros(len(contents), np.int8)
    # A content belongs to the stratum of the first row that has it.
    strata = labels[first]
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        members = members[np.argsort(drawn[members], kind="stable")]
        ends = np.cumsum(sizes[members])
        middles = (ends - sizes[members] / 2) / ends[-1]
        parts[members] = np.searchsorted(bounds, middles, side="right")
    return parts[of_row]
