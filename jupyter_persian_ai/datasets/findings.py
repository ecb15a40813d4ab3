"""Finds what a user may want to mend in rows that were kept.

Owns which row has which finding: `Screen` for whole blocks of rows, quickly, and `of_row` for one
row, with every place. The two agree. What a finding is, in words, is `finding_words`; the rules of
a place are `places` and `personal`. Nothing here changes a row.

How the screen is fast: one table lookup a character says which kinds of signs a row has at all;
only where a kind hints at a finding is the rule itself asked. Clean prose is never looked at twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..protocol.data import DatasetShape
from ..protocol.quality import Finding, FindingCode
from . import personal
from .canonical import labels_of
from .characters import (
    ALIEN_LETTER,
    ARABIC_SCRIPT,
    AT,
    DIGIT,
    HALF_SPACE,
    INVISIBLE,
    JOINER,
    LATIN,
    LETTERS,
    LINE_END,
    MARKUP,
    OTHER_LETTER,
    PAUSE,
    PRESENTATION,
    SLAVIC_OR_GREEK,
    SPACE,
    TEXT_END,
    Characters,
    folded_row_hashes,
    kinds,
    text_of,
    units_of,
)
from .finding_words import described
from .places import (
    LONGEST_SUFFIX,
    PLACES,
    REPEATED,
    SUFFIXES,
    half_spaces,
    joined_letters,
    repeated_lines,
    repeated_words,
)

__all__ = [
    "BITS",
    "FLAGS",
    "FLAG_BYTES",
    "Screen",
    "codes_of",
    "described",
    "mark_duplicates",
    "of_row",
    "row_hashes",
    "texts_named",
]

#: The file beside `rows.jsonl`: `FLAG_BYTES` (uint32, little-endian) a row.
FLAGS = "rows.flags"
FLAG_BYTES = 4
#: The bit of each finding in it.
BITS: dict[FindingCode, int] = {code: 1 << place for place, code in enumerate(FindingCode)}

#: Fewer words say nothing: of a raw text, and of a row of any other shape.
FEWEST_WORDS = {DatasetShape.TEXT: 3}
FEWEST_WORDS_ELSE = 2
#: More characters are no row but a book: of a raw text, which is cut into pieces by itself, and of
#: a row that is learned whole (several times the context of the models that fit one machine).
MOST_CHARACTERS = {DatasetShape.TEXT: 200_000}
MOST_CHARACTERS_ELSE = 20_000
#: Fewer letters are of no language.
LANGUAGE_LETTERS = 20
PERSIAN_SHARE = 0.5
PLACE_CHARACTERS = 120
#: Digits that any personal number has at least, and the units within which that many stand.
_NUMBER_DIGITS, _NUMBER_UNITS = 9, 25

#: Verbs after «می» end in these, in the persons that can be nothing else.
_VERB_ENDS = np.array([ord("م"), ord("د")], np.uint16)

Flags = NDArray[np.uint32]
Places = NDArray[np.int64]
Finder = Callable[[str], Iterator[tuple[int, int]]]
_NOWHERE: Places = np.zeros(0, np.int64)


class Screen:
    """Screens the rows of one dataset, block by block, and remembers 8 bytes a row."""

    def __init__(self, shape: DatasetShape) -> None:
        self.shape = shape
        self._hashes: list[NDArray[np.uint64]] = []
        #: Of the last block, for whoever counts its characters too.
        self.characters = Characters([])

    def block(self, rows: Sequence[Mapping[str, Any]], texts: Sequence[Sequence[str]]) -> Flags:
        """The flags of each row but `DUPLICATE`, which `duplicates` knows at the end.

        `texts` are those of `canonical.texts_of`, one list a row; about 1,000 rows or a megabyte
        at once is best. No text holds a NUL character.
        """
        found = self.characters = Characters(texts)
        self._hashes.append(row_hashes(rows, texts, found))
        flags = np.zeros(len(rows), np.uint32)
        if not len(rows):
            return flags
        self._lengths(found, flags)
        listed = self.shape is DatasetShape.TOKENS_TAGS
        for code, numbers in _certain(found, listed=listed):
            flags[numbers] |= np.uint32(BITS[code])
        for code, finder, suspects in _suspects(found):
            bit = np.uint32(BITS[code])
            for number in np.unique(suspects).tolist():
                looked_at = rows[number]["tokens"] if listed else texts[number]
                if any(next(iter(finder(text)), None) for text in looked_at):
                    flags[number] |= bit
        for number in np.unique(_numbers(found)).tolist():
            for code in personal.numbers(rows[number]["tokens"] if listed else texts[number]):
                flags[number] |= np.uint32(BITS[code])
        return flags

    def take_hashes(self) -> NDArray[np.uint64]:
        """The hashes of the last block, for another screen to remember in its place."""
        return self._hashes.pop()

    def add_hashes(self, hashes: NDArray[np.uint64]) -> None:
        """Remember the hashes of rows that another screen has looked at."""
        self._hashes.append(hashes)

    def duplicates(self) -> NDArray[np.bool_]:
        """Which of all rows are, folded, the same as an earlier one."""
        hashes = self._hashes
        return mark_duplicates(np.concatenate(hashes) if hashes else np.zeros(0, np.uint64))

    def _lengths(self, found: Characters, flags: Flags) -> None:
        fewest = FEWEST_WORDS.get(self.shape, FEWEST_WORDS_ELSE)
        flags[found.words_of_rows < fewest] |= np.uint32(BITS[FindingCode.TOO_SHORT])
        most = MOST_CHARACTERS.get(self.shape, MOST_CHARACTERS_ELSE)
        flags[found.lengths > most] |= np.uint32(BITS[FindingCode.TOO_LONG])


def of_row(row: Mapping[str, Any], flags: int = 0) -> list[Finding]:
    """Every place in a row where something was found.

    Args:
        row: a canonical row.
        flags: its entry in `rows.flags`; findings of the whole row, which only a comparison with
            others or its length shows, are taken from it and stand at the beginning of its first
            text, without a place.

    """
    named = list(texts_named(row))
    found = [
        Finding(code=code, field=named[0][0] if named else "", start=0, end=0, text="")
        for code in codes_of(flags)
        if code not in PLACES
    ]
    listed = "tokens" in row
    for field, text in named:
        for code, finder in PLACES.items():
            if code is FindingCode.BROKEN_HALF_SPACE:
                spans = half_spaces(text, joined=listed)
            else:
                spans = finder(text)
            found += [
                Finding(
                    code=code,
                    field=field,
                    start=start,
                    end=end,
                    text=text[start : min(end, start + PLACE_CHARACTERS)],
                )
                for start, end in spans
            ]
    return found


def texts_named(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text of a row under the name that a `Finding` gives it; words one by one."""
    for field, value in row.items():
        if field in {"label", "tags"}:
            continue
        if isinstance(value, str):
            yield field, value
            continue
        for place, one in enumerate(value):
            if isinstance(one, str):
                yield f"{field}.{place}", one
            else:
                yield f"{field}.{place}.content", one["content"]


