import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.digits import grouped, parse_number, to_latin, to_persian


@given(st.text())
def test_only_digits_change_and_lengths_stay(text):
    persian = to_persian(text)
    assert len(persian) == len(text)
    assert to_persian(persian) == persian
    assert to_latin(persian) == to_latin(text)


def test_half_spaces_survive():
    assert to_persian("سال‌های 1405") == "سال‌های ۱۴۰۵"
    assert to_latin("سال‌های ۱۴۰۵ و ١٤٠٦") == "سال‌های 1405 و 1406"


@pytest.mark.parametrize(
    ("number", "decimals", "persian", "latin"),
    [
        (0, 0, "۰", "0"),
        (1234567.891, 2, "۱٬۲۳۴٬۵۶۷٫۸۹", "1,234,567.89"),
        (-1500, 0, "-۱٬۵۰۰", "-1,500"),
        (999, 0, "۹۹۹", "999"),
    ],
)
def test_grouped(number, decimals, persian, latin):
    assert grouped(number, decimals) == persian
    assert grouped(number, decimals, digits="latin") == latin


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_what_is_shown_can_be_typed_back(number):
    assert math.isclose(parse_number(grouped(number, 3)), number, abs_tol=0.001)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("۳٫۵", 3.5), (" ٣٬٠٠٠ ", 3000), ("1e-4", 1e-4), ("−۲", -2), ("۰.۰۱", 0.01)],
)
def test_every_way_of_typing(typed, value):
    assert parse_number(typed) == value


@pytest.mark.parametrize("typed", ["", "سه", "۱۲ ۳", "۱٫۲٫۳"])
def test_no_number(typed):
    with pytest.raises(ValueError, match="could not convert"):
        parse_number(typed)
