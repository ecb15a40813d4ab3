"""Figures that the front end fills and keeps alive.

Owns what a curve looks like: axes, colours, legend, hover. Python draws the empty figure once as
Bokeh's `json_item`; BokehJS of the installed package shows it, and the page fills the named
sources from the metrics route and from live events. No data and no Bokeh server here.

Why every Persian label is wrapped in U+2067…U+2069: a canvas has a left-to-right base direction,
in which a full stop, `٪` or a bracket at the end of a Persian label would jump to its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bokeh.embed import json_item
from bokeh.models import (
    ColumnDataSource,
    DataRange1d,
    HoverTool,
    Legend,
    LegendItem,
    PanTool,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

Lang = Literal["fa", "en"]
Theme = Literal["light", "dark"]

#: Names of the sources of a loss curve; each has the columns `step` (int) and `value` (float).
SOURCES = ("loss", "loss_smooth", "eval_loss")

_WORDS = {
    "fa": {
        "step": "گام",
        "loss": "خطای آموزش",
        "loss_smooth": "میانگین روان",
        "eval_loss": "خطای ارزیابی",
    },
    "en": {
        "step": "step",
        "loss": "training loss",
        "loss_smooth": "smoothed",
        "eval_loss": "evaluation loss",
    },
}
_ISOLATE = {"fa": "\u2067", "en": "\u2066"}
_POP = "\u2069"


@dataclass(frozen=True, slots=True)
class _Palette:
    """The panel's own colours, so that curve and page agree."""

    accent: str
    warm: str
    text: str
    line: str
    ground: str


_PALETTES = {
    "light": _Palette("#0f766e", "#b45309", "#57606a", "#e3e5e8", "#ffffff"),
    "dark": _Palette("#2dd4bf", "#f0a94a", "#b7c0ca", "#34393f", "#23272c"),
}


def isolated(text: str, lang: Lang) -> str:
    """`text` as a label whose direction is its language's, wherever it is drawn."""
    return f"{_ISOLATE[lang]}{text}{_POP}"


def loss_curve(lang: Lang = "fa", theme: Theme = "light") -> dict[str, Any]:
    """An empty loss curve: loss and evaluation loss by step.

    Args:
        lang: the language of legend, axis and hover.
        theme: the ground that it stands on; the figure itself is transparent.

    Returns:
        A Bokeh `json_item`. Its `ColumnDataSource`s are named as in `SOURCES`; the figure is
        named `loss_curve`. A missing value is NaN and leaves a gap.

    """
    palette = _PALETTES[theme]
    sources = {name: ColumnDataSource({"step": [], "value": []}, name=name) for name in SOURCES}
    plot = _empty(palette, isolated(_WORDS[lang]["step"], lang))
    raw = plot.line(
        "step",
        "value",
        source=sources["loss"],
        color=palette.accent,
        alpha=0.35,
        line_width=1.2,
    )
    smooth = plot.line(
        "step", "value", source=sources["loss_smooth"], color=palette.accent, line_width=2.2
    )
    judged = plot.line(
        "step", "value", source=sources["eval_loss"], color=palette.warm, line_width=2
    )
    marks = plot.scatter(
        "step",
        "value",
        source=sources["eval_loss"],
        size=7,
        color=palette.warm,
        line_color=palette.ground,
    )
    for name, renderer in (("loss", raw), ("eval_loss", marks)):
        plot.add_tools(_hover(name, renderer, lang, palette))
    legend = Legend(
        items=[
            LegendItem(label=isolated(_WORDS[lang]["loss"], lang), renderers=[raw]),
            LegendItem(label=isolated(_WORDS[lang]["loss_smooth"], lang), renderers=[smooth]),
            LegendItem(label=isolated(_WORDS[lang]["eval_loss"], lang), renderers=[judged, marks]),
        ],
        location="top_right",
        orientation="horizontal",
        click_policy="hide",
        border_line_color=None,
        background_fill_color=palette.ground,
        background_fill_alpha=0.0,
        label_text_color=palette.text,
        label_text_font="Vazirmatn, system-ui, sans-serif",
        label_text_font_size="12px",
        glyph_width=18,
        spacing=14,
        padding=2,
    )
    plot.add_layout(legend, "above")
    item: dict[str, Any] = json_item(plot)
    return item


def _empty(palette: _Palette, axis_label: str) -> Any:
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl")
    plot = figure(
        name="loss_curve",
        height=300,
        sizing_mode="stretch_width",
        tools=[PanTool(dimensions="width"), wheel, ResetTool()],
        toolbar_location=None,
        x_range=DataRange1d(start=0, range_padding=0.02, min_interval=10),
        y_range=DataRange1d(range_padding=0.08, only_visible=True),
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=4,
    )
    plot.toolbar.active_scroll = wheel
    plot.xgrid.grid_line_color = None
    plot.ygrid.grid_line_color = palette.line
    for axis in plot.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = palette.text
        axis.major_label_text_font_size = "11px"
        axis.axis_label_text_color = palette.text
        axis.axis_label_text_font = "Vazirmatn, system-ui, sans-serif"
        axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
    plot.xaxis.axis_label = axis_label
    plot.xaxis.formatter.use_scientific = False
    return plot


def _hover(name: str, renderer: Any, lang: Lang, palette: _Palette) -> HoverTool:
    """One quiet line beside the pointer: the step and the value, in left-to-right digits."""
    words = _WORDS[lang]
    colour = palette.accent if name == "loss" else palette.warm
    direction = "rtl" if lang == "fa" else "ltr"
    return HoverTool(
        renderers=[renderer],
        mode="vline",
        line_policy="nearest",
        point_policy="snap_to_data",
        attachment="vertical" if name == "loss" else "horizontal",
        tooltips=(
            f'<div dir="{direction}" style="font:12px Vazirmatn,system-ui,sans-serif;'
            f'color:{palette.text}">'
            f'<span style="color:{colour}">●</span> {words[name]} <b dir="ltr">@value{{0.000}}</b>'
            f' · {words["step"]} <b dir="ltr">@step{{0,0}}</b></div>'
        ),
    )
