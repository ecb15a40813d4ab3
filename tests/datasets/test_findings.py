"""What is found in rows: each where it is, nothing in clean prose; screen and row agree."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_persian_ai.datasets import findings
from jupyter_persian_ai.datasets.canonical import texts_of
from jupyter_persian_ai.datasets.characters import Characters, folded, folded_row_hashes
from jupyter_persian_ai.datasets.finding_words import WORDS
from jupyter_persian_ai.datasets.findings import BITS, Screen, codes_of, of_row
from jupyter_persian_ai.persian.fold import fold
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.quality import FindingCode

CLEAN = [
    "کتاب‌هایی که دیروز خریدم هنوز نخوانده‌ام؛ امّا «بوستان» را می‌شناسم.",
    "در سال ۱۳۵۷ (۱۹۷۹ میلادی) جمعیت شهر ۱۲٬۳۴۵ نفر بود، یعنی ۳٫۵٪ بیشتر.",
    "GPU‌ها گران‌اند و Python 3.11 رایگان است: x < y و a & b نشانه‌های ریاضی‌اند.",
    "سدهٔ چهارم ه‍.ق. بود. خانهٔ ما کنار رودخانه است… آیا می‌دانستید؟",
    "می و معشوق و گلستان؛ چشمی تر و دلی خوش. موسسهٔ دایرة‌المعارف، جرأت و مسئله.",
    "👩‍👩‍👧‍👦 خانوادهٔ من! 😀😀😀 ساعت ۱۲:۳۰–۱۴:۴۵ و دما ‎-۵ درجه".replace("\u200e", ""),
    "نسخهٔ ۲.۱۷.۳ در نشانی https://example.org/a_b?c=1 است؛ کد: ۱۳۸۲-۱۳۹۵.",
    "کم‌کم و آرام آرام آرام راه می‌رفت؛ «نه، نه، نه!» گفت و ۱۱۱۱۱ را نوشت. ------",
]
#: A text, the code, and what stands at its places.
PLACED = [
    ("كتاب علي", FindingCode.ARABIC_LETTERS, ["ك", "ي"]),
    ("ﮐﺘﺎب خوب", FindingCode.PRESENTATION_FORMS, ["ﮐﺘﺎ"]),
    ("سلام\u200f دنیا\u202e\u200b!", FindingCode.INVISIBLE, ["\u200f", "\u202e\u200b"]),
    ("پ\u200dی خوب", FindingCode.INVISIBLE, ["\u200d"]),
    ("الف\x07 ب", FindingCode.INVISIBLE, ["\x07"]),
    ("خوب <b class='x'>پررنگ</b> &nbsp;&zwnj; پایان", FindingCode.HTML,
     ["<b class='x'>", "</b>", "&nbsp;", "&zwnj;"]),
    ("a &#1705; <br/> <!-- x", FindingCode.HTML, ["&#1705;", "<br/>", "<!--"]),
    ("وازه pаypal است", FindingCode.MIXED_SCRIPTS, ["pаypal"]),
    ("در ایرانiran است", FindingCode.MIXED_SCRIPTS, ["ایرانiran"]),
    ("می رود و نمی شود", FindingCode.BROKEN_HALF_SPACE, ["می ", "نمی "]),
    ("کتاب ها و بزرگ ترین", FindingCode.BROKEN_HALF_SPACE, [" ", " "]),
    ("سلام\u200c دنیا \u200cخوب", FindingCode.BROKEN_HALF_SPACE, ["\u200c", "\u200c"]),
    ("کتاب\u200c\u200cها خانه\u200c، ", FindingCode.BROKEN_HALF_SPACE, ["\u200c\u200c", "\u200c"]),
    ("خیلییییی خوب", FindingCode.REPEATED, ["ییییی"]),
    ("خوب خوب خوب خوب است", FindingCode.REPEATED, ["خوب خوب خوب خوب"]),
    ("الف ب\nپ\nالف ب\nالف ب\nالف ب", FindingCode.REPEATED, ["الف ب"] * 3),
]  # fmt: skip


def texts(code, text):
    return [one.text for one in of_row({"text": text}) if one.code is code]


def screened(rows, shape=DatasetShape.TEXT):
    return Screen(shape).block(rows, [texts_of(row) for row in rows])


@pytest.mark.parametrize("text", CLEAN)
def test_clean_prose_raises_no_alarm(text):
    assert of_row({"text": text}) == []
    assert screened([{"text": text}]).tolist() == [0]


@pytest.mark.parametrize(("text", "code", "found"), PLACED)
def test_each_finding_is_where_it_stands(text, code, found):
    assert texts(code, text) == found
    assert FindingCode(code) in codes_of(int(screened([{"text": text}])[0]))
    for one in of_row({"text": text}):
        assert text[one.start : one.end] == one.text
        assert one.field == "text"


@pytest.mark.parametrize(("text", "code", "found"), PLACED)
def test_beside_other_rows_and_in_other_shapes_it_is_the_same(text, code, found):
    several = [{"text": CLEAN[0]}, {"text": text}, {"text": CLEAN[1]}]
    assert [bool(flags & BITS[code]) for flags in screened(several)] == [False, True, False]
    row = {
        "messages": [{"role": "user", "content": CLEAN[0]}, {"role": "assistant", "content": text}]
    }
    assert screened([row], DatasetShape.MESSAGES)[0] & BITS[code]
    assert {one.field for one in of_row(row)} == {"messages.1.content"}


def test_rows_are_too_short_too_long_or_in_other_letters():
    rows = [
        {"text": "سلام"},
        {"text": "واژه " * 50_000},
        {"text": "this is not Persian at all, no"},
    ]
    first, second, third = (codes_of(int(one)) for one in screened(rows))
    assert first == [FindingCode.TOO_SHORT]
    assert set(second) == {FindingCode.TOO_LONG, FindingCode.REPEATED}
    assert third == [FindingCode.WRONG_LANGUAGE]
    [found] = of_row(rows[0], BITS[FindingCode.TOO_SHORT])
    assert (found.code, found.field, found.start, found.end) == ("too_short", "text", 0, 0)


def test_words_of_a_list_are_looked_at_one_by_one():
    row = {"tokens": ["کتاب", "ها", "می", "رود", "كار"], "tags": ["O"] * 5}
    assert codes_of(int(screened([row], DatasetShape.TOKENS_TAGS)[0])) == ["arabic_letters"]
    assert [(one.field, one.text) for one in of_row(row)] == [("tokens.4", "ك")]


def test_labels_are_no_text():
    row = {"text": "متنی پاک و ساده است", "label": "كلاس <b>"}
    assert screened([row], DatasetShape.TEXT_LABEL)[0] == 0
    assert of_row(row) == []


def test_duplicates_are_folded_and_the_first_is_none():
    said = ["کتاب‌ها را می‌خواند", "كتابها را ميخواند", "چیز دیگری است", "کتاب‌ها را می‌خواند"]
    screen = Screen(DatasetShape.TEXT)
    for some in (said[:1], said[1:]):
        screen.block([{"text": one} for one in some], [[one] for one in some])
    assert screen.duplicates().tolist() == [False, True, False, True]


def test_another_label_or_another_place_makes_another_row():
    rows = [
        {"text": "الف ب", "text_pair": "پ", "label": "x"},
        {"text": "الف", "text_pair": "ب پ", "label": "x"},
        {"text": "الف ب", "text_pair": "پ", "label": "y"},
    ]
    hashes = findings.row_hashes(rows, [texts_of(row) for row in rows])
    assert len(set(hashes.tolist())) == 3
    alike = findings.text_hashes([texts_of(row) for row in rows])
    assert alike[0] == alike[2] != alike[1]


def test_every_code_has_its_words_in_both_languages():
    assert set(WORDS) == set(FindingCode)
    assert list(BITS.values()) == [1 << place for place in range(len(FindingCode))]
    for code in FindingCode:
        for note in findings.described(code):
            assert note.en
            assert re.search("[آ-ی]", note.fa)


@pytest.mark.parametrize("sample", ["ghazals", "ghazal_prose", "verse_or_prose"])
def test_hafez_has_only_open_affixes_and_screen_and_rows_agree(hafez, sample):
    rows = hafez[sample]
    shape = {"ghazals": "text", "ghazal_prose": "prompt_answer", "verse_or_prose": "text_label"}
    flags = screened(rows, DatasetShape(shape[sample]))
    assert {code for one in np.unique(flags) for code in codes_of(int(one))} == {
        FindingCode.BROKEN_HALF_SPACE
    }
    for row, one in zip(rows, flags.tolist(), strict=True):
        assert {found.code for found in of_row(row, one)} == set(codes_of(one))


def test_farstail_is_as_messy_as_it_is_known_to_be(farstail):
    flags = screened(farstail, DatasetShape.PAIR_LABEL)
    for row, one in zip(farstail, flags.tolist(), strict=True):
        assert {found.code for found in of_row(row, one)} == set(codes_of(one))
    met = {code for one in np.unique(flags) for code in codes_of(int(one))}
    assert {FindingCode.BROKEN_HALF_SPACE, FindingCode.ARABIC_LETTERS} <= met
    assert not met & {FindingCode.CARD, FindingCode.PHONE, FindingCode.EMAIL, FindingCode.HTML}


SIGNS = st.sampled_from(
    [
        *"ابپیکهم‌ يكﻻﺎa1٣۵ <>&@.-+،\n\t\u200d\u200f\u0651АβA0٠😀'",
        " می ",
        " ها",
        "میرود",
        "<b>",
        "&amp;",
        "09",
    ]
)
TEXTS = st.lists(SIGNS, min_size=1, max_size=30).map("".join)


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=5))
def test_screen_and_places_never_disagree(several):
    rows = [{"messages": [{"role": "user", "content": text} for text in some]} for some in several]
    flags = screened(rows, DatasetShape.MESSAGES)
    for row, one in zip(rows, flags.tolist(), strict=True):
        assert {found.code for found in of_row(row, one)} == set(codes_of(one)), json.dumps(row)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"))))
def test_blocks_fold_as_texts_do(several):
    for text in several:
        assert folded(text) == fold(text)
    hashes = folded_row_hashes(Characters([[text] for text in several]))
    alone = [int(folded_row_hashes(Characters([[fold(text)]]))[0]) for text in several]
    assert hashes.tolist() == alone


def test_a_row_longer_than_the_tables_hashes_like_any_other():
    long = "کتاب‌ها را می‌خواند " * 9000
    same = long.replace("\u200c", "").replace("ی", "ي")
    hashes = findings.text_hashes([["کوتاه"], [long], [same], [long + "ا"], ["کوتاه"]])
    assert hashes[1] == hashes[2] != hashes[3]
    assert hashes[0] == hashes[4]


@pytest.mark.parametrize(
    "piece",
    ["ا", "الف ", "a", "1", "۰۹", "<b ", "<", "&a", "@", "a@", "a.", "\u200c", " \u200c", "می ",
     "\u200d", "аа", "+1", "6037-", "IR", "ا\n", " ها", "-", "<!DOCTYPE "],
)  # fmt: skip
def test_no_text_takes_more_than_a_few_steps_a_character(piece):
    # A rule that went back and forth over a long text would not end within the limit of a test.
    text = piece * (200_000 // len(piece))
    flags = int(screened([{"text": text}])[0])
    assert {one.code for one in of_row({"text": text}, flags)} == set(codes_of(flags))
