"""Counts what is worth knowing of a Persian text, in one pass and without keeping it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

HALF_SPACE = "\u200c"
_ARABIC_SCRIPT = re.compile(
    "[\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
    "\u0750-\u077f\u08a0-\u08c7\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc]"
)


@dataclass(slots=True)
class Measure:
    """Running counts; `add` each text, then read."""

    texts: int = 0
    characters: int = 0
    words: int = 0
    longest: int = 0
    # How often each character came: counting this way is several times faster than searching
    # every text for letters, and a language has few different characters.
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, *parts: str) -> None:
        """Count one text that is made of `parts`. A word ends at white space alone."""
        length = 0
        for part in parts:
            length += len(part)
            self.words += len(part.split())
            self.seen.update(part)
        self.texts += 1
        self.characters += length
        self.longest = max(self.longest, length)

    @property
    def half_spaces(self) -> int:
        """How often U+200C came."""
        return self.seen[HALF_SPACE]

    @property
    def persian_share(self) -> float:
        """The share of letters that are in Arabic script, 0 to 1; 0 without letters."""
        letters = sum(count for one, count in self.seen.items() if one.isalpha())
        arabic = sum(
            count for one, count in self.seen.items() if one.isalpha() and _ARABIC_SCRIPT.match(one)
        )
        return arabic / letters if letters else 0.0


def measure(text: str) -> Measure:
    """The counts of one text."""
    counts = Measure()
    counts.add(text)
    return counts
