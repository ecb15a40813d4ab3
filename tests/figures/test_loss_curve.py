"""The empty loss curve: named sources, isolated labels, both themes, no data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_persian_ai.figures import SOURCES, isolated, loss_curve

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


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_has_the_sources_that_the_page_fills_and_they_are_empty(lang, theme):
    item = loss_curve(lang, theme)
    sources = {source["name"]: source["data"] for source in models(item, "ColumnDataSource")}
    assert set(sources) == set(SOURCES)
    for data in sources.values():
        assert dict(data["entries"]) == {"step": [], "value": []}
    json.dumps(item, allow_nan=False)


@pytest.mark.parametrize(("lang", "mark"), [("fa", RLI), ("en", LRI)])
def test_every_label_is_isolated(lang, mark):
    item = loss_curve(lang, "light")
    labels = [legend["label"]["value"] for legend in models(item, "LegendItem")]
    labels += [axis["axis_label"] for axis in models(item, "LinearAxis") if axis.get("axis_label")]
    assert len(labels) == 4
    for label in labels:
        assert label.startswith(mark)
        assert label.endswith(PDI)


def test_isolation_keeps_the_text_byte_for_byte():
    assert isolated("می‌شود ۵٪.", "fa")[1:-1] == "می‌شود ۵٪."


def test_themes_differ_only_in_colour():
    light, dark = loss_curve("fa", "light"), loss_curve("fa", "dark")
    kinds = [len(models(item, "GlyphRenderer")) for item in (light, dark)]
    assert kinds == [4, 4]
    assert "#0f766e" in json.dumps(light)
    assert "#2dd4bf" in json.dumps(dark)


def test_the_wheel_scrolls_the_page_unless_ctrl_is_held():
    (wheel,) = models(loss_curve(), "WheelZoomTool")
    modifiers = wheel["modifiers"]
    assert dict(modifiers.get("entries", modifiers.items())) == {"ctrl": True}
