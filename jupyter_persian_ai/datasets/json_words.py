"""Why a text is no JSON, in Persian.

The reasons are those of Python's `json` (3.11 to 3.13); one that is not known here stays as it is.
"""

from __future__ import annotations

import re

from ..persian.digits import to_persian

_REASON = re.compile(
    r"(?P<reason>.+?):? line (?P<line>\d+) column (?P<column>\d+)(?: \(char \d+\))"
)
_WORDS = {
    "Expecting value": "اینجا باید مقداری باشد",
    "Expecting property name enclosed in double quotes": 'اینجا باید نام فیلدی درون " " باشد',
    "Expecting ':' delimiter": "اینجا باید «:» باشد",
    "Expecting ',' delimiter": "اینجا باید «,» باشد",
    "Illegal trailing comma before end of object": "ویرگول پیش از بسته‌شدن شیء زیادی است",
    "Illegal trailing comma before end of array": "ویرگول پیش از بسته‌شدن فهرست زیادی است",
    "Unterminated string starting at": "رشته‌ای که اینجا باز می‌شود بسته نشده است",
    "Invalid control character at": "نویسهٔ کنترلی ناپذیرفتنی",
    "Invalid \\escape": "پس از «\\» نویسه‌ای ناپذیرفتنی آمده است",
    "Invalid \\uXXXX escape": "پس از «\\u» چهار رقم شانزده‌شانزدهی نیست",
    "Extra data": "پس از پایان شیء چیز دیگری آمده است",
}


def in_persian(reason: str) -> str:
    """The reason of a `json.JSONDecodeError` as a Persian reader takes it."""
    found = _REASON.fullmatch(reason)
    words = _WORDS.get(found["reason"]) if found else None
    if found is None or words is None:
        return reason
    # The line counts from where the row begins, which most often is its only one.
    line = f"سطر {found['line']} آن، " if found["line"] != "1" else ""
    return to_persian(f"{words} ({line}نویسهٔ {found['column']})")