def codes_of(flags: int) -> list[FindingCode]:
    """The findings that these flags stand for."""
    return [code for code, bit in BITS.items() if flags & bit]


def row_hashes(
    rows: Sequence[Mapping[str, Any]],
    texts: Sequence[Sequence[str]],
    characters: Characters | None = None,
) -> NDArray[np.uint64]:
    """64 bits of each row, folded: the same for rows that a reader takes for the same.

    Labels and tags count as they are. Equal hashes of different rows are as likely as one in
    a hundred thousand in a dataset of ten million rows. `characters` are those of `texts`.
    """
    hashes = folded_row_hashes(characters or Characters(texts))
    known: dict[str, int] = {}
    for number, row in enumerate(rows):
        if "label" not in row and "tags" not in row:
            break  # a dataset has rows of one shape
        name = TEXT_END.join(labels_of(row))
        if name not in known:
            digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
            known[name] = int.from_bytes(digest, "little")
        hashes[number] ^= np.uint64(known[name])
    return hashes


def text_hashes(texts: Sequence[Sequence[str]]) -> NDArray[np.uint64]:
    """64 bits of the folded texts of each row, whatever its label."""
    return folded_row_hashes(Characters(texts))


def mark_duplicates(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which rows have the hash of an earlier one. Holds 24 bytes a row while it works."""
    order = np.argsort(hashes, kind="stable")
    same = np.zeros(len(hashes), np.bool_)
    if len(hashes):
        sorted_hashes = hashes[order]
        same[order[1:][sorted_hashes[1:] == sorted_hashes[:-1]]] = True
    return same


# --- what the kinds of signs say of the rows of a block ----------------------------------------


def _certain(found: Characters, *, listed: bool) -> Iterator[tuple[FindingCode, Places]]:
    """Rows of which the kinds of their signs alone say that they have a finding."""
    present = found.kinds_of_rows
    yield FindingCode.ARABIC_LETTERS, np.flatnonzero(present & ALIEN_LETTER != 0)
    yield FindingCode.PRESENTATION_FORMS, np.flatnonzero(present & PRESENTATION != 0)
    yield FindingCode.INVISIBLE, np.flatnonzero(present & INVISIBLE != 0)
    yield FindingCode.WRONG_LANGUAGE, _other_languages(found)
    yield FindingCode.BROKEN_HALF_SPACE, _stray_half_spaces(found)
    if not listed:
        yield FindingCode.BROKEN_HALF_SPACE, _cut_affixes(found)
    yield FindingCode.REPEATED, _repeated_letters(found)


def _suspects(found: Characters) -> Iterator[tuple[FindingCode, Finder, Places]]:
    """Rows that may have a finding, and the rule that decides."""
    present = found.kinds_of_rows
    for code, kind in (
        (FindingCode.INVISIBLE, JOINER), (FindingCode.HTML, MARKUP), (FindingCode.EMAIL, AT)
    ):  # fmt: skip
        yield code, PLACES[code], np.flatnonzero(present & kind != 0)
    yield FindingCode.MIXED_SCRIPTS, PLACES[FindingCode.MIXED_SCRIPTS], _touching_scripts(found)
    yield FindingCode.REPEATED, repeated_words, _repeated_words(found)
    yield FindingCode.REPEATED, repeated_lines, np.flatnonzero(present & LINE_END != 0)


def _other_languages(found: Characters) -> Places:
    """Rows with mostly other letters, addresses aside."""
    others = found.kinds_of_rows & (LATIN | SLAVIC_OR_GREEK | OTHER_LETTER)
    rows = []
    for number in np.flatnonzero(others != 0).tolist():
        start, end = int(found.starts[number]), int(found.ends[number])
        if not _is_other_language(found.kinds[start:end]):
            continue
        text = found.text[found.shift(start) : found.shift(end)]
        # Addresses are Latin in any text. By words: a pattern would go over a long one many times.
        if "://" in text or "@" in text:
            text = " ".join(one for one in text.split() if "://" not in one and "@" not in one)
            if not _is_other_language(np.take(kinds(), units_of(text))):
                continue
        rows.append(number)
    return np.array(rows, np.int64)


def _is_other_language(signs: NDArray[np.uint16]) -> bool:
    letters = np.count_nonzero(signs & LETTERS)
    if letters < LANGUAGE_LETTERS:
        return False
    return bool(np.count_nonzero(signs & ARABIC_SCRIPT) < letters * PERSIAN_SHARE)


def _touching_scripts(found: Characters) -> Places:
    if not (found.kinds_of_rows & (LATIN | SLAVIC_OR_GREEK)).any():
        return _NOWHERE
    scripts = found.kinds & (ARABIC_SCRIPT | LATIN | SLAVIC_OR_GREEK)
    one, two = scripts[:-1], scripts[1:]
    return found.row_of(np.flatnonzero((one != two) & (one != 0) & (two != 0)))


def _numbers(found: Characters) -> Places:
    if not (found.kinds_of_rows & DIGIT).any():
        return _NOWHERE
    digits = np.flatnonzero(found.kinds & DIGIT != 0)
    if len(digits) < _NUMBER_DIGITS:
        return _NOWHERE
    first, last = digits[: 1 - _NUMBER_DIGITS], digits[_NUMBER_DIGITS - 1 :]
    return found.row_of(first[last - first <= _NUMBER_UNITS])


def _stray_half_spaces(found: Characters) -> Places:
    around = found.kinds
    marks = np.flatnonzero(found.units == 0x200C)
    beside = SPACE | HALF_SPACE
    before = np.where(marks > 0, around[marks - 1], SPACE)
    bad = (before & beside != 0) | (around[marks + 1] & (beside | PAUSE) != 0)
    return found.row_of(marks[bad])


def _cut_affixes(found: Characters) -> Places:
    """Rows with an affix that a space cuts off: `places.PREFIX` and `SUFFIX`, over the block."""
    units = found.units
    if len(units) < 4:
        return _NOWHERE
    # Neighbours are compared as whole arrays: many times faster than looking around each space.
    space, one, two = units[:-3] == 0x20, units[1:-2], units[2:-1]
    suffixes = np.flatnonzero(
        space & ((one == ord("ه")) & (two == ord("ا")) | (one == ord("ت")) & (two == ord("ر")))
    )
    verbs = 2 + np.flatnonzero((units[:-3] == ord("م")) & (one == ord("ی")) & (two == 0x20))
    if not len(suffixes) and not len(verbs):
        return _NOWHERE
    joined = np.take(joined_letters(), units)
    # Where the run of letters and half-spaces ends that begins after each space.
    outside = np.flatnonzero(~joined)
    suffixes = suffixes[(suffixes > 0) & joined[suffixes - 1] & (units[suffixes - 1] != 0x200C)]
    ends = outside[np.searchsorted(outside, suffixes + 1)]
    short = ends - suffixes <= LONGEST_SUFFIX + 1
    cut = [
        start
        for start, end in zip(suffixes[short].tolist(), ends[short].tolist(), strict=True)
        if text_of(units[start + 1 : end]) in SUFFIXES
    ]
    ends = outside[np.searchsorted(outside, verbs + 1)]
    verbs = verbs[(ends - verbs > 3) & np.isin(units[ends - 1], _VERB_ENDS)]
    before = verbs - 3
    before -= units[np.maximum(before, 0)] == ord("ن")
    alone = (before < 0) | (found.kinds[np.maximum(before, 0)] & SPACE != 0)
    return found.row_of(np.concatenate((np.array(cut, np.int64), verbs[alone])))


def _repeated_letters(found: Characters) -> Places:
    units = found.units
    same = units[1:] == units[:-1]
    places = np.flatnonzero(same[:-2] & same[1:-1] & same[2:])
    return found.row_of(places[found.kinds[places] & LETTERS != 0])


def _repeated_words(found: Characters) -> Places:
    """Rows with words of the same length and the same first letter in a row."""
    starts, ends = found.words
    if len(starts) < REPEATED:
        return _NOWHERE
    lengths, firsts = ends - starts, found.units[starts]
    alike = (lengths[1:] == lengths[:-1]) & (firsts[1:] == firsts[:-1])
    return found.row_of(starts[:-3][alike[:-2] & alike[1:-1] & alike[2:]])


#: Made when the module is first used, not in the middle of the first block.
kinds()
