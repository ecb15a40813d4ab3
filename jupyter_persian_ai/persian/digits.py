"""Digits and grouped numbers: Persian in prose, Latin in code, both accepted as input.

The Persian separators are `٬` (U+066C, thousands) and `٫` (U+066B, decimal).
"""

from __future__ import annotations

from typing import Literal

Digits = Literal["persian", "latin"]

_LATIN = "0123456789"
_PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC = "٠١٢٣٤٥٦٧٨٩"
_TO_PERSIAN = str.maketrans(_LATIN + _ARABIC, _PERSIAN + _PERSIAN)
_TO_LATIN = str.maketrans(_PERSIAN + _ARABIC, _LATIN + _LATIN)
_SEPARATORS_TO_PERSIAN = str.maketrans(",.", "٬٫")
_NUMBER_TO_LATIN = str.maketrans("٫−", ".-", "٬,_\u200e\u200f\u061c")


def to_persian(text: str) -> str:
    """`text` with every Latin and Arabic digit made Persian; nothing else changes."""
    return text.translate(_TO_PERSIAN)


def to_latin(text: str) -> str:
    """`text` with every Persian and Arabic digit made Latin; nothing else changes."""
    return text.translate(_TO_LATIN)


def grouped(number: float, decimals: int = 0, digits: Digits = "persian") -> str:
    """A number as a reader expects it: ۱٬۲۳۴٬۵۶۷٫۸۹ or 1,234,567.89."""
    latin = f"{number:,.{decimals}f}"
    if digits == "latin":
        return latin
    return to_persian(latin.translate(_SEPARATORS_TO_PERSIAN))


def parse_number(text: str) -> float:
    """The number that a user typed, in any of these digits and separators.

    Raises:
        ValueError: when it is no number.

    """
    return float(to_latin(text.strip()).translate(_NUMBER_TO_LATIN))
