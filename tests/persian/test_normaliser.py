"""Our own normaliser: idempotent, total and bounded on anything; and what it does to Persian."""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.persian import normalise
from jupyter_persian_ai.persian.describing import alone, normalisers
from jupyter_persian_ai.persian.normaliser import Normaliser, row
from jupyter_persian_ai.persian.own_rules import OwnRules, own_rules
from jupyter_persian_ai.protocol.normaliser import NormaliserRecipe

ALL = NormaliserRecipe(diacritics=True, repeated=True)
NOTHING = NormaliserRecipe(
    letters=False,
    presentation=False,
    digits="keep",
    invisible=False,
    half_spaces=False,
    punctuation=False,
    spaces=False,
)
#: Everything that some rule looks at, and what surrounds it.
PIECES = [
    *'یيكهۀۃھااورمدب،,؛;؟?!.:()[]«»"“”„%٪12۲٣aB_-/@`<>ﷲﻻﺏﺒﷺ…¬',
    *"\u200c\u200c\u200d\u200e\u00ad\u200b\u00a0\u2009\ufeff\u0653\u0654\u0655\u064e\u0651\u0640",
    *"\n\t\r\x00\x0b\x85\u2028\ue000\ufdd0\ud800\udfff😀é߷क",
    *[" "] * 12,
    *("  ", "\r\n", "...", "ااا", "```", "~~~", "``", "http://", "www.", "x@y.ir", "<b>", "--"),
    *("می", "نمی", "ها", "های", "تر", "ترین", "ای", "ام", "شان", "ی", "خانه", "راه", "همه"),
    *("می", "ها", "خانه", "روم", "رود", "کتاب", "میشود", "نمیداند", "UTF-8", "3.14", "۱٬۲۳۴"),
]
ONE = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=())),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(min_codepoint=0x600, max_codepoint=0x6FF)),
    st.text(st.characters(min_codepoint=0xFB50, max_codepoint=0xFEFF)),
)
FLAGS = st.booleans()
RECIPES = st.builds(
    NormaliserRecipe,
    letters=FLAGS,
    presentation=FLAGS,
    digits=st.sampled_from(["keep", "persian", "latin"]),
    invisible=FLAGS,
    half_spaces=FLAGS,
    punctuation=FLAGS,
    spaces=FLAGS,
    diacritics=FLAGS,
    repeated=FLAGS,
)
#: Of what version 1 made of three thousand strings.
VERSION_1 = "2c55d8e3f7731498d03798857c2f8cbde3f9d237c7f09b72eaa6bc0fd0c53e44"
EASY = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=500, **EASY)
@given(
    st.one_of(st.just(NormaliserRecipe()), st.just(ALL), RECIPES), st.integers(0, 2**64), st.data()
)
def test_a_hundred_thousand_strings(recipe, seed, data):
    """Two hundred an example, made from its seed: Hypothesis alone would take minutes for them."""
    draw = random.Random(seed)
    texts = ["".join(draw.choices(PIECES, k=draw.randrange(14))) for _ in range(199)]
    texts.append(data.draw(ONE))
    normaliser = Normaliser(recipe)
    done = normaliser.texts(texts)
    assert normaliser.texts(done) == done
    assert all(len(new) <= 4 * len(text) for text, new in zip(texts, done, strict=True))


@settings(max_examples=1500, **EASY)
@given(RECIPES, ONE)
def test_any_string_in_any_recipe(recipe, text):
    normaliser = Normaliser(recipe)
    once = normaliser.text(text)
    assert normaliser.text(once) == once
    assert len(once) <= 4 * len(text)
    traced = normaliser.traced(text)
    assert traced.text == once
    assert sum(traced.counts.values()) >= len(traced.changes)
    assert bool(traced.counts) == (once != text)


@settings(max_examples=1000, **EASY)
@given(RECIPES, ONE, ONE)
def test_what_was_met_before_changes_nothing(recipe, before, text):
    fresh = OwnRules(recipe).text(text)
    used = OwnRules(recipe)
    used.text(before)
    assert used.text(text) == fresh


@settings(max_examples=500, **EASY)
@given(ONE)
def test_nothing_switched_on_changes_nothing(text):
    assert normalise(text, NOTHING) == text


@settings(max_examples=1000, **EASY)
@given(RECIPES, ONE)
def test_a_step_that_is_told_really_happened(recipe, text):
    """Each change, undone in its step's own text, gives that text: offsets and words are right."""
    for change in Normaliser(recipe).traced(text).changes:
        assert len(change.before) == change.end - change.start
        assert change.before != change.after
    first = Normaliser(recipe).traced(text).changes[:1]
    for change in first:
        assert text[change.start : change.end] == change.before


