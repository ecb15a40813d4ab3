"""Figures of a dataset: their data, labels in both languages, and names that are only data."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai import figures_datasets as figures
from jupyter_persian_ai.protocol.data import DatasetShape
from jupyter_persian_ai.protocol.quality import DatasetAnalysis, Fertility, Histogram

RLI, LRI, PDI = "\u2067", "\u2066", "\u2069"


def analysis(**known):
    bars = Histogram(edges=[0, 5, 10, 400], counts=[3, 9, 2], median=6, p95=120)
    return DatasetAnalysis(
        shape=DatasetShape.TEXT_LABEL, rows=14, bytes=1, characters=1, words=1, half_spaces=0,
        persian_share=1, vocabulary=1, words_most=[], lengths=bars, characters_a_row=bars,
        **known,
    )  # fmt: skip


def fertility(name, tokens, *, kept=True):
    return Fertility(
        model_id=name, model_name=name, sampled_rows=1, tokens_per_word=tokens,
        characters_per_token=2.5, unknown_tokens=4, packed_tokens=9, lost=[], lost_count=7,
        half_spaces_kept=kept,
    )  # fmt: skip


def models(item, name):
    found = []

    def walk(value):
        if isinstance(value, dict):
            if value.get("type") == "object" and value.get("name") == name:
                found.append(value["attributes"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(item)
    return found


def data(item):
    [source] = models(item, "ColumnDataSource")
    entries = source["data"]["entries"] if "entries" in source["data"] else source["data"].items()
    return dict(entries)


def said(item):
    axes = models(item, "LinearAxis")
    return [axis["axis_label"] for axis in axes if axis.get("axis_label")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("lang", "mark"), [("fa", RLI), ("en", LRI)])
def test_every_figure_is_drawn_in_both_languages_and_themes(lang, mark, theme):
    known = analysis(labels={"خوب": 9, "bad": 5})
    drawn = [
        figures.lengths(known, lang, theme),
        figures.labels(known, lang, theme),
        figures.tokens([fertility("gemma", 1.7)], lang, theme),
    ]
    for item in drawn:
        json.dumps(item)
        assert said(item)
        assert all(label.startswith(mark) and label.endswith(PDI) for label in said(item))


def test_the_last_bar_holds_the_tail_and_is_as_wide_as_the_others():
    found = data(figures.lengths(analysis(), "fa"))
    assert found["left"] == [0, 5, 10]
    assert found["right"] == [5, 10, 15]
    assert found["count"] == [3, 9, 2]
    assert found["span"] == ["۰–۴", "۵–۹", "۱۰–۳۹۹"]
    assert any("میانه ۶، ۹۵٪" in label for label in said(figures.lengths(analysis(), "fa")))
    told = said(figures.lengths(analysis(), "en"))
    assert any("median 6, 95% of rows up to 120" in label for label in told)


def test_many_labels_are_the_first_ones_and_the_rest_together():
    labels = {f"برچسب {n}": 100 - n for n in range(30)}
    found = data(figures.labels(analysis(labels=labels), "fa"))
    assert len(found["name"]) == figures.LABELS + 1
    assert found["name"][-1] == f"{RLI}برچسب‌های دیگر (۱۰){PDI}"
    assert sum(found["count"]) == sum(labels.values())
    assert sum(found["share"]) == pytest.approx(1)
    assert data(figures.labels(analysis(), "en"))["name"] == []


def test_tokenizers_stand_in_order_and_the_careless_in_another_colour():
    some = [fertility("مدل من", 3.1), fertility("gemma", 1.7, kept=False), fertility("gemma", 2.0)]
    found = data(figures.tokens(some, "fa"))
    assert found["name"] == [f"{LRI}gemma{PDI}", f"{LRI}gemma{PDI} (2)", f"{RLI}مدل من{PDI}"]
    assert found["tokens"] == [1.7, 2.0, 3.1]
    assert found["colour"][0] != found["colour"][1] == found["colour"][2]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_names_from_outside_are_short_apart_and_in_no_markup(names):
    labels = {f"<img onerror=x>{name}": 1 for name in names}
    item = figures.labels(analysis(labels=labels), "en")
    found = data(item)["name"]
    assert len(set(found)) == len(labels)
    assert all(len(name) <= figures.NAME_CHARACTERS + 8 and "\n" not in name for name in found)
    [hover] = models(item, "HoverTool")
    assert "onerror" not in json.dumps(hover["tooltips"])
    assert "safe" not in hover["tooltips"]
