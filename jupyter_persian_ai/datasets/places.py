"""What stands where in one text: each place that a user may want to mend.

Owns the rules, exactly and for one text; `findings` decides quickly which rows to look at. A rule
would rather miss than raise a false alarm on clean prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from html.entities import html5
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from ..protocol.quality import FindingCode
from .characters import (
    ALIEN_LETTERS,
    ARABIC_SCRIPT,
    INVISIBLES,
    LATIN,
    PAUSES,
    PRESENTATION,
    SLAVIC_OR_GREEK,
    kinds,
)
from .personal import FINDERS, Span

#: As often as this in a row, a letter or a word; as often as this in a text, a line.
REPEATED = 4

_TAGS = (
    "a|abbr|address|article|aside|audio|b|big|blockquote|body|br|button|canvas|caption|center|cite|"
    "code|col|colgroup|dd|del|details|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|"
    "form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|"
    "noscript|object|ol|option|p|path|pre|q|s|samp|script|section|select|small|source|span|strike|"
    "strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|"
    "var|video|wbr"
)
HTML = re.compile(
    rf"</?(?:{_TAGS})(?:\s[^<>]{{0,2000}})?/?>|<!--|-->|<!DOCTYPE[^<>]{{0,200}}>"
    r"|&(?:(?P<name>[A-Za-z][A-Za-z0-9]{1,31})|\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6});",
    re.IGNORECASE,
)
#: Tags between which words do not belong together.
BREAKS = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|"
    r"header|hr|li|main|nav|ol|option|p|pre|section|table|td|th|tr|ul)\b",
    re.IGNORECASE,
)
_ALIEN = re.compile(f"[{ALIEN_LETTERS}]+")
_JOINER = "\u200d"
_INVISIBLE = re.compile(
    f"[{INVISIBLES}\x01-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f]+"
    # A joiner is at home after heh («ه.ق») and in emoji.
    f"|(?<![هﻫ{_JOINER}\ufe0f\u2190-\u2bff\U0001f000-\U0001faff]){_JOINER}"
)
_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
_HALF_SPACE = re.compile(
    rf"(?:(?<=\s)|\A)\u200c+|\u200c+(?=[\s{re.escape(PAUSES)}]|\Z)|\u200c{{2,}}"
)
#: An affix that stands alone, after which or before which a half-space is due. «می» may be wine and
#: «تر» wet: only what can be nothing else.
PREFIX = re.compile(rf"(?<![^\s\x00])ن?می (?=[{_ARABIC}\u200c]{{2,}}[مد](?![{_ARABIC}\u200c]))")
SUFFIXES = frozenset(
    {"ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان", "ترین"}
)
LONGEST_SUFFIX = 6
SUFFIX = re.compile(rf"(?<=[{_ARABIC}]) (?=(?:{'|'.join(sorted(SUFFIXES))})(?![{_ARABIC}\u200c]))")
_LETTER = re.compile(rf"([^\W\d_])\1{{{REPEATED - 1},}}")


@cache
def joined_letters() -> NDArray[np.bool_]:
    """Which UTF-16 units `PREFIX` and `SUFFIX` take for a letter or a half-space."""
    joined = re.compile(f"[{_ARABIC}\u200c]")
    return np.array([bool(joined.match(chr(point))) for point in range(1 << 16)])


def _matches(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    def places(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            yield match.span()

    return places


def html(text: str) -> Iterator[Span]:
    """Tags and comments of HTML, and entities that have a meaning."""
    for match in HTML.finditer(text):
        if match["name"] is None or f"{match['name']};" in html5:
            yield match.span()


def half_spaces(text: str, *, joined: bool = False) -> Iterator[Span]:
    """Half-spaces at no joint, and affixes that a space cuts off.

    `joined`: the text is one word of a list, where nothing can be cut off.
    """
    yield from _matches(_HALF_SPACE)(text)
    if not joined:
        yield from _matches(PREFIX)(text)
        yield from _matches(SUFFIX)(text)


def mixed_scripts(text: str) -> Iterator[Span]:
    """Words in which letters of two scripts touch: a Latin `a` in a Cyrillic word, say."""
    table = kinds()
    scripts = ARABIC_SCRIPT | LATIN | SLAVIC_OR_GREEK
    for match in re.finditer(r"[^\W\d_]{2,}", text):
        start, end = match.span()
        seen = [int(table[ord(one)]) & scripts if one <= "\uffff" else 0 for one in match[0]]
        if any(a and b and a != b for a, b in pairwise(seen)):
            yield start, end


def presentation_forms(text: str) -> Iterator[Span]:
    """Letters as old editors wrote them, one code for each form."""
    table = kinds()
    for match in re.finditer("[\ufb50-\ufdff\ufe70-\ufefc]+", text):
        if any(table[ord(one)] & PRESENTATION for one in match[0]):
            yield match.span()


def repeated(text: str) -> Iterator[Span]:
    """A letter or a word at least four times in a row; a line that comes at least four times."""
    for match in _LETTER.finditer(text):
        # Not ² or ½, which count as letters for a pattern; nor letters of formulas.
        if match[1].isalpha() and match[1] <= "\uffff":
            yield match.span()
    yield from repeated_words(text)
    yield from repeated_lines(text)


def repeated_words(text: str) -> Iterator[Span]:
    """A word at least four times in a row."""
    # Not by one pattern: a word of a million letters would take it a million times a million steps.
    before, start, end, times = "", 0, 0, 0
    for match in chain(re.finditer(r"\S+", text), (None,)):
        word = match[0] if match else ""
        if word != before:
            if times >= REPEATED and any(map(str.isalpha, before)):
                yield start, end
            before, start, times = word, match.start() if match else 0, 0
        times += 1
        end = match.end() if match else end


def repeated_lines(text: str) -> Iterator[Span]:
    """Lines that come at least four times: all but the first of each."""
    if text.count("\n") < REPEATED - 1:
        return
    lines = text.split("\n")
    if len(set(lines)) > len(lines) - REPEATED + 1:
        return
    counts = Counter(lines)
    often = {one for one, count in counts.items() if count >= REPEATED and one.strip()}
    seen: set[str] = set()
    start = 0
    for line in lines if often else ():
        if line in often and line in seen:
            yield start, start + len(line)
        seen.add(line)
        start += len(line) + 1


#: How each finding of a place is found; the others are of a whole row.
PLACES: dict[FindingCode, Callable[[str], Iterator[Span]]] = {
    FindingCode.MIXED_SCRIPTS: mixed_scripts,
    FindingCode.BROKEN_HALF_SPACE: half_spaces,
    FindingCode.ARABIC_LETTERS: _matches(_ALIEN),
    FindingCode.PRESENTATION_FORMS: presentation_forms,
    FindingCode.INVISIBLE: _matches(_INVISIBLE),
    FindingCode.HTML: html,
    FindingCode.REPEATED: repeated,
    **FINDERS,
}
