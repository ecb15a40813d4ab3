"""Sentences in both languages; numbers in the digits of each. No torch."""

from __future__ import annotations

import re

from ..persian.digits import grouped, to_persian
from ..protocol.base import Note

# A number by itself: `fp32` and `q4_k` stay as they are.
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])", re.ASCII)


def both(en: str, fa: str) -> Note:
    """A note; numbers of the Persian sentence get Persian digits, names with digits stay."""
    return Note(en=en, fa=_NUMBER.sub(lambda found: _persian(found[0]), fa))


def _persian(number: str) -> str:
    whole, _, decimals = number.partition(".")
    return grouped(float(number), len(decimals)) if decimals else to_persian(whole)
