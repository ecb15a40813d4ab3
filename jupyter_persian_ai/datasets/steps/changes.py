"""Steps that look at one row at a time: normalise, clean, mask, map and filter.

A step gets rows in blocks and gives each back: itself where nothing changed, another, or None
where it goes. A row whose text a step leaves empty goes too, because no dataset holds such rows.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...persian.fold import fold
from ...persian.normaliser import Normaliser
from ...protocol.data import DatasetShape
from ...protocol.quality import FindingCode
from ...protocol.versions import (
    CleanStep,
    FilterStep,
    MapStep,
    MaskStep,
    NormaliseStep,
)
from .. import findings, places
from ..canonical import labels_of, texts_of
from ..characters import ARABIC_SCRIPT, LETTERS, Characters
from ..forming import text_fault
from ..personal import masked
from .mapping import Mapper

Row = dict[str, Any]
Flags = NDArray[np.uint32]

#: Findings that only a comparison of rows shows; a filter takes them from the version it begins at.
COMPARED = (FindingCode.DUPLICATE, FindingCode.NEAR_DUPLICATE, FindingCode.LEAK)


class Change(Protocol):
    """A step on blocks of rows; `shape` is what they hold after it."""

    shape: DatasetShape

    def rows(self, rows: Sequence[Row], flags: Flags) -> list[Row | None]:
        """What becomes of each; `flags` are of the version that all began with."""
        ...


class _Texts:
    """Changes every text of a row; labels, tags and roles stay."""

    def __init__(self, shape: DatasetShape, texts: Callable[[list[str]], list[str]]) -> None:
        self.shape = shape
        self._texts = texts

    def rows(self, rows: Sequence[Row], flags: Flags) -> list[Row | None]:  # noqa: ARG002
        """The rows with other texts. A word that would become several, or none, stays."""
        before = [text for row in rows for _, text in findings.texts_named(row)]
        after = self._texts(before)
        if self.shape is DatasetShape.TOKENS_TAGS:
            after = [
                new if len(new.split()) == 1 else old
                for old, new in zip(before, after, strict=True)
            ]
        made: list[Row | None] = []
        place = 0
        for row in rows:
            new, place, changed = _refilled(row, before, after, place)
            if not changed:
                made.append(row)
            else:
                made.append(None if _is_spoilt(new) else new)
        return made


def _refilled(row: Row, before: list[str], after: list[str], place: int) -> tuple[Row, int, bool]:
    """The row with its texts from `after[place:]`, where the next row's begin, and any change."""
    new: Row = {}
    start = place
    for field, value in row.items():
        if field in {"label", "tags"}:
            new[field] = value
        elif isinstance(value, str):
            new[field] = after[place]
            place += 1
        elif value and isinstance(value[0], str):
            new[field] = after[place : place + len(value)]
            place += len(value)
        else:
            texts = after[place : place + len(value)]
            new[field] = [turn | {"content": text} for turn, text in zip(value, texts, strict=True)]
            place += len(value)
    return new, place, before[start:place] != after[start:place]


def _is_spoilt(row: Row) -> bool:
    if any(text_fault(text, "", 0) for _, text in findings.texts_named(row)):
        return True
    # What was to be told apart is the same now.
    return "chosen" in row and row["chosen"] == row["rejected"]


def _cleaned(text: str) -> str:
    """`text` without tags and comments, its entities as what they stand for.

    A tag that ends a line of a page becomes a line break, so that words stay apart.
    """
    if "<" not in text and "&" not in text:
        return text
    spans = list(places.html(text))
    pieces, last = [], 0
    for start, end in spans:
        found = text[start:end]
        pieces.append(text[last:start])
        if found.startswith("&"):
            # A control or half of a character is no text.
            pieces.append(
                "".join(
                    one
                    for one in html.unescape(found)
                    if one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs"}
                )
            )
        elif places.BREAKS.match(found):
            pieces.append("\n")
        last = end
    return "".join([*pieces, text[last:]]).strip() if spans else text


class _Filter:
    """Keeps the rows that meet every condition."""

    def __init__(self, shape: DatasetShape, step: FilterStep) -> None:
        self.shape = shape
        self._step = step
        self._labels = frozenset(step.keep_labels)
        self._contains = fold(step.contains).strip()
        self._lacks = fold(step.lacks).strip()
        self._dropped = sum(findings.BITS[code] for code in set(step.drop))
        compared = {code for code in step.drop if code in COMPARED}
        self._carried = sum(findings.BITS[code] for code in compared)

    def rows(self, rows: Sequence[Row], flags: Flags) -> list[Row | None]:
        """The rows, None for those that go."""
        stays = np.ones(len(rows), np.bool_)
        texts = [texts_of(row) for row in rows]
        if self._dropped:
            screen = findings.Screen(self.shape)
            found = screen.block(rows, texts) | (flags & np.uint32(self._carried))
            stays &= found & np.uint32(self._dropped) == 0
        self._measure(texts, stays)
        return [
            row if stay and self._says(row) else None
            for row, stay in zip(rows, stays.tolist(), strict=True)
        ]

    def _measure(self, texts: list[list[str]], stays: NDArray[np.bool_]) -> None:
        step = self._step
        if step.min_words is None and step.max_words is None and step.min_persian_share is None:
            return
        block = Characters(texts)
        words = block.words_of_rows
        if step.min_words is not None:
            stays &= words >= step.min_words
        if step.max_words is not None:
            stays &= words <= step.max_words
        if step.min_persian_share is not None and len(texts):
            letters = np.add.reduceat(block.kinds & LETTERS != 0, block.starts, dtype=np.int64)
            persian = np.add.reduceat(
                block.kinds & ARABIC_SCRIPT != 0, block.starts, dtype=np.int64
            )
            stays &= persian >= letters * step.min_persian_share

    def _says(self, row: Row) -> bool:
        if self._labels and self._labels.isdisjoint(labels_of(row)):
            return False
        if not self._contains and not self._lacks:
            return True
        texts = [fold(text) for text in texts_of(row, names=True)]
        if self._contains and not any(self._contains in text for text in texts):
            return False
        return not (self._lacks and any(self._lacks in text for text in texts))


#: The steps that are done here.
RowStep = NormaliseStep | CleanStep | MaskStep | MapStep | FilterStep


def change(step: RowStep, shape: DatasetShape) -> Change:
    """The step on rows of `shape`, which has been checked to fit."""
    if isinstance(step, NormaliseStep):
        normaliser = Normaliser(step.recipe)
        return _Texts(shape, lambda texts: list(normaliser.texts(texts)))
    if isinstance(step, CleanStep):
        return _Texts(shape, lambda texts: [_cleaned(text) for text in texts])
    if isinstance(step, MaskStep):
        codes, style = frozenset(step.codes), step.style
        return _Texts(shape, lambda texts: [masked(text, codes, style) for text in texts])
    if isinstance(step, FilterStep):
        return _Filter(shape, step)
    return Mapper(step, shape)
