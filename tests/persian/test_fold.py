import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.persian.fold import fold

PERSIAN_TEXT = st.text(
    st.one_of(
        st.characters(min_codepoint=0x0600, max_codepoint=0x06FF),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFF),
        st.sampled_from("\u200c\u200d\u200f aA1٫"),
    )
)


@given(st.one_of(st.text(), PERSIAN_TEXT))
def test_folding_is_total_and_idempotent(text):
    once = fold(text)
    assert fold(once) == once
    # The longest ligature, U+FDFA, stands for eighteen characters.
    assert len(once) <= 18 * len(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كتاب", "کتاب"),
        ("علي", "علی"),
        ("کتاب‌ها", "کتابها"),
        ("کِتابِ", "کتاب"),
        ("سؤال", "سوال"),
        ("خانۀ", "خانه"),
        ("۱۲۳", "123"),
        ("١٢٣", "۱۲۳"),
        ("ﻻﻟﻪ", "لاله"),
        ("کتـــاب", "کتاب"),
        ("\u202bسلام\u202c", "سلام"),
        ("PyTorch", "pytorch"),
        ("چه؟", "چه?"),
    ],
)
def test_what_a_reader_takes_for_the_same_is_the_same(one, other):
    assert fold(one) == fold(other)


def test_words_and_spaces_stay_apart():
    assert fold("می رود") != fold("می‌رود")
    assert fold("بار") != fold("یار")
