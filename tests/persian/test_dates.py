from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.dates import MONTHS, jalali, jalali_moment, parse_jalali


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


@pytest.mark.parametrize(
    "text",
    [
        "۱۴۰۵/۸/۳۰",
        "1405-08-30",
        "١٤٠٥.٨.٣٠",
        "۳۰ آبان ۱۴۰۵",
        " 30 آبان ماه 1405 ",
        "۳۰ آبان‌ماه ۱۴۰۵",
    ],
)
def test_a_date_that_a_reader_wrote(text):
    assert parse_jalali(text) == date(2026, 11, 21)


def test_a_date_that_was_shown_is_read_again():
    for number in range(0, 4000, 37):
        day = date(2020, 1, 1) + timedelta(days=number)
        assert parse_jalali(jalali(day)) == day
        assert parse_jalali(jalali(day, "latin")) == day


@pytest.mark.parametrize(
    "text", ["", "دیروز", "۱۴۰۵/۱۳/۱", "۱۴۰۴/۱۲/۳۰", "۳۱ مهر ۱۴۰۵", "1/2", "۳۰ Aban ۱۴۰۵"]
)
def test_what_names_no_day(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_jalali(text)
