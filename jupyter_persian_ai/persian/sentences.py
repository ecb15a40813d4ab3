"""Where sentences end, in Persian and Latin text, in one pass and without a model.

A sentence ends at a line end, and at `.`, `!`, `?`, `؟` or `…` with white space behind it; quotes
and brackets that close there belong to it. Not after an abbreviation, a single letter or the
number of a list, not inside a quotation, and not where a small Latin letter goes on. Points inside
numbers and addresses have no white space behind them. Must not change a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LATIN_SHORT = {
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "cf", "no", "fig", "vol", "pp", "ed",
    "al", "inc", "ltd", "co", "jr", "sr", "approx", "dept", "eq", "sec", "ch",
}  # fmt: skip
#: Shortened words before a point; a single letter needs no entry. «و غیره» does end sentences.
_PERSIAN_SHORT = {"صص", "ر.ک", "ق.م", "ه.ش", "ه.ق", "ب.م", "پ.ن", "ق.ظ", "ب.ظ"}
_END = re.compile(r"(?P<sign>[.!?؟…]++)(?P<closed>[»”\"')\]]*+)(?=(?P<space>\s)|\Z)")
_WORD_BEFORE = re.compile(r"[^\s«“\"'(\[]+\Z")
_OPENS, _CLOSES = "«“([", "»”)]"


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence, without the white space around it."""
    begin = 0
    for line in re.finditer(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+", text):
        begin = line.start()
        for end in _ends(text, line.start(), line.end()):
            yield from _trimmed(text, begin, end)
            begin = end
        yield from _trimmed(text, begin, line.end())


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [text[begin:end] for begin, end in spans(text)]


def _trimmed(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[begin:end]
    kept = piece.strip()
    if kept:
        begin += len(piece) - len(piece.lstrip())
        yield begin, begin + len(kept)


def _ends(text: str, start: int, stop: int) -> Iterator[int]:
    """Places in one line where a sentence ends."""
    closing = _quotations(text, start, stop)
    begin = start
    inside = 0
    for found in _END.finditer(text, start, stop):
        while inside < len(closing) and closing[inside][1] <= found.start():
            inside += 1
        # Inside a quotation; its own closing sign may end the sentence that holds it.
        held = inside < len(closing) and closing[inside][0] < found.start()
        if held and found.end() <= closing[inside][1]:
            continue
        if not _goes_on(text, begin, found, stop):
            yield found.end()
            begin = found.end()


def _quotations(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Outermost quotations and brackets of a line that are closed in it."""
    found: list[tuple[int, int]] = []
    open_at: list[int] = []
    for sign in re.finditer("[«“(\\[»”)\\]]", text[start:stop]):
        place = start + sign.start()
        if sign[0] in _OPENS:
            open_at.append(place)
        elif open_at and _OPENS[_CLOSES.index(sign[0])] == text[open_at[-1]]:
            begin = open_at.pop()
            while found and found[-1][0] > begin:
                found.pop()
            found.append((begin, place))
    return found


def _goes_on(text: str, begin: int, found: re.Match[str], stop: int) -> bool:
    """Whether the sentence goes on behind a sign that may have ended it."""
    rest = text[found.end() : min(stop, found.end() + 40)].lstrip()
    # A small Latin letter begins no sentence; nor does «و» behind a closed quotation.
    if rest[:1].islower() and rest[:1].isascii():
        return True
    if found["closed"] and re.match(r"(?:و|که|را|گفت|است|بود)\b", rest):
        return True
    return found["sign"] == "." and _shortened(text, begin, found.start())


def _shortened(text: str, begin: int, point: int) -> bool:
    """Whether the word before a point is an abbreviation, or the number of a list."""
    before = _WORD_BEFORE.search(text, max(begin, point - 40), point)
    if before is None:
        return False
    word = before[0]
    if word.isdigit():
        # «۱. نخست»: the sentence is nothing else so far.
        return not text[begin : before.start()].strip()
    known = word.lower() in _LATIN_SHORT or word in _PERSIAN_SHORT
    return known or (len(word) == 1 and word.isalpha())
