from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.measure import Measure, measure


def test_counts():
    counts = measure("می‌شود abc\nدو")
    assert (counts.characters, counts.words, counts.half_spaces) == (13, 3, 1)
    assert counts.persian_share == 7 / 10


def test_digits_and_signs_are_no_letters():
    assert measure("۱۲۳ ،؛؟ 123").persian_share == 0
    assert measure("سلام ۱۲۳").persian_share == 1


@given(st.lists(st.lists(st.text(), min_size=1)))
def test_sums(texts):
    counts = Measure()
    for parts in texts:
        counts.add(*parts)
    lengths = [sum(map(len, parts)) for parts in texts]
    assert counts.texts == len(texts)
    assert counts.characters == sum(lengths)
    assert counts.longest == max(lengths, default=0)
    assert counts.half_spaces == sum(part.count("\u200c") for parts in texts for part in parts)
    assert 0 <= counts.persian_share <= 1
