from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.dates import MONTHS, jalali, jalali_moment


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 11, 21), "۳۰ آبان ۱۴۰۵"),
        (date(2026, 3, 21), "۱ فروردین ۱۴۰۵"),
        (date(2025, 3, 20), "۳۰ اسفند ۱۴۰۳"),  # a leap year's last day
        (date(1979, 2, 11), "۲۲ بهمن ۱۳۵۷"),
    ],
)
def test_known_days(day, shown):
    assert jalali(day) == shown


def test_latin_digits_and_time():
    moment = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert jalali(moment, digits="latin") == "30 آبان 1405"
    assert jalali_moment(moment, tehran) == "۳۰ آبان ۱۴۰۵، ۱۳:۴۵"
    # Past midnight in Tehran it is another day there.
    late = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    assert jalali_moment(late, tehran).startswith("۱ آذر")


@given(st.dates(min_value=date(622, 3, 23), max_value=date(3000, 1, 1)))
def test_every_day_has_a_name_and_the_next_differs(day):
    shown = jalali(day)
    assert shown.split()[1] in MONTHS
    assert shown != jalali(day + timedelta(days=1))


def test_before_the_calendar():
    with pytest.raises(ValueError, match="year"):
        jalali(date(600, 1, 1))
