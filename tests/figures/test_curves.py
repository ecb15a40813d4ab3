"""Empty figures: named sources, isolated labels, both themes and scales, no data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jupyter_persian_ai import figures
from jupyter_persian_ai.figures import WORDS, comparison, curves, isolated, smoothed

RLI, LRI, PDI = "\u2067", "\u2066", "\u2069"


def models(item: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Every model of a kind, wherever it stands in the item."""
    found: list[dict[str, Any]] = []

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("name") == kind and "attributes" in node:
                found.append(node["attributes"])
            for inner in node.values():
                visit(inner)
        elif isinstance(node, list):
            for inner in node:
                visit(inner)

    visit(item["doc"])
    return found


STYLE = Path(__file__).parents[2] / "labextension" / "style"


def sources(item: dict[str, Any]) -> set[str]:
    """Names of the sources, which are empty."""
    found = models(item, "ColumnDataSource")
    for source in found:
        assert dict(source["data"]["entries"]) == {"step": [], "value": []}
    return {source["name"] for source in found}


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_has_the_sources_that_the_page_fills_and_they_are_empty(lang, theme, scale):
    item = curves(("loss", "eval_loss"), lang, theme, scale)
    assert sources(item) == {"loss", "loss_smooth", "eval_loss"}
    assert ('"LogScale"' in json.dumps(item, allow_nan=False)) == (scale == "log")


@pytest.mark.parametrize("metric", WORDS)
def test_every_metric_has_a_figure_in_both_languages(metric):
    for lang in ("fa", "en"):
        item = curves((metric,), lang, "light")
        expected = {metric, f"{metric}_smooth"} if smoothed(metric) else {metric}
        assert sources(item) == expected
        assert any(WORDS[metric][lang] in label for label in labels(item))


def test_a_metric_that_nobody_named_is_called_by_its_own_name():
    item = curves(("val_bleu",), "fa", "light")
    assert sources(item) == {"val_bleu", "val_bleu_smooth"}
    assert isolated("val_bleu", "fa") in labels(item)


@pytest.mark.parametrize("runs", [1, 3, 10])
def test_a_comparison_has_a_colour_and_a_source_for_each_run(runs):
    item = comparison("loss", runs)
    assert sources(item) == {f"run{n}{kind}" for n in range(runs) for kind in ("", "_smooth")}
    drawn = json.dumps(item)
    assert [colour in drawn for colour in figures.PALETTES["light"].series] == [
        place < runs for place in range(10)
    ]
    assert sources(comparison("eval_loss", 2)) == {"run0", "run1"}


def test_the_page_has_the_same_colours_for_its_legend():
    style = "".join(path.read_text("utf-8") for path in sorted(STYLE.glob("*.css")))
    said = {(int(place), colour) for place, colour in re.findall(r"--pai-run-(\d): (#\w+);", style)}
    drawn = {
        (place, colour)
        for palette in figures.PALETTES.values()
        for place, colour in enumerate(palette.series)
    }
    assert said == drawn


def labels(item: dict[str, Any]) -> list[str]:
    found = [legend["label"]["value"] for legend in models(item, "LegendItem")]
    axes = models(item, "LinearAxis") + models(item, "LogAxis")
    return found + [axis["axis_label"] for axis in axes if axis.get("axis_label")]


@pytest.mark.parametrize(("lang", "mark"), [("fa", RLI), ("en", LRI)])
def test_every_label_is_isolated(lang, mark):
    found = labels(curves(("loss", "eval_loss"), lang, "light"))
    assert len(found) == 4
    for label in found:
        assert label.startswith(mark)
        assert label.endswith(PDI)


def test_isolation_keeps_the_text_byte_for_byte():
    assert isolated("می‌شود ۵٪.", "fa")[1:-1] == "می‌شود ۵٪."


def test_themes_differ_only_in_colour():
    light, dark = curves(theme="light"), curves(theme="dark")
    kinds = [len(models(item, "GlyphRenderer")) for item in (light, dark)]
    assert kinds == [4, 4]
    assert "#0f766e" in json.dumps(light)
    assert "#2dd4bf" in json.dumps(dark)


def test_the_wheel_scrolls_the_page_unless_ctrl_is_held():
    (wheel,) = models(curves(), "WheelZoomTool")
    modifiers = wheel["modifiers"]
    assert dict(modifiers.get("entries", modifiers.items())) == {"ctrl": True}
