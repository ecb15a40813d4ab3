"""What is found and counted in the rows of an import, block by block.

Owns the way of a block through `findings` and the figures of `DatasetStats`. It must not know
files. Loading it loads numpy; the server does not.
"""

from __future__ import annotations

from collections import Counter
from typing import IO

import numpy as np

from ..protocol.data import DatasetShape, DatasetStats
from ..protocol.quality import FindingCode
from .blocks import Block
from .characters import ARABIC_SCRIPT, LETTERS
from .findings import BITS, Screen

_ROWS_AT_ONCE = 1 << 20


class Survey:
    """Running figures of the rows of one dataset."""

    def __init__(self, shape: DatasetShape) -> None:
        self.labels = Counter[str]()
        self._screen = Screen(shape)
        self._rows = self._characters = self._words = self._half_spaces = 0
        self._letters = self._arabic = self._longest = self._turns = 0

    def add(self, block: Block) -> bytes:
        """Count a block; the flags of its rows, uint32 each."""
        flags = self._screen.block(block.rows, block.texts)
        found = self._screen.characters
        lengths = [sum(map(len, one)) for one in block.texts]
        self._rows += len(lengths)
        self._characters += sum(lengths)
        self._longest = max(self._longest, *lengths)
        self._words += len(found.words[0])
        self._half_spaces += int(np.count_nonzero(found.units == 0x200C))
        self._letters += int(np.count_nonzero(found.kinds & LETTERS))
        self._arabic += int(np.count_nonzero(found.kinds & ARABIC_SCRIPT))
        self._turns += block.turns
        self.labels.update(block.labels)
        return flags.astype("<u4").tobytes()

    def stats(self) -> DatasetStats:
        """The figures of the report."""
        return DatasetStats(
            rows=self._rows,
            characters=self._characters,
            words=self._words,
            half_spaces=self._half_spaces,
            persian_share=round(self._arabic / self._letters, 4) if self._letters else 0.0,
            longest=self._longest,
            labels=dict(self.labels.most_common()),
            turns=self._turns,
        )

    def mark_duplicates(self, flags: IO[bytes]) -> None:
        """Set `DUPLICATE` in the file of all flags, whose rows are those that were added."""
        same = self._screen.duplicates()
        bit = np.uint32(BITS[FindingCode.DUPLICATE])
        for start in range(0, len(same), _ROWS_AT_ONCE):
            part = same[start : start + _ROWS_AT_ONCE]
            if not part.any():
                continue
            flags.seek(start * 4)
            old = np.frombuffer(flags.read(len(part) * 4), "<u4")
            flags.seek(start * 4)
            flags.write(np.where(part, old | bit, old).astype("<u4").tobytes())
