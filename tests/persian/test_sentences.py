"""Where sentences end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.sentences import sentences, spans


@pytest.mark.parametrize(
    "parts",
    [
        ["سلام.", "حال شما خوب است؟", "بله!", "چه خوب…"],
        ["کتاب‌ها را خواندم.", "۳.۱۴ عدد پی است و ۱٬۲۳۴٫۵ نه.", "تمام"],
        ["او گفت: «بیا. زود باش!» و رفت.", "من ماندم."],
        ["«بیا.»", "«نمی‌آیم.»"],
        ["این در ص. ۱۲ آمده است.", "در سال ۳۵۰ ه.ش. بود.", "پایان"],
        ["۱. نخست این.", "سپس آن."],
        ["Mr. Smith went, e.g. home.", "Then he slept."],
        ["نشانی http://a.ir/x.y?z=1 است.", "فایل a.txt را ببین."],
        ["واقعاً؟!", "آری!!!", "خب."],
        ["(این. آن.) و چیز دیگر.", "بس."],
        ["یک«دو", "سه"],
    ],
)
def test_sentences(parts):
    joined = "\n".join(parts) if parts == ["یک«دو", "سه"] else " ".join(parts)
    assert sentences(joined) == parts


def test_lines_end_sentences():
    assert sentences("یک\n\nدو سه\r\nچهار") == ["یک", "دو سه", "چهار"]
    assert sentences(" \n ") == []


@given(st.one_of(st.text(), st.text("ا. ؟!»«()\n1aA۱…'\"")))
def test_nothing_is_lost_and_nothing_comes_twice(text):
    places = list(spans(text))
    assert all(begin < end for begin, end in places)
    assert all(one[1] <= two[0] for one, two in pairwise(places))
    kept = "".join(text[begin:end] for begin, end in places)
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize("piece", [".", "« ", "1. ", ")", "ص. ", "?!»", "(.) "])
def test_long_lines_take_linear_time(piece):
    assert sentences(piece * 50_000)
