"""The characters of many texts as one array of UTF-16 units, and what kinds they are of.

Owns the two tables by which a block of rows is looked at in a few passes of numpy instead of one
call a character: `KINDS` (bits) and the folding of `persian.fold`. It judges nothing.

Why UTF-16: every letter of Persian is one unit, and Python hands its strings over in that form at
memory speed. Signs beyond it (emoji) are two units of kind `BEYOND`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ..persian.fold import fold

Units = NDArray[np.uint16]

#: Stands between rows, and between the texts of one row; neither is part of a text.
ROW_END, TEXT_END = "\x00", "\x1f"

ARABIC_SCRIPT, LATIN, SLAVIC_OR_GREEK, OTHER_LETTER = 1, 2, 4, 8
SPACE, DIGIT, ALIEN_LETTER, PRESENTATION = 16, 32, 64, 128
INVISIBLE, MARKUP, AT, HALF_SPACE = 256, 512, 1024, 2048
PAUSE, LINE_END, BEYOND, JOINER = 4096, 8192, 16384, 32768
LETTERS = ARABIC_SCRIPT | LATIN | SLAVIC_OR_GREEK | OTHER_LETTER

#: Letters that other keyboards write for a Persian one. ۀ, ة and hamzas are Persian spelling.
ALIEN_LETTERS = "يىكڪھہەېۍ"
#: Signs in that area of Unicode which are no forms of letters, or which Persian uses as they are.
_USED_FORMS = "\ufd3e\ufd3f\ufdf2\ufdfa\ufdfb\ufdfc\ufdfd"
INVISIBLES = (
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
PAUSES = ".,،؛؟!:)]»…"

#: In the folded table: this unit vanishes; this one needs the slow way (its fold is longer).
_GONE, _SLOW = 0xFFFE, 0xFFFF
#: The high halves of scripts beyond UTF-16's first plane that have two cases.
_CASED_BEYOND = (0xD801, 0xD803, 0xD806, 0xD81B, 0xD83A)


def units_of(text: str) -> Units:
    """The UTF-16 units of `text`."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.dtype("<u2"))


def text_of(units: Units) -> str:
    """The text of these units."""
    return units.tobytes().decode("utf-16-le", "surrogatepass")


@cache
def kinds() -> Units:
    """The bits of each UTF-16 unit."""
    table = np.zeros(1 << 16, np.uint16)
    for point in range(1 << 16):
        one = chr(point)
        if 0xD800 <= point < 0xE000:
            table[point] = BEYOND
        elif one.isalpha():
            table[point] = _script(point)
        elif one.isspace():
            table[point] = SPACE
        elif one.isdecimal():
            table[point] = DIGIT
        elif unicodedata.category(one) == "Cc":
            table[point] = INVISIBLE
    for signs, kind in (
        (ALIEN_LETTERS, ALIEN_LETTER), (INVISIBLES, INVISIBLE), ("<&", MARKUP), ("@", AT),
        ("\u200c", HALF_SPACE), (PAUSES, PAUSE), ("\n", LINE_END), ("\u200d", JOINER),
    ):  # fmt: skip
        for one in signs:
            table[ord(one)] |= kind
    for point in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        if chr(point).isalpha() and chr(point) not in _USED_FORMS:
            table[point] |= PRESENTATION
    table[ord(ROW_END)] = SPACE
    return table


def _script(point: int) -> int:
    if (
        (
            0x0600 <= point < 0x0780  # without Syriac, whose texts are not ours to judge
            and not 0x0700 <= point < 0x0750
        )
        or 0x08A0 <= point < 0x0900
        or 0xFB50 <= point < 0xFE00
        or 0xFE70 <= point < 0xFEFD
    ):
        return ARABIC_SCRIPT
    if point < 0x0250 or 0x1E00 <= point < 0x1F00:
        return LATIN
    if 0x0370 <= point < 0x0530 or 0x1F00 <= point < 0x2000:
        return SLAVIC_OR_GREEK
    return OTHER_LETTER


@cache
def word_units() -> NDArray[np.bool_]:
    """Which units are of words: letters, what is written over them, and half-spaces."""
    return np.array(
        [
            one.isalpha() or one == "\u200c" or unicodedata.category(one) == "Mn"
            for one in map(chr, range(1 << 16))
        ]
    )


