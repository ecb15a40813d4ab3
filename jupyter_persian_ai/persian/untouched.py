"""What no rule may touch: code, addresses, tags. Taken out of a text and put back.

Each stretch gives its place to one character, and what stands in that place comes back in order;
the same character in the text itself is such a stretch too, so none is ever taken for another.
"""

from __future__ import annotations

import re

from .characters import BREAKS

#: Stands for a stretch. Private use: nothing of Unicode's own.
PLACE = "\ue000"
_STOPS = rf"\s{BREAKS}<>\"«»،؛؟()\[\]{{}}|\\^`{PLACE}"
_STRETCH = re.compile(
    rf"""
    (?m:^)[ \t]*(?P<fence>`{{3,}}|~{{3,}})[\s\S]*?(?:\n[ \t]*(?P=fence)[`~]*[ \t]*(?=\n|\Z)|\Z)
    | (?<!`)(?P<ticks>`++)[^`{BREAKS}]+(?P=ticks)
    | (?:https?|ftp|file)://[^{_STOPS}]*[^{_STOPS}.,:;!?…'*]
    | www\.[^{_STOPS}]*[^{_STOPS}.,:;!?…'*]
    | (?<![A-Za-z0-9_.+-])[A-Za-z0-9_][A-Za-z0-9_.+-]*+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+
    | </?[A-Za-z!][^<>{BREAKS}]*>
    | {PLACE}
    """,
    re.VERBOSE,
)


def taken_out(text: str) -> tuple[str, list[str]]:
    """The text with `PLACE` for each stretch, and the stretches in order."""
    if not (
        "`" in text
        or "://" in text
        or "@" in text
        or "<" in text
        or "www." in text
        or "~~~" in text
        or PLACE in text
    ):
        return text, []
    stretches: list[str] = []

    def place(found: re.Match[str]) -> str:
        stretches.append(found[0])
        return PLACE

    return _STRETCH.sub(place, text), stretches


def put_back(text: str, stretches: list[str]) -> str:
    """The text with its stretches in their places again."""
    if not stretches:
        return text
    pieces = text.split(PLACE)
    return "".join(piece for pair in zip(pieces, [*stretches, ""], strict=True) for piece in pair)
