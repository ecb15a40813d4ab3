"""Folds text for searching: what a reader takes for the same word compares equal.

For comparison only. Never store, train on or show a folded text: half-spaces are gone from it.
"""

from __future__ import annotations

import unicodedata

_LETTERS = {
    "ي": "ی", "ى": "ی", "ئ": "ی", "ې": "ی", "ۍ": "ی", "ێ": "ی",
    "ك": "ک", "ڪ": "ک",
    "ة": "ه", "ۀ": "ه", "ۂ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
    "آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا",
    "ؤ": "و",
    "٫": ".", "٬": ",", "٪": "%", "،": ",", "؛": ";", "؟": "?",
}  # fmt: skip
_INVISIBLE = (
    "\u00ad\u061c\u0640"  # soft hyphen, Arabic letter mark, tatweel
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_DIACRITICS = [*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06EE)]


def _table() -> dict[int, str]:
    """One character to what replaces it; every replacement is already folded."""
    table = {ord(letter): plain for letter, plain in _LETTERS.items()}
    table |= {ord(mark): "" for mark in _INVISIBLE}
    # U+06DD, U+06DE and U+06E9 stand in that range and are signs, not diacritics.
    table |= {point: "" for point in _DIACRITICS if unicodedata.category(chr(point)) != "So"}
    for digit in range(10):
        table[0x06F0 + digit] = table[0x0660 + digit] = str(digit)
    # Presentation forms, which old editors wrote instead of letters.
    for point in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        plain = unicodedata.normalize("NFKC", chr(point))
        if plain != chr(point):
            table[point] = plain.translate(table)
    return table


_TABLE = _table()


def fold(text: str) -> str:
    """`text` with yeh, kaf, heh, hamza carriers, digits and case folded, and marks dropped.

    Half-spaces and diacritics vanish, spaces stay. Folding twice changes nothing more.
    """
    return text.casefold().translate(_TABLE)