@cache
def _folds() -> Units:
    table = np.arange(1 << 16, dtype=np.uint16)
    points = [*range(1, 0xD800), *range(0xE000, 1 << 16)]
    # All at once: folding is letter by letter, and leaves the sign between them alone.
    for point, plain in zip(points, fold("\0".join(map(chr, points))).split("\0"), strict=True):
        if not plain:
            table[point] = _GONE
        elif len(plain) > 1 or ord(plain) >= _GONE:
            table[point] = _SLOW
        else:
            table[point] = ord(plain)
    table[list(_CASED_BEYOND)] = _SLOW
    return table


def folded(text: str) -> str:
    """What `persian.fold.fold` makes of `text`, several times faster for long ones."""
    return text_of(folded_units(text))


def folded_units(text: str) -> Units:
    """The units of `text`, folded."""
    before = units_of(text)
    units = np.take(_folds(), before)
    if (units == _SLOW).any():
        # Few signs have a fold of several letters: those are put in their place first.
        for one in np.unique(before[units == _SLOW]).tolist():
            if 0xD800 <= one < 0xE000:
                return units_of(fold(text))
            text = text.replace(chr(one), fold(chr(one)))
        units = np.take(_folds(), units_of(text))
    stays = units != _GONE
    return units if stays.all() else units[stays]


class Characters:
    """The texts of a block of rows, each row's joined by `TEXT_END` and ended by `ROW_END`."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.rows = len(texts)
        rows = [one[0] if len(one) == 1 else TEXT_END.join(one) for one in texts]
        self.text = ROW_END.join(rows) + ROW_END if rows else ""
        self.units = units_of(self.text)
        #: Of each row: where it begins and where its `ROW_END` stands.
        self.ends = np.flatnonzero(self.units == 0)
        if len(self.ends) != self.rows:
            raise ValueError("a text holds a NUL character")
        self.starts = np.concatenate(([0], self.ends[:-1] + 1)) if self.rows else self.ends

    @cached_property
    def kinds(self) -> Units:
        """The bits of each unit."""
        return np.take(kinds(), self.units)

    @cached_property
    def kinds_of_rows(self) -> Units:
        """All bits that occur in each row."""
        if not self.rows:
            return np.zeros(0, np.uint16)
        return np.bitwise_or.reduceat(self.kinds, self.starts)

    @cached_property
    def words(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each word begins and ends; a word ends at white space alone, as in `str.split`."""
        space = np.empty(len(self.units) + 1, np.bool_)
        space[0] = True
        np.not_equal(self.kinds & SPACE, 0, out=space[1:])
        edges = np.flatnonzero(space[1:] != space[:-1])
        return edges[::2], edges[1::2]

    @cached_property
    def first_words(self) -> NDArray[np.int64]:
        """Of each row, and of the end of all: the number of its first word in `words`."""
        return np.searchsorted(self.words[0], np.append(self.starts, len(self.units)))

    @property
    def words_of_rows(self) -> NDArray[np.int64]:
        """How many words each row has."""
        return np.diff(self.first_words)

    @cached_property
    def word_hashes(self) -> NDArray[np.uint64]:
        """64 bits of each word, the same wherever it stands."""
        return span_hashes(self.units, *self.words)

    def shift(self, place: int) -> int:
        """Where in `text` a unit stands: signs beyond the first plane are two units, one there."""
        return place - int(np.searchsorted(self._beyond, place)) if len(self._beyond) else place

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of each row, with the signs between its texts."""
        lengths = self.ends - self.starts
        if len(self._beyond):
            lengths = lengths - np.bincount(self.row_of(self._beyond), minlength=self.rows)
        return lengths

    @cached_property
    def _beyond(self) -> NDArray[np.int64]:
        # The low halves, by which a text is longer in units.
        if not (self.kinds_of_rows & BEYOND).any():
            return np.zeros(0, np.int64)
        return np.flatnonzero((self.units >= 0xDC00) & (self.units < 0xE000))

    def row_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows in which these units stand."""
        return np.searchsorted(self.ends, places)


