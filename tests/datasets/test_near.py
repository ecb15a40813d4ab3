"""Rows that are almost the same: found against a slow comparison of all with all, in both uses."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.datasets import findings, leakage, near, rows, steps
from jupyter_persian_ai.datasets import stored as storage
from jupyter_persian_ai.datasets.analysis import analyse_folder
from jupyter_persian_ai.datasets.canonical import texts_of
from jupyter_persian_ai.datasets.likeness import BANDS, Likenesses, rows_a_band, triples
from jupyter_persian_ai.persian.fold import fold
from jupyter_persian_ai.protocol.quality import Leakage

BASE = [
    "در",
    "این",
    "کتاب",
    "از",
    "تاریخ",
    "ایران",
    "و",
    "از",
    "مردمی",
    "سخن",
    "می\u200cرود",
    "که",
    "سال\u200cها",
    "پیش",
    "در",
    "این",
    "شهر",
    "می\u200cزیستند",
    "و",
    "خانه\u200cهای",
    "خود",
    "را",
    "از",
    "خشت",
    "می\u200cساختند",
    "و",
    "باغ\u200cهایشان",
    "را",
    "با",
    "آب",
    "کاریز",
    "سیراب",
    "می\u200cکردند",
]


def triples_of(text):
    """The measure, word by word."""
    words = "".join(one if one.isalnum() or one == "\u200c" else " " for one in text)
    words = [fold(word) for word in words.split()]
    if len(words) < 3:
        return {tuple(words)} if words else set()
    return {tuple(words[place : place + 3]) for place in range(len(words) - 2)}


def alike(one, two):
    left, right = triples_of(one), triples_of(two)
    return len(left & right) / len(left | right) if left and right else 0.0


def varied(rng, changes):
    words = list(BASE)
    for _ in range(changes):
        words[rng.randrange(len(words))] = rng.choice(["آب", "خاک", "باد", "آتش", "کوه", "دشت"])
    return " ".join(words)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_bands_find_nearly_all_that_are_just_alike_enough(threshold):
    each = rows_a_band(threshold)
    assert 1 - (1 - threshold**each) ** BANDS >= 0.98
    assert rows_a_band(1.0) == 8


WORDS = st.lists(
    st.sampled_from([*BASE[:9], "كتاب", "کتاب", "،", "خانه،", "۱۲", "12", "«آب»"]), max_size=9
)


@given(WORDS, WORDS)
@settings(max_examples=200)
def test_likeness_is_that_of_folded_word_triples(one, two):
    texts = [" ".join(one), " ".join(two)]
    found, bounds = triples([[text] for text in texts])
    sets = [set(found[bounds[at] : bounds[at + 1]].tolist()) for at in (0, 1)]
    assert [len(each) for each in sets] == [len(triples_of(text)) for text in texts]
    assert len(sets[0] & sets[1]) == len(triples_of(texts[0]) & triples_of(texts[1]))


def test_real_likenesses_of_rows_in_two_folders(stored):
    rng = random.Random(1)
    ones, twos = [varied(rng, 3) for _ in range(20)], [varied(rng, 3) for _ in range(20)]
    here, there = (stored(*({"text": text} for text in some)) for some in (ones, twos))
    numbers = np.arange(20)
    found = Likenesses(here, there).of(numbers, numbers)
    assert found.tolist() == pytest.approx(list(map(alike, ones, twos)))


def test_near_duplicates_are_those_of_a_comparison_of_all_with_all(stored):
    rng = random.Random(2)
    texts = [varied(rng, rng.randrange(5)) for _ in range(100)]
    texts += [" ".join(rng.sample(BASE, len(BASE))) for _ in range(50)]
    rng.shuffle(texts)
    folder = stored(*({"text": text} for text in texts))
    again = findings.mark_duplicates(findings.text_hashes([[text] for text in texts]))
    like = [[alike(one, two) for two in texts] for one in texts]
    for threshold in (0.6, 0.8):
        found = near.near_duplicates(folder, threshold)
        assert (found == near.near_duplicates(folder, threshold)).all()
        expected = np.zeros(len(texts), bool)
        for later in range(len(texts)):
            expected[later] = not again[later] and any(
                not expected[earlier] and not again[earlier] and like[later][earlier] >= threshold
                for earlier in range(later)
            )
        # Never one too many: each has an earlier row that stays and is as alike as was asked for.
        for later in np.flatnonzero(found).tolist():
            assert any(
                not found[earlier] and like[later][earlier] >= threshold for earlier in range(later)
            )
        assert np.count_nonzero(found) >= 0.95 * np.count_nonzero(expected)
        assert not (found & again).any()


def test_short_rows_and_other_labels(stored):
    short = [
        {"text": "سلام دوست", "label": "a"},
        {"text": "سلام دوست!", "label": "b"},
        {"text": "سلام", "label": "a"},
        {"text": "؟؟", "label": "a"},
        {"text": "!!", "label": "a"},
    ]
    assert near.near_duplicates(stored(*short)).tolist() == [False, True, False, False, False]


def test_dedupe_with_near_ones_leaves_none(stored, tmp_path, farstail):
    folder = stored(*farstail)
    payload = {"source_dir": str(folder), "out_dir": str(tmp_path / "out")}
    made = steps.apply(payload | {"steps": [{"kind": "dedupe", "near": True}]})
    left = made["report"]["stats"]["rows"]
    assert left < len(farstail)
    assert near.mark({"folder": str(tmp_path / "out")}) == {"rows": left, "near_duplicates": 0}


def test_leaks_are_found_and_shown(stored):
    rng = random.Random(3)
    train = [{"text": varied(rng, 8), "label": "x"} for _ in range(50)]
    test = [
        {"text": "متنی که جای دیگر نیست و تازه است", "label": "x"},
        {"text": train[7]["text"].replace("ی", "ي"), "label": "y"},
        {"text": train[9]["text"] + " امروز", "label": "x"},
    ]
    here, there = stored(*test), stored(*train)
    found = Leakage.model_validate(leakage.compare({"folder": str(here), "other": str(there)}))
    assert (found.rows, found.other_rows, found.exact, found.near) == (3, 50, 1, 1)
    assert [(one.row, one.other, one.exact) for one in found.pairs] == [
        (1, 7, True), (2, 9, False)
    ]  # fmt: skip
    assert found.pairs[1].text == test[2]["text"]
    exactly = leakage.compare({"folder": str(here), "other": str(there), "near": False})
    assert (exactly["exact"], exactly["near"]) == (1, 0)
    assert not (here / findings.FLAGS).exists()


def test_leaks_are_marked_when_asked_for(stored):
    row = {"text": "یک متن ساده و روشن"}
    here, there = stored({"text": "متن دیگری است"}, row), stored(row)
    analyse_folder({"folder": str(here)})
    leakage.compare({"folder": str(here), "other": str(there), "mark": True})
    assert findings.codes_of(int(storage.flagged(here)[1])) == ["leak"]
    leakage.compare({"folder": str(here), "other": str(stored({"text": "هیچ"})), "mark": True})
    assert not storage.flagged(here).any()


def test_the_parts_of_a_split_do_not_leak(stored, tmp_path, farstail):
    folder = stored(*farstail)
    parts = {"train": 0.9, "test": 0.1}
    for part in parts:
        payload = {"source_dir": str(folder), "out_dir": str(tmp_path / part)}
        steps.apply(payload | {"steps": [{"kind": "part", "part": part, "parts": parts}]})
    dirs = {"folder": str(tmp_path / "test"), "other": str(tmp_path / "train")}
    found = leakage.compare(dirs | {"near": False})
    assert found["exact"] == 0
    assert found["rows"] + found["other_rows"] == len(farstail)
    labels = [row["label"] for row in rows.iterate(tmp_path / "test")]
    for label in ("e", "n", "c"):
        share = sum(row["label"] == label for row in farstail) / len(farstail)
        assert abs(labels.count(label) / len(labels) - share) < 0.02
    assert texts_of(farstail[0])
