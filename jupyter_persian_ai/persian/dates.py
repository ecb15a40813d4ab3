"""Dates in the Jalali calendar, for reading only: what is stored and sent is ISO 8601 in UTC."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

import jdatetime

from .digits import Digits, to_persian

MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


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
