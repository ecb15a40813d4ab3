"""The direction of a text, decided for the whole of it by counting words.

Why not by the first strong letter, as `dir="auto"` does: a Persian sentence that begins with
«Qwen3» would be laid out from the left, with its question mark at the wrong end.
"""

from __future__ import annotations

import re
from typing import Literal

Direction = Literal["rtl", "ltr"]

_CODE = re.compile(
    r"(?P<fence>^[ \t]*(?:`{3,}|~{3,})).*?(?:^[ \t]*(?:`{3,}|~{3,})[ \t]*$|\Z)"
    r"|(?P<ticks>`+)[^`].*?(?P=ticks)"
    r"|\bhttps?://\S+",
    re.MULTILINE | re.DOTALL,
)
# Hebrew, Arabic, Syriac, Thaana, N'Ko, and the presentation forms.
_RIGHT = re.compile(
    "[\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3\u06fa-\u07ea\u08a0-\u08c7\ufb1d-\ufefc]"
)
_LEFT = re.compile(r"[^\W\d_]")
_RIGHT_SIGNS = re.compile("[\u0660-\u066c\u06f0-\u06f9،؛؟]")


def direction(text: str) -> Direction:
    """`rtl` when at least half of the words outside code are in a right-to-left script.

    Without words, Persian digits or punctuation decide; a text without any of them is `ltr`.
    """
    prose = _CODE.sub(" ", text)
    right = left = 0
    for word in prose.split():
        if _RIGHT.search(word):
            right += 1
        elif _LEFT.search(word):
            left += 1
    if right or left:
        return "rtl" if right >= left else "ltr"
    return "rtl" if _RIGHT_SIGNS.search(prose) else "ltr"