# --- hashing -----------------------------------------------------------------------------------

#: Units hashed in one go: what fits the processor's cache. A longer word is cut off there.
_STRETCH = 1 << 16
_ODD = 0x9E3779B97F4A7C15
_FULL = (1 << 64) - 1

Hashes = NDArray[np.uint64]


@cache
def _powers() -> tuple[Hashes, Hashes]:
    """The powers of an odd number, and their inverses."""
    powers = np.full(_STRETCH + 1, _ODD, np.uint64)
    inverses = np.full(_STRETCH + 1, pow(_ODD, -1, 1 << 64), np.uint64)
    powers[0] = inverses[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverses)


@cache
def _values() -> Hashes:
    """A random number for each unit, always the same."""
    return np.random.Generator(np.random.PCG64(0x5EED)).integers(2, 1 << 64, 1 << 16, np.uint64)


@cache
def _folded_values() -> Hashes:
    """The number of what each unit is folded to; 0 of those that vanish."""
    folds = _folds()
    values = _values()[folds]
    values[folds == _GONE] = 0
    return values


def mixed(values: Hashes) -> Hashes:
    """`values` with every bit dependent on every other (the finaliser of SplitMix64)."""
    found = values ^ (values >> np.uint64(30))
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found


def folded_row_hashes(block: Characters) -> Hashes:
    """64 bits of each row, folded: rows that fold to the same texts have the same.

    A polynomial in an odd number over random values of the units that are left.
    """
    units = np.take(_folds(), block.units)
    units = folded_units(block.text) if (units == _SLOW).any() else units[units != _GONE]
    powers, inverses = _powers()
    bounds = np.append(0, np.flatnonzero(units == 0) + 1)
    found = np.zeros(len(bounds) - 1, np.uint64)
    done = 0
    while done < len(found):
        base = int(bounds[done])
        until = max(done + 1, int(np.searchsorted(bounds, base + _STRETCH, side="right")) - 1)
        end = int(bounds[until])
        if end - base > _STRETCH:
            found[done] = _long_hash(units[base:end])
        else:
            rows = bounds[done:until] - base
            terms = np.take(_values(), units[base:end]) * powers[: end - base]
            found[done:until] = np.add.reduceat(terms, rows) * inverses[rows]
        done = until
    return mixed(found)


def _long_hash(units: Units) -> int:
    """The same sum for a row that is longer than the tables of powers."""
    powers, _ = _powers()
    found, factor = 0, 1
    for begin in range(0, len(units), _STRETCH):
        part = np.take(_values(), units[begin : begin + _STRETCH])
        found += int(np.add.reduce(part * powers[: len(part)])) * factor
        factor = factor * int(powers[len(part)]) & _FULL
    return found & _FULL


def span_hashes(
    units: Units, starts: NDArray[np.int64], ends: NDArray[np.int64], *, folding: bool = False
) -> Hashes:
    """64 bits of each stretch of units: equal stretches have equal ones.

    The stretches are in order, not empty and do not overlap. By differences of a running sum, so
    that the cost does not depend on how many stretches there are. `folding`: as
    `folded_row_hashes`, but units whose fold is longer than they are count as themselves.
    """
    table = _folded_values() if folding else _values()
    powers, inverses = _powers()
    found = np.empty(len(starts), np.uint64)
    done = 0
    while done < len(starts):
        base = int(starts[done])
        until = max(done + 1, int(np.searchsorted(ends, base + _STRETCH, side="right")))
        part = np.take(table, units[base : min(base + _STRETCH, int(ends[until - 1]))])
        first = starts[done:until] - base
        last = np.minimum(ends[done:until] - base, len(part))
        sums = np.zeros(len(part) + 1, np.uint64)
        if folding:
            place = np.zeros(len(part) + 1, np.int64)
            np.cumsum(part != 0, out=place[1:])
            np.cumsum(part * powers[place[:-1]], out=sums[1:])
            found[done:until] = (sums[last] - sums[first]) * inverses[place[first]]
        else:
            np.cumsum(part * powers[: len(part)], out=sums[1:])
            found[done:until] = (sums[last] - sums[first]) * inverses[first]
        done = until
    return mixed(found)
