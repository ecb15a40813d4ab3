"""What is known of a dataset: sizes, words, letters, labels, and how many rows have each finding.

Owns the one pass in which it is counted, in bounded memory, and the file `analysis.json` beside the
rows. `analyse_folder` makes it for content that was stored before there was such a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..protocol.data import DatasetShape
from ..protocol.quality import DatasetAnalysis, FindingCode, FindingCount
from . import findings
from .canonical import labels_of, turns_of
from .characters import ARABIC_SCRIPT, LETTERS, PAUSE, SPACE, Characters
from .histograms import Sizes
from .stored import flagged, replaced, shape_of, stretches
from .vocabulary import Vocabulary

#: The file beside `rows.jsonl`: a `DatasetAnalysis`.
ANALYSIS = "analysis.json"
#: Shapes whose rows have labels or tags.
LABELLED = frozenset({DatasetShape.TEXT_LABEL, DatasetShape.PAIR_LABEL, DatasetShape.TOKENS_TAGS})
SAMPLES = 5
_HALF_SPACE = 0x200C
_SENTENCE_ENDS = np.array([ord(one) for one in ".!?؟…"], np.uint16)

Tick = Callable[[int, int, Any], None]


class Analysis:
    """Running counts of a dataset of one shape; `add` each block of rows, then `finish`."""

    def __init__(self, shape: DatasetShape) -> None:
        self.shape = shape
        self.rows = 0
        self.turns = 0
        self.labels: Counter[str] = Counter()
        self._letters = self._persian = self._half_spaces = 0
        self._characters = self._words = self._sentences = self._longest = 0
        self._words_a_row, self._characters_a_row = Sizes(), Sizes()
        self._vocabulary = Vocabulary()
        self._found: dict[FindingCode, int] = {}
        self._samples: dict[FindingCode, list[int]] = {}

    def add(
        self,
        rows: Sequence[Mapping[str, Any]],
        texts: Sequence[Sequence[str]],
        flags: NDArray[np.uint32],
        characters: Characters | None = None,
    ) -> None:
        """Count a block of rows, in order.

        `texts` are those of `canonical.texts_of`; `flags` those of `findings.Screen`, whose
        `characters` save half of the work.
        """
        if self.shape in LABELLED:
            self.labels.update(label for row in rows for label in labels_of(row))
        if self.shape is DatasetShape.MESSAGES:
            self.turns += sum(map(turns_of, rows))
        self.add_texts(texts, flags, characters)

    def add_texts(
        self,
        texts: Sequence[Sequence[str]],
        flags: NDArray[np.uint32],
        characters: Characters | None = None,
    ) -> None:
        """As `add`, for whoever counts `labels` and `turns` otherwise."""
        self.count(texts, characters)
        self.note(flags)

    def count(self, texts: Sequence[Sequence[str]], characters: Characters | None = None) -> None:
        """What `add_texts` counts of texts in any order."""
        if not texts:
            return
        block = characters or Characters(texts)
        self._letters += int(np.count_nonzero(block.kinds & LETTERS))
        self._persian += int(np.count_nonzero(block.kinds & ARABIC_SCRIPT))
        self._half_spaces += int(np.count_nonzero(block.units == _HALF_SPACE))
        lengths = block.lengths - np.array([len(one) - 1 for one in texts])
        self._characters += int(lengths.sum())
        self._longest = max(self._longest, int(lengths.max()))
        self._characters_a_row.add(lengths)
        words = block.words_of_rows
        self._words += int(words.sum())
        self._words_a_row.add(words)
        self._sentences += _sentences(block)
        self._vocabulary.add(block)

    def note(self, flags: NDArray[np.uint32]) -> None:
        """What `add_texts` counts of rows in their order."""
        for code, bit in findings.BITS.items():
            self.mark(code, flags & np.uint32(bit) != 0, self.rows)
        self.rows += len(flags)

    def merge(self, other: Analysis) -> None:
        """Take over what another one has counted of other rows, by `count` alone."""
        self._letters += other._letters
        self._persian += other._persian
        self._half_spaces += other._half_spaces
        self._characters += other._characters
        self._words += other._words
        self._sentences += other._sentences
        self._longest = max(self._longest, other._longest)
        self._words_a_row.merge(other._words_a_row)
        self._characters_a_row.merge(other._characters_a_row)
        self._vocabulary.merge(other._vocabulary)

    def mark(self, code: FindingCode, has: NDArray[np.bool_], first: int = 0) -> None:
        """Count a finding of rows from number `first` on: of a block, or what is known at the end.

        Duplicates are: `mark(FindingCode.DUPLICATE, screen.duplicates())`.
        """
        count = int(np.count_nonzero(has))
        if not count:
            return
        self._found[code] = self._found.get(code, 0) + count
        samples = self._samples.setdefault(code, [])
        if len(samples) < SAMPLES:
            samples += (np.flatnonzero(has)[: SAMPLES - len(samples)] + first).tolist()

    @property
    def characters(self) -> int:
        """Characters of all texts."""
        return self._characters

    @property
    def words(self) -> int:
        """Words of all texts; a word ends at white space alone."""
        return self._words

    @property
    def half_spaces(self) -> int:
        """How often U+200C came."""
        return self._half_spaces

    @property
    def longest(self) -> int:
        """Characters of the longest row."""
        return self._longest

    @property
    def persian_share(self) -> float:
        """The share of letters in Arabic script, 0 to 1; 0 without letters."""
        return self._persian / self._letters if self._letters else 0.0

    def finish(self, bytes: int, *, near_duplicates_known: bool = False) -> DatasetAnalysis:
        """All that was counted; `bytes` are those of `rows.jsonl`."""
        return DatasetAnalysis(
            shape=self.shape,
            rows=self.rows,
            bytes=bytes,
            characters=self.characters,
            words=self.words,
            half_spaces=self.half_spaces,
            persian_share=round(self.persian_share, 4),
            sentences=self._sentences,
            vocabulary=self._vocabulary.size,
            vocabulary_exact=self._vocabulary.exact,
            words_most=self._vocabulary.most(),
            lengths=self._words_a_row.histogram(),
            characters_a_row=self._characters_a_row.histogram(),
            turns=self.turns,
            labels=dict(self.labels.most_common()),
            findings=counted(self._found, self._samples),
            near_duplicates_known=near_duplicates_known,
        )


def counted(
    found: Mapping[FindingCode, int], samples: Mapping[FindingCode, list[int]]
) -> list[FindingCount]:
    """The findings that there are, in the order of their codes, in words."""
    made = []
    for code in FindingCode:
        if found.get(code):
            title, text, mend = findings.described(code)
            made.append(
                FindingCount(
                    code=code,
                    rows=found[code],
                    title=title,
                    help=text,
                    mend=mend,
                    samples=samples[code],
                )
            )
    return made


def analyse_folder(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Write `rows.flags` and `analysis.json` of the canonical rows in `payload["folder"]`.

    Returns:
        The `DatasetAnalysis`.

    """
    folder = Path(payload["folder"])
    shape = shape_of(folder)
    screen, analysis = findings.Screen(shape), Analysis(shape)
    kept: list[NDArray[np.uint32]] = []
    size = 0
    for block in stretches(folder):
        flags = screen.block(block.rows, block.texts)
        analysis.add(block.rows, block.texts, flags, screen.characters)
        kept.append(flags)
        size = block.end
        if tick is not None:
            tick(block.end, block.total, analysis.rows)
    flags = np.concatenate(kept) if kept else np.zeros(0, np.uint32)
    again = screen.duplicates()
    flags[again] |= np.uint32(findings.BITS[FindingCode.DUPLICATE])
    analysis.mark(FindingCode.DUPLICATE, again)
    made = analysis.finish(size)
    replaced(folder, findings.FLAGS, flags.astype("<u4").tobytes())
    replaced(folder, ANALYSIS, made.model_dump_json().encode())
    return made.model_dump(mode="json")


