"""What is found and counted in the rows of an import, block by block.

Owns the way of a block through `findings` and `analysis`, and the figures of the report. It must
not know files. Loading it loads numpy; the server does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from ..protocol.data import DatasetShape, DatasetStats
from ..protocol.quality import FindingCode
from .analysis import Analysis
from .blocks import Block
from .findings import BITS, FLAG_BYTES, Screen
from .problems import Problem

_ROWS_AT_ONCE = 1 << 20


@dataclass(slots=True)
class Screened:
    """What is known of the rows of a block: flags (uint32) and hashes (uint64) of each."""

    flags: bytes
    hashes: bytes
    labels: Counter[str]
    turns: int


@dataclass(slots=True)
class Taken:
    """A block that was screened and counted: what is to be written of it."""

    lines: bytes
    lengths: Sequence[int]
    flags: bytes
    problems: list[Problem]


class Survey:
    """Running figures of the rows of one dataset."""

    def __init__(self, shape: DatasetShape) -> None:
        self._screen = Screen(shape)
        self._analysis = Analysis(shape)

    @property
    def labels(self) -> Counter[str]:
        """How often each label came."""
        return self._analysis.labels

    def take(self, block: Block) -> Taken:
        """Screen and count a block, whose rows follow those before it."""
        flags = b""
        if block.lengths:
            found = self.screen(block)
            self.note(found)
            flags = found.flags
        return Taken(block.lines, block.lengths, flags, block.problems)

    def screen(self, block: Block) -> Screened:
        """The part of `take` that another process may do, whose survey is then merged."""
        flags = self._screen.block(block.rows, block.texts)
        self._analysis.count(block.texts, self._screen.characters)
        return Screened(
            flags=flags.astype("<u4").tobytes(),
            hashes=self._screen.take_hashes().tobytes(),
            labels=Counter(block.labels),
            turns=block.turns,
        )

    def note(self, found: Screened) -> None:
        """The part of `take` for which blocks have to come in their order."""
        self._screen.add_hashes(np.frombuffer(found.hashes, np.uint64))
        self._analysis.note(np.frombuffer(found.flags, "<u4"))
        self._analysis.labels.update(found.labels)
        self._analysis.turns += found.turns

    @property
    def counts(self) -> Analysis:
        """What `screen` has counted, to be merged elsewhere."""
        return self._analysis

    def merge(self, counts: Analysis) -> None:
        """Take over what the survey of another process has counted."""
        self._analysis.merge(counts)

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
