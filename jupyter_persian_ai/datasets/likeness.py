"""How alike two rows are, and which rows of many may be alike: word triples, MinHash and bands.

Owns the measure (Jaccard similarity of the sets of folded word triples; punctuation is no word, a
row of one or two words is its own triple) and the sketches by which candidates are found without
comparing all with all (Broder 1997; bands as in Leskovec and others, Mining of Massive Datasets,
chapter 3). Sketches lie on disk, band after band: 8 bytes a row are held at a time. A candidate is
only that; whoever uses them asks `Likenesses` for the real similarity.

Why our own and not a library: those keep every signature and every band's table as objects in
memory, and hash word by word. On 300,000 rows (`tests/bench/near_duplicates.py`, one core) ours
took 6.5 s and 37 MB and found 99.8 % of the planted pairs; rensa 0.5 took 14 s and 666 MB and found
94 %, because it takes the sketch's word for the similarity; datasketch 2.0 took 93 s and 813 MB and
found 77 %. A million rows of 375 MB took 25 s and 70 MB.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from .canonical import texts_of
from .characters import DIGIT, Characters, Hashes, mixed, span_hashes, word_units
from .stored import offsets, rows_at, stretches

BANDS = 16
#: Of pairs that are just alike enough, at least this share is found.
_RECALL = 0.98
_MOST_A_BAND = 8

Seen = Callable[[int], None]
Numbers = NDArray[np.int64]


def rows_a_band(threshold: float) -> int:
    """How many minima make a band: the most (up to 8) with which `_RECALL` is reached."""
    return max(
        [1]
        + [
            rows
            for rows in range(1, _MOST_A_BAND + 1)
            if 1 - (1 - threshold**rows) ** BANDS >= _RECALL
        ]
    )


def triples(texts: Sequence[Sequence[str]]) -> tuple[Hashes, Numbers]:
    """64 bits of each triple of words, and where those of each row begin; shape (rows + 1,)."""
    block = Characters(texts)
    words = np.take(word_units(), block.units) | (block.kinds & DIGIT != 0)
    padded = np.concatenate(([False], words, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    hashes = span_hashes(block.units, edges[::2], edges[1::2], folding=True)
    first = np.searchsorted(edges[::2], np.append(block.starts, len(block.units)))
    counts = np.diff(first)
    made = np.where(counts > 2, counts - 2, np.minimum(counts, 1))
    bounds = np.concatenate(([0], np.cumsum(made)))
    # The word that each triple begins with, and how many more its row has for it.
    row = np.repeat(np.arange(block.rows), made)
    begin = np.arange(len(row)) - bounds[row] + first[row]
    end = first[row + 1]
    whole = hashes[begin] * np.uint64(3)
    for step, odd in ((1, 5), (2, 7)):
        at = np.minimum(begin + step, len(hashes) - 1)
        whole += np.where(begin + step < end, hashes[at] * np.uint64(odd), np.uint64(step))
        whole = mixed(whole)
    return whole, bounds


def minima(found: Hashes, bounds: Numbers, rows: int) -> NDArray[np.uint64]:
    """The keys of each row's bands; shape (BANDS, rows). 0 where a row has no word."""
    keys = np.zeros((BANDS, len(bounds) - 1), np.uint64)
    filled = np.flatnonzero(np.diff(bounds))
    if not len(filled):
        return keys
    starts = bounds[filled]
    short = (found >> np.uint64(32)).astype(np.uint32)
    factors, terms = _permutations(rows * BANDS)
    for band in range(BANDS):
        key = np.full(len(filled), band + 1, np.uint64)
        for place in range(band * rows, (band + 1) * rows):
            least = np.minimum.reduceat(short * factors[place] + terms[place], starts)
            key = mixed(key ^ least.astype(np.uint64))
        keys[band, filled] = key | np.uint64(1)
    return keys


def _permutations(count: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    random = np.random.Generator(np.random.PCG64(0xFA))  # fixed: the same candidates every time
    pairs = random.integers(0, 1 << 32, (2, BANDS * _MOST_A_BAND), np.uint32)
    return (pairs[0] | np.uint32(1))[:count], pairs[1][:count]


class Sketches:
    """The band keys of the rows of one folder, in a temporary folder of its own."""

    def __init__(self, folder: Path, threshold: float, seen: Seen | None = None) -> None:
        self.folder = folder
        self.rows = len(offsets(folder))
        self._each = rows_a_band(threshold)
        self._seen = seen
        self._space = Path()

    def __enter__(self) -> Self:
        """Read the rows and write the keys."""
        self._space = Path(tempfile.mkdtemp(prefix="bands-"))
        handles: list[BinaryIO] = []
        try:
            handles += [(self._space / str(band)).open("wb") for band in range(BANDS)]
            for stretch in stretches(self.folder):
                keys = minima(*triples(stretch.texts), self._each)
                for handle, of_band in zip(handles, keys, strict=True):
                    handle.write(of_band.tobytes())
                if self._seen is not None:
                    self._seen(stretch.first + len(stretch.lines))
        except BaseException:
            shutil.rmtree(self._space, ignore_errors=True)
            raise
        finally:
            for handle in handles:
                handle.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the keys."""
        shutil.rmtree(self._space, ignore_errors=True)

    def band(self, number: int) -> NDArray[np.uint64]:
        """The keys of one band; shape (rows,)."""
        return np.fromfile(self._space / str(number), np.uint64)


class Likenesses:
    """Real similarities of rows of two folders (or of one, given twice), many at a time."""

    def __init__(self, here: Path, there: Path) -> None:
        self._here, self._there = here, there

    def of(self, ones: Numbers, others: Numbers) -> NDArray[np.float64]:
        """The similarity of row `ones[k]` here and `others[k]` there, 0 to 1; shape as theirs."""
        left, right = _sets(self._here, ones), _sets(self._there, others)
        found = np.zeros(len(ones))
        for place, (one, other) in enumerate(zip(ones.tolist(), others.tolist(), strict=True)):
            found[place] = jaccard(left[one], right[other])
        return found


def jaccard(one: Hashes, other: Hashes) -> float:
    """Of two sets, each without repeats: what they share of what they have together."""
    if not len(one) or not len(other):
        return 0.0
    both = np.sort(np.concatenate((one, other)))
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)


def distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each value once, in order; `np.unique` hashes, and pairs of small numbers make that slow."""
    ranked = np.sort(values)
    fresh = np.ones(len(ranked), np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=fresh[1:])
    return ranked[fresh]


def _sets(folder: Path, numbers: Numbers) -> dict[int, Hashes]:
    wanted = np.unique(numbers).tolist()
    found, bounds = triples([texts_of(row) for row in rows_at(folder, wanted)])
    return {
        number: distinct(found[bounds[at] : bounds[at + 1]]) for at, number in enumerate(wanted)
    }
