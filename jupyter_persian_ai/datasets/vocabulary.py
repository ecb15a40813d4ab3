"""Counts the different words of a text of any size in bounded memory.

Up to `EXACT_UNITS` of text every word is counted. After that the number of different words is
estimated by linear counting (Whang and others, 1990: which slots of a table the words' hashes have
met), which is right to a fraction of a percent for the millions of words that a language has, and
how often each word comes is counted in one block of `SAMPLED_EACH`.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ..protocol.quality import WordCount
from .characters import Characters, Hashes, Units, mixed, text_of, units_of, word_units

#: About 20 MB of Persian in UTF-8.
EXACT_UNITS = 12_000_000
SAMPLED_EACH = 16
#: 16 MiB; and the words whose counts are kept, some tens of MB.
_SLOTS = 1 << 24
_MOST_KEPT = 400_000
SHOWN = 50
_SPACE = 0x20


class Vocabulary:
    """Running counts of words: letters and half-spaces without punctuation, digits and marks."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._slots: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
        self._blocks = 0
        self._units = 0
        self._words = self._counted = 0

    def add(self, characters: Characters) -> None:
        """Count the words of a block."""
        self._blocks += 1
        self._units += len(characters.units)
        letters = np.take(word_units(), characters.units)
        if self._slots is None:
            self._count(characters, letters)
            if self._units > EXACT_UNITS or len(self._counts) > _MOST_KEPT:
                self._estimate_from_here()
            return
        padded = np.concatenate(([False], letters, [False]))
        edges = np.flatnonzero(padded[1:] != padded[:-1])
        hashes = _marks(characters.units, edges[::2], edges[1::2])
        self._slots[(hashes >> np.uint64(40)).astype(np.int64)] = True
        self._words += len(hashes)
        if self._blocks % SAMPLED_EACH == 0:
            self._count(characters, letters, seen=False)

    def merge(self, other: Vocabulary) -> None:
        """Count what another one has counted of other blocks."""
        self._counts.update(other._counts)
        self._blocks += other._blocks
        self._units += other._units
        self._words += other._words
        self._counted += other._counted
        if self._slots is None and other._slots is None and self._units <= EXACT_UNITS:
            return
        if self._slots is None:
            self._estimate_from_here()
        if other._slots is None:
            other._estimate_from_here()
        if self._slots is not None and other._slots is not None:
            self._slots |= other._slots

    @property
    def exact(self) -> bool:
        """Whether every word was counted."""
        return self._slots is None

    @property
    def size(self) -> int:
        """How many different words there are; estimated when not `exact`."""
        if self._slots is None:
            return len(self._counts)
        empty = _SLOTS - int(np.count_nonzero(self._slots))
        return round(_SLOTS * math.log(_SLOTS / max(1, empty)))

    def most(self) -> list[WordCount]:
        """The most frequent words; counts scaled up from what was counted when not `exact`."""
        scale = self._words / self._counted if self._counted else 1.0
        first = sorted(self._counts.items(), key=lambda one: (-one[1], one[0]))[:SHOWN]
        return [WordCount(word=word, count=round(count * scale)) for word, count in first]

    def _count(
        self,
        characters: Characters,
        letters: np.ndarray[tuple[int], np.dtype[np.bool_]],
        *,
        seen: bool = True,
    ) -> None:
        words = text_of(np.where(letters, characters.units, np.uint16(_SPACE))).split()
        self._counts.update(words)
        self._counted += len(words)
        if seen:
            self._words += len(words)
        if len(self._counts) > 2 * _MOST_KEPT:
            self._counts = Counter(dict(self._counts.most_common(_MOST_KEPT // 2)))

    def _estimate_from_here(self) -> None:
        units = units_of(" ".join(self._counts))
        padded = np.concatenate(([True], units == _SPACE, [True]))
        edges = np.flatnonzero(padded[1:] != padded[:-1])
        hashes = _marks(units, edges[::2], edges[1::2])
        self._slots = np.zeros(_SLOTS, np.bool_)
        self._slots[(hashes >> np.uint64(40)).astype(np.int64)] = True


def _marks(units: Units, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Hashes:
    """64 bits of each word, from its length, its first four units and its last four.

    That is half the cost of hashing all of it, and of a thousand words hardly two share these.
    """
    padded = np.concatenate((units, np.zeros(4, np.uint16)))
    # Four units at each place, as one number: two bytes on is the next.
    fours = np.ndarray((len(units),), np.uint64, padded, strides=(2,))
    lengths = ends - starts
    masks = np.array([(1 << 16 * count) - 1 for count in range(5)], np.uint64)
    mask = masks[np.minimum(lengths, 4)]
    found = (fours[starts] & mask) * np.uint64(0x9E3779B97F4A7C15)
    found ^= (fours[np.maximum(ends - 4, starts)] & mask) * np.uint64(0xC2B2AE3D27D4EB4F)
    return mixed(found + lengths.astype(np.uint64))
