"""What is found and counted in the rows of an import, block by block.

Owns the way of a block through `findings` and `analysis`, and the figures of the report. It must
not know files. Loading it loads numpy; the server does not.
"""

from __future__ import annotations

from collections import Counter
from typing import IO

import numpy as np

from ..protocol.data import DatasetShape, DatasetStats
from ..protocol.quality import FindingCode
from .analysis import Analysis
from .blocks import Block
from .findings import BITS, FLAG_BYTES, Screen

_ROWS_AT_ONCE = 1 << 20


class Survey:
    """Running figures of the rows of one dataset."""

    def __init__(self, shape: DatasetShape) -> None:
        self._screen = Screen(shape)
        self._analysis = Analysis(shape)

    @property
    def labels(self) -> Counter[str]:
        """How often each label came."""
        return self._analysis.labels

    def add(self, block: Block) -> bytes:
        """Count a block; the flags of its rows, uint32 each."""
        flags = self._screen.block(block.rows, block.texts)
        self._analysis.labels.update(block.labels)
        self._analysis.turns += block.turns
        self._analysis.add_texts(block.texts, flags, self._screen.characters)
        return flags.astype("<u4").tobytes()

    def finish(self, flags: IO[bytes] | None, size: int) -> bytes:
        """The `analysis.json` of rows of `size` bytes; `flags` is the file of what `add` gave."""
        same = self._screen.duplicates()
        self._analysis.mark(FindingCode.DUPLICATE, same)
        bit = np.uint32(BITS[FindingCode.DUPLICATE])
        for start in range(0, len(same) if flags else 0, _ROWS_AT_ONCE):
            part = same[start : start + _ROWS_AT_ONCE]
            if flags is None or not part.any():
                continue
            flags.seek(start * FLAG_BYTES)
            old = np.frombuffer(flags.read(len(part) * FLAG_BYTES), "<u4")
            flags.seek(start * FLAG_BYTES)
            flags.write(np.where(part, old | bit, old).astype("<u4").tobytes())
        return self._analysis.finish(size).model_dump_json().encode()

    def stats(self) -> DatasetStats:
        """The figures of the report."""
        found = self._analysis
        return DatasetStats(
            rows=found.rows,
            characters=found.characters,
            words=found.words,
            half_spaces=found.half_spaces,
            persian_share=round(found.persian_share, 4),
            longest=found.longest,
            labels=dict(found.labels.most_common()),
            turns=found.turns,
        )
