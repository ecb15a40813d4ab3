"""Dates in the Jalali calendar, for readers: what is stored and sent is ISO 8601 in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, tzinfo

import jdatetime

from .digits import Digits, to_latin, to_persian

MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_MONTH_NAMES = {name: number for number, name in enumerate(MONTHS, 1)} | {"امرداد": 5}
#: Of other keyboards; marks of direction are often copied along.
_DATE_LETTERS = str.maketrans("يك", "یک", "\u200c\u200e\u200f\u061c")
_NUMBERS = re.compile(r"([0-9]{1,4})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})")
_WORDS = re.compile(r"([0-9]{1,2})\s+(\w+?)\s*(?:ماه)?\s+([0-9]{1,4})")


def jalali(day: date, digits: Digits = "persian") -> str:
    """A day as «۳۰ آبان ۱۴۰۵». A `datetime` counts as the day it names in its own zone.

    Raises:
        ValueError: for days before the calendar begins (22 March 622).

    """
    converted = jdatetime.date.fromgregorian(year=day.year, month=day.month, day=day.day)
    text = f"{converted.day} {MONTHS[converted.month - 1]} {converted.year}"
    return to_persian(text) if digits == "persian" else text


def jalali_moment(moment: datetime, zone: tzinfo | None = None, digits: Digits = "persian") -> str:
    """A moment as «۳۰ آبان ۱۴۰۵، ۱۳:۴۵», in `zone`, or in the machine's zone without one.

    Raises:
        ValueError: for days before the calendar begins (22 March 622).

    """
    local = moment.astimezone(zone)
    time = f"{local:%H:%M}"
    return f"{jalali(local, digits)}، {to_persian(time) if digits == 'persian' else time}"


def parse_jalali(text: str) -> date:
    """The day that a reader wrote: ۱۴۰۵/۸/۳۰, 1405-08-30, ۳۰ آبان ۱۴۰۵; in any digits.

    Raises:
        ValueError: when it names no day of the Jalali calendar.

    """
    plain = to_latin(text).translate(_DATE_LETTERS).strip()
    if numbers := _NUMBERS.fullmatch(plain):
        year, month, day = map(int, numbers.groups())
    elif (words := _WORDS.fullmatch(plain)) and words[2] in _MONTH_NAMES:
        day, month, year = int(words[1]), _MONTH_NAMES[words[2]], int(words[3])
    else:
        raise ValueError(f"not a Jalali date: {text[:40]!r}")
    converted: date = jdatetime.date(year, month, day).togregorian()
    return converted