def remarked(folder: Path, code: FindingCode, has: NDArray[np.bool_]) -> DatasetAnalysis:
    """Set a finding of the whole dataset anew, in `rows.flags` and `analysis.json`.

    Near-duplicates are known from then on. Raises `FileNotFoundError` where either is missing.
    """
    flags = flagged(folder)
    bit = np.uint32(findings.BITS[code])
    flags &= ~bit
    flags[has] |= bit
    made = DatasetAnalysis.model_validate_json((folder / ANALYSIS).read_bytes())
    found = {one.code: one.rows for one in made.findings if one.code is not code}
    samples = {one.code: one.samples for one in made.findings}
    found[code] = int(np.count_nonzero(has))
    samples[code] = np.flatnonzero(has)[:SAMPLES].tolist()
    near = made.near_duplicates_known or code is FindingCode.NEAR_DUPLICATE
    made = made.model_copy(
        update={"findings": counted(found, samples), "near_duplicates_known": near}
    )
    replaced(folder, findings.FLAGS, flags.astype("<u4").tobytes())
    replaced(folder, ANALYSIS, made.model_dump_json().encode())
    return made


def _sentences(block: Characters) -> int:
    """Signs that end a sentence and stand before a space or an end; a row without any is one."""
    ends = np.flatnonzero(block.kinds & PAUSE != 0)
    ends = ends[np.isin(block.units[ends], _SENTENCE_ENDS)]
    ends = ends[block.kinds[ends + 1] & SPACE != 0]
    with_end = np.unique(block.row_of(ends))
    return len(ends) + block.rows - len(with_end)
