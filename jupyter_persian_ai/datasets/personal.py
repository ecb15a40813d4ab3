"""Finds personal data in a text, and covers it.

Owns what counts: e-mail addresses, telephone numbers of Iran (and any that is written with `+`),
Iranian national ids, bank cards and IBANs of Iran, in Persian, Arabic and Latin digits. Where a
number has check digits they must be right, so that any ten digits are not taken for an id.

Sources: the national id's sum of digit times place modulo 11 and the card's Luhn sum (ISO/IEC
7812-1) are public; the IBAN's is ISO 13616 (modulo 97). ISBN-10 has the national id's very sum:
one that is called an ISBN is left alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from ..persian.digits import to_latin
from ..protocol.quality import FindingCode
from ..protocol.versions import MaskStyle

Span = tuple[int, int]

_GAP = r"[ \-.\u2010-\u2013\u200c\u200e]?"
_AREA = "(?:11|13|17|2[13-68]|3[1458]|4[145]|5[1468]|61|66|7[1467]|8[13467])"  # of Iran's provinces
_BEFORE_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}\Z")
_AFTER_MAIL = re.compile(r"@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9\-])")
_PHONE = re.compile(
    rf"(?<![\d+])(?:(?:(?:\+|00)98{_GAP}\(?0?\)?|\(?0)9\d{_GAP}\d\)?(?:{_GAP}\d){{7}}"
    rf"|(?:(?:\+|00)98{_GAP}\(?0?|\(?0){_AREA}\)?{_GAP}[2-9](?:{_GAP}\d){{7}}"
    r"|\+[1-9](?:[ \-.()]{0,2}\d){8,13})(?!\d)"
)
_NATIONAL_ID = re.compile(r"(?<![\d.\-])(?:\d{10}|\d{3}-\d{6}-\d)(?![\d\-]|\.\d)")
_CARD = re.compile(rf"(?<!\d)[2-69]\d{{3}}(?:{_GAP}\d{{4}}){{3}}(?!\d)")
_IBAN = re.compile(rf"(?<![A-Za-z0-9])[Ii][Rr]{_GAP}\d\d(?:{_GAP}\d){{22}}(?!\d)")
_NAMED_ISBN = re.compile(r"(?:شابک|ISBN)[^\d]{0,20}\Z", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D")
_COVERED = re.compile(r"[^\W_]")


#: The finders are asked one after another of the same text.
_latin = lru_cache(maxsize=2)(to_latin)


def emails(text: str) -> Iterator[Span]:
    """Addresses of e-mail."""
    at, last = text.find("@"), 0
    while at >= 0:
        before = _BEFORE_MAIL.search(text, max(last, at - 64), at)
        after = _AFTER_MAIL.match(text, at)
        if before and after:
            yield before.start(), after.end()
            last = after.end()
        at = text.find("@", max(at + 1, last))


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers."""
    for match in _PHONE.finditer(_latin(text)):
        yield match.span()


def national_ids(text: str) -> Iterator[Span]:
    """Iranian national ids with a right check digit."""
    latin = _latin(text)
    for match in _NATIONAL_ID.finditer(latin):
        # Codes of birthplaces, which every id begins with, end below 700.
        if _is_national_id(_digits(match)) and not _NAMED_ISBN.search(
            latin, max(0, match.start() - 30), match.start()
        ):
            yield match.span()


def cards(text: str) -> Iterator[Span]:
    """Numbers of bank cards whose Luhn sum is right."""
    for match in _CARD.finditer(_latin(text)):
        if _is_luhn(_digits(match)):
            yield match.span()


def ibans(text: str) -> Iterator[Span]:
    """IBANs of Iran (شبا) whose check digits are right."""
    for match in _IBAN.finditer(_latin(text)):
        digits = _digits(match)
        if int(f"{digits[2:]}1827{digits[:2]}") % 97 == 1:  # IR is 18 27
            yield match.span()


def _digits(match: re.Match[str]) -> str:
    return _NOT_DIGIT.sub("", match[0])


def _is_national_id(digits: str) -> bool:
    if not "001" <= digits[:3] < "700" or len(set(digits)) == 1:
        return False
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return int(digits[9]) == (rest if rest < 2 else 11 - rest)


def _is_luhn(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


#: In the order in which they win where two overlap: the one that says most first.
FINDERS = {
    FindingCode.IBAN: ibans,
    FindingCode.EMAIL: emails,
    FindingCode.CARD: cards,
    FindingCode.PHONE: phones,
    FindingCode.NATIONAL_ID: national_ids,
}


def numbers(texts: Iterable[str]) -> set[FindingCode]:
    """Which kinds of personal numbers are in any of these texts."""
    return {
        code
        for text in texts
        for code, finder in FINDERS.items()
        if code is not FindingCode.EMAIL and next(finder(text), None)
    }


def masked(text: str, codes: Collection[FindingCode], style: MaskStyle = "tag") -> str:
    """`text` with these personal data covered: by `[PHONE]`, or by a star a letter or digit.

    What covering one lays bare (two numbers that shared digits) is covered too: nothing of `codes`
    is found in what is returned.
    """
    while True:
        spans = _apart(text, codes)
        if not spans:
            return text
        pieces, last = [], 0
        for start, end, code in spans:
            cover = f"[{code.value.upper()}]" if style == "tag" else _stars(text[start:end])
            pieces += [text[last:start], cover]
            last = end
        text = "".join([*pieces, text[last:]])


def _stars(text: str) -> str:
    return _COVERED.sub("*", text)


def _apart(text: str, codes: Collection[FindingCode]) -> list[tuple[int, int, FindingCode]]:
    """What is found, in order, without overlaps."""
    taken: list[tuple[int, int, FindingCode]] = []
    for code, finder in FINDERS.items():
        for start, end in finder(text) if code in codes else ():
            at = bisect_left(taken, (start,))
            if (at == 0 or taken[at - 1][1] <= start) and (at == len(taken) or end <= taken[at][0]):
                taken.insert(at, (start, end, code))
    return taken