CASES = [
    # letters
    ("كتابي از علي", "کتابی از علی"),
    ("خانۀ ما", "خانهٔ ما"),
    ("مسئول رأی مؤمن آن", "مسئول رأی مؤمن آن"),
    ("لیلة القدر", "لیلة القدر"),
    ("ﺳﻼﻡ", "سلام"),
    ("ﷲ", "الله"),
    ("ﷺ", "ﷺ"),
    # digits
    ("سال 1405 و ١٢٣", "سال ۱۴۰۵ و ۱۲۳"),
    ("UTF-8 و x86 و 1.5GB", "UTF-8 و x86 و 1.5GB"),
    ("نشانی 192.168.1.10 است", "نشانی 192.168.1.10 است"),
    ("عدد 3.14 و 1,234 و 50 %", "عدد ۳.۱۴ و ۱,۲۳۴ و ۵۰٪"),
    # half-spaces that are wrong
    ("می\u200c\u200cروم به\u200c خانه\u200c", "می\u200cروم به خانه"),
    ("۵\u200cام", "۵\u200cام"),
    ("کتاب\u200c ها", "کتاب\u200cها"),
    # half-spaces that are missing
    ("می خواهم", "می\u200cخواهم"),
    ("نمی دانم", "نمی\u200cدانم"),
    ("میشود و نمیکنند", "می\u200cشود و نمی\u200cکنند"),
    ("کتاب ها و کتاب های او", "کتاب\u200cها و کتاب\u200cهای او"),
    ("بزرگ تر و بزرگ ترین", "بزرگ\u200cتر و بزرگ\u200cترین"),
    ("خانه ام خانه ای خانه ی ما", "خانه\u200cام خانه\u200cای خانه\u200cی ما"),
    ("رفته اند", "رفته\u200cاند"),
    # and what only looks so
    ("می ناب و می و معشوق", "می ناب و می و معشوق"),
    ("خشک و تر", "خشک و تر"),
    ("میدان و میز و میل", "میدان و میز و میل"),
    ("به ای دوست", "به ای دوست"),
    ("راه ای", "راه ای"),
    ("که ام", "که ام"),
    # punctuation
    ("سلام ,خوبی?بله!", "سلام، خوبی؟ بله!"),
    ("سلام ، خوبی ؟", "سلام، خوبی؟"),
    ("( سلام ) و « گل »", "(سلام) و «گل»"),
    ('گفت:"بیا"', "گفت: «بیا»"),
    ("Hello, world; really?", "Hello, world; really?"),
    ('He said "yes", then left.', 'He said "yes", then left.'),
    ("Debian, اوبونتو", "Debian، اوبونتو"),
    ("کتاب(ها) و کتاب(جلد یک)است", "کتاب(ها) و کتاب (جلد یک) است"),
    ("«گنو»ها", "«گنو»ها"),
    ("سال ۳۵۰ ه.ش. بود", "سال ۳۵۰ ه.ش. بود"),
    ("رفت...", "رفت…"),
    # spaces
    ("  یک   دو\u00a0سه\t چهار  ", "یک دو سه چهار"),
    ("- یک\n  - دو  \r\nسه", "- یک\n  - دو\nسه"),
    # invisible
    ("\u202bسلام\u202c \ufeffخوب\u00ad", "سلام خوب"),
    ("می¬روم", "می\u200cروم"),
    ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    # not ours to touch
    ("http://a.ir/كتاب?a=1,2 را", "http://a.ir/كتاب?a=1,2 را"),
    ("x.y@z.ir و `a ,b  ي` و <b c='1'>", "x.y@z.ir و `a ,b  ي` و <b c='1'>"),
    ("كد:\n```\nx ,y  ي 1\n```\nكد", "کد:\n```\nx ,y  ي 1\n```\nکد"),
    # nothing at all
    ("", ""),
    (" \n ", ""),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_what_it_does(text, wanted):
    assert normalise(text) == wanted


@pytest.mark.parametrize(
    ("step", "text", "wanted"),
    [
        ("diacritics", "مُعَلِّم خـــوب اللّٰه", "معلم خوب الله"),
        ("diacritics", "خانهٔ آن رأی", "خانهٔ آن رأی"),
        ("repeated", "خیلییییی عااااالی ههههه تردد AAA", "خیلی عالی هه تردد AAA"),
    ],
)
def test_what_is_off_at_first(step, text, wanted):
    assert normalise(text, alone(step)) == wanted


def test_latin_digits_and_their_signs():
    latin = alone("digits").model_copy(update={"digits": "latin"})
    assert normalise("۱٬۲۳۴٫۵ و ٩", latin) == "1,234.5 و 9"


def test_the_trace_says_which_step_did_what_and_where():
    traced = Normaliser().traced("كتاب ها http://x.y/ي 12")
    assert traced.text == "کتاب‌ها http://x.y/ي ۱۲"
    told = [(one.step, one.start, one.before, one.after) for one in traced.changes]
    assert told == [
        ("letters", 0, "ك", "ک"),
        ("digits", 21, "12", "۱۲"),
        ("half_spaces", 4, " ", "\u200c"),
    ]
    assert traced.counts == {"letters": 1, "digits": 1, "half_spaces": 1}


def test_a_trace_of_many_changes_is_short_and_counts_all():
    traced = Normaliser().traced("ي " * 2000)
    assert len(traced.changes) == 500
    assert traced.counts["letters"] == 2000


@pytest.mark.parametrize("step", normalisers().steps, ids=lambda step: step.id)
def test_each_example_shows_its_step(step):
    assert step.example_after != step.example_before
    assert step.example_after == normalise(step.example_before, alone(step.id))
    assert step.id in NormaliserRecipe.model_fields
    assert step.title.fa
    assert step.help.fa.endswith(".")


def test_the_form_has_every_switch():
    switches = set(NormaliserRecipe.model_fields) - {"version", "backend", "backend_version"}
    assert {step.id for step in normalisers().steps} == switches


HARD = ["ا", " ", "‌", "¬", "`", "?", "،", '"', "“", "(", "«", ".", "<a", "www.", "http://.", "می "]
HARD += [
    "a@",
    "-1",
    "\u200d",
    "\n ",
    "\t",
    "?ا",
    " ?",
    "٪ ",
    "۱ ",
    "ااا",
    "«(",
    "ه ا",
    "1.",
    "~~~\n",
]


@pytest.mark.parametrize("piece", HARD, ids=repr)
@pytest.mark.parametrize("end", ["", "x", "\n", "ب"])
def test_no_text_takes_more_than_linear_time(piece, end):
    """A hundred thousand of anything; a quadratic rule would take minutes, and the test with it."""
    text = piece * 100_000 + end
    new = normalise(text, ALL)
    assert len(new) <= 4 * len(text)


def test_every_character_alone():
    normaliser = Normaliser(ALL)
    for point in (*range(0x10000), *range(0x10000, sys.maxunicode + 1, 61)):
        one = chr(point)
        new = normaliser.text(one)
        assert len(new) <= 4
        if unicodedata.category(one) in {"Lo", "Ll", "Lu", "So", "Sm"} and not re.match(
            "[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]", one
        ):
            assert new == one, hex(point)


def test_rows_keep_their_labels_tags_and_roles():
    normaliser = Normaliser()
    assert row(normaliser, {"text": "كتاب 1", "label": "ي"}) == {"text": "کتاب ۱", "label": "ي"}
    turns = {"messages": [{"role": "user", "content": "ك"}, {"role": "assistant", "content": "ي"}]}
    assert [turn["content"] for turn in row(normaliser, turns)["messages"]] == ["ک", "ی"]
    words = {"tokens": ["كتاب", "ها", "،ب", " "], "tags": ["O", "B-ي", "O", "O"]}
    assert row(normaliser, words) == {"tokens": ["کتاب", "ها", "،ب", " "], "tags": words["tags"]}
    pair = {"prompt": [{"role": "user", "content": "ك"}], "chosen": "ي", "rejected": "ك"}
    assert row(normaliser, pair)["prompt"] == [{"role": "user", "content": "ک"}]


def test_threads_may_share_it():
    texts = [f"كتاب {number} ها، {'ي' * (number % 5)}" for number in range(3000)]
    alone_one = [OwnRules(NormaliserRecipe()).text(text) for text in texts[:50]]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(Normaliser().text, texts))
    assert done[:50] == alone_one
    assert done == Normaliser().texts(texts)


def test_remembered_words_are_bounded(monkeypatch):
    from jupyter_persian_ai.persian import own_rules as module

    monkeypatch.setattr(module, "_REMEMBERED", 1000)
    rules = OwnRules(NormaliserRecipe())
    for number in range(500):
        rules.text(f"واژهٔ{number}")
    assert rules._words.characters < 1100


def test_equal_recipes_share_their_rules():
    assert own_rules(NormaliserRecipe()) is own_rules(NormaliserRecipe())


def test_version_one_of_the_rules_never_changes():
    """What version 1 made of a text it makes of it for ever: a new rule is a new version."""
    draw = random.Random(1405)
    texts = ["".join(draw.choices(PIECES, k=12)) for _ in range(3000)]
    made = [Normaliser(recipe).texts(texts) for recipe in (NormaliserRecipe(), ALL, NOTHING)]
    told = json.dumps(made).encode()
    assert hashlib.sha256(told).hexdigest() == VERSION_1
