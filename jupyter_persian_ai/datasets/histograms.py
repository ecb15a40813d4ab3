"""Counts how large things are, without keeping the sizes.

Owns the scale: each whole number to 255 has its own count, above it each octave has 64, so that a
quantile of large sizes is right to about one in a hundred. The memory does not grow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..protocol.quality import Histogram

_EXACT = 256
_PER_OCTAVE = 64
_OCTAVES = 32
#: A figure has at most about this many bars.
_BARS = 30


class Sizes:
    """Running counts of sizes (whole numbers from 0)."""

    def __init__(self) -> None:
        self._counts = np.zeros(_EXACT + _PER_OCTAVE * _OCTAVES, np.int64)
        self.total = 0
        self.most = 0

    def add(self, sizes: NDArray[np.int64]) -> None:
        """Count these."""
        if not len(sizes):
            return
        places = sizes.copy()
        large = sizes >= _EXACT
        if large.any():
            octaves = np.log2(sizes[large] / _EXACT) * _PER_OCTAVE
            places[large] = np.minimum(_EXACT + octaves.astype(np.int64), len(self._counts) - 1)
        self._counts += np.bincount(places, minlength=len(self._counts))
        self.total += len(sizes)
        self.most = max(self.most, int(sizes.max()))

    def merge(self, other: Sizes) -> None:
        """Count what another one has counted."""
        self._counts += other._counts
        self.total += other.total
        self.most = max(self.most, other.most)

    def quantile(self, share: float) -> float:
        """The size that this share of all is not above; 0 of none."""
        if not self.total:
            return 0.0
        sums = np.cumsum(self._counts)
        place = int(np.searchsorted(sums, max(1, int(np.ceil(share * self.total)))))
        return float(min(_sizes()[place], self.most))

    def histogram(self) -> Histogram:
        """Bars of equal width, as many as a figure shows; the last holds the long tail too."""
        if not self.total:
            return Histogram(edges=[], counts=[])
        top = self.quantile(0.99)
        width = _nice(max(1.0, (top + 1) / _BARS))
        # Two edges at least, also where everything is of size 0.
        edges = np.arange(0.0, max(top + width, 1.5 * width), width)
        places = np.minimum((_sizes() / width).astype(np.int64), len(edges) - 2)
        counts = np.bincount(places, weights=self._counts, minlength=len(edges) - 1)
        edges[-1] = max(edges[-1], self.most + 1.0)
        return Histogram(
            edges=edges.tolist(),
            counts=counts.astype(np.int64).tolist(),
            median=self.quantile(0.5),
            p95=self.quantile(0.95),
        )


def _sizes() -> NDArray[np.float64]:
    """The least size that each count stands for."""
    above = np.arange(_PER_OCTAVE * _OCTAVES)
    return np.concatenate((np.arange(_EXACT), np.ceil(_EXACT * 2 ** (above / _PER_OCTAVE))))


def _nice(width: float) -> float:
    """1, 2 or 5 times a power of ten: the least that is not below `width`."""
    power = 10 ** np.floor(np.log10(width))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width))
