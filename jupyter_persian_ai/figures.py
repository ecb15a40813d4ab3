"""Figures that the front end fills and keeps alive.

Owns what a curve looks like: axes, colours, legend, hover. Python draws the empty figure once as
Bokeh's `json_item`; BokehJS of the installed package shows it, and the page fills the named
sources from the metrics route and from live events. No data and no Bokeh server here.

Why every Persian label is wrapped in U+2067…U+2069: a canvas has a left-to-right base direction,
in which a full stop, `٪` or a bracket at the end of a Persian label would jump to its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bokeh.embed import json_item
from bokeh.models import (
    BasicTickFormatter,
    ColumnDataSource,
    DataRange1d,
    HoverTool,
    Legend,
    LegendItem,
    NumeralTickFormatter,
    PanTool,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

Lang = Literal["fa", "en"]
Theme = Literal["light", "dark"]
Scale = Literal["linear", "log"]

FONT = "Vazirmatn, system-ui, sans-serif"

_STEP = {"fa": "گام", "en": "step"}
_SMOOTH = {"fa": "میانگین روان", "en": "smoothed"}
_RUN = {"fa": "اجرا", "en": "run"}

#: What each metric is called; one that is not here is called by its own name.
WORDS: dict[str, dict[str, str]] = {
    "loss": {"fa": "خطای آموزش", "en": "training loss"},
    "eval_loss": {"fa": "خطای ارزیابی", "en": "evaluation loss"},
    "eval_perplexity": {"fa": "سرگشتگی ارزیابی", "en": "evaluation perplexity"},
    "eval_accuracy": {"fa": "درستی ارزیابی", "en": "evaluation accuracy"},
    "eval_macro_f1": {"fa": "F1 میانگین برچسب‌ها", "en": "macro-F1"},
    "eval_entity_f1": {"fa": "F1 موجودیت‌ها", "en": "entity F1"},
    "reward_accuracy": {"fa": "درستی ترجیح", "en": "reward accuracy"},
    "eval_reward_accuracy": {"fa": "درستی ترجیح در ارزیابی", "en": "evaluation reward accuracy"},
    "reward_margin": {"fa": "فاصلهٔ پاداش", "en": "reward margin"},
    "learning_rate": {"fa": "نرخ یادگیری", "en": "learning rate"},
    "grad_norm": {"fa": "اندازهٔ گرادیان", "en": "gradient norm"},
    "tokens_per_second": {"fa": "توکن در ثانیه", "en": "tokens/s"},
    "mfu": {"fa": "بهرهٔ سخت‌افزار (MFU)", "en": "hardware use (MFU)"},
    "memory_bytes": {"fa": "حافظه", "en": "memory"},
}
#: Metrics with a value at each step that are calm by themselves: no smooth line beside them.
_CALM = frozenset({"learning_rate", "memory_bytes"})
_SHARES = frozenset(
    {
        *("mfu", "reward_accuracy", "eval_reward_accuracy"),
        *("eval_accuracy", "eval_macro_f1", "eval_entity_f1"),
    }
)
_ISOLATE = {"fa": "\u2067", "en": "\u2066"}
_POP = "\u2069"


@dataclass(frozen=True, slots=True)
class Palette:
    """The panel's own colours, so that curve and page agree; `series` as `--pai-run-N` there."""

    series: tuple[str, ...]
    text: str
    line: str
    ground: str


PALETTES = {
    "light": Palette(
        (
            *("#0f766e", "#b45309", "#4f46e5", "#be123c", "#0369a1"),
            *("#4d7c0f", "#86198f", "#475569", "#9a3412", "#15803d"),
        ),
        "#57606a",
        "#e3e5e8",
        "#ffffff",
    ),
    "dark": Palette(
        (
            *("#2dd4bf", "#f0a94a", "#a5b4fc", "#fda4af", "#7dd3fc"),
            *("#bef264", "#f0abfc", "#cbd5e1", "#fdba74", "#86efac"),
        ),
        "#b7c0ca",
        "#34393f",
        "#23272c",
    ),
}


def isolated(text: str, lang: Lang) -> str:
    """`text` as a label whose direction is its language's, wherever it is drawn."""
    return f"{_ISOLATE[lang]}{text}{_POP}"


def smoothed(metric: str) -> bool:
    """Whether the figure has a smooth line of this metric: one with a value at each step."""
    return not metric.startswith("eval_") and metric not in _CALM


def curves(
    metrics: Sequence[str] = ("loss", "eval_loss"),
    lang: Lang = "fa",
    theme: Theme = "light",
    scale: Scale = "linear",
) -> dict[str, Any]:
    """An empty figure of some metrics of one training, by step; the first says the axis.

    Args:
        metrics: their names, at most ten.
        lang: the language of legend, axis and hover.
        theme: the ground that it stands on; the figure itself is transparent.
        scale: of the values' axis.

    Returns:
        A Bokeh `json_item`. Each metric has a `ColumnDataSource` of its name, and those that are
        `smoothed` one of its name and `_smooth`, with the columns `step` (int) and `value`
        (float). A missing value is NaN and leaves a gap. The figure is named `curves`.

    """
    palette = PALETTES[theme]
    plot = _empty(palette, lang, metrics[0], scale)
    items: list[LegendItem] = []
    for place, metric in enumerate(metrics):
        word = WORDS.get(metric, {}).get(lang, metric)
        lines = _lines(plot, metric, metric, palette.series[place % 10], palette)
        items.append(LegendItem(label=isolated(word, lang), renderers=lines.raw))
        if lines.smooth is not None:
            label = isolated(_SMOOTH[lang], lang)
            items.append(LegendItem(label=label, renderers=[lines.smooth]))
        plot.add_tools(_hover(lines, metric, word, lang, palette, place))
    plot.add_layout(_legend(items, palette), "above")
    item: dict[str, Any] = json_item(plot)
    return item


def comparison(
    metric: str = "loss",
    runs: int = 2,
    lang: Lang = "fa",
    theme: Theme = "light",
    scale: Scale = "linear",
) -> dict[str, Any]:
    """An empty figure of one metric of several trainings, one colour each.

    Its sources are named `run0`, `run1`, ... and, for a metric that is `smoothed`, `run0_smooth`,
    ...; otherwise as `curves`. It has no legend: the page lists the trainings in their colours.
    """
    palette = PALETTES[theme]
    plot = _empty(palette, lang, metric, scale)
    for place in range(runs):
        colour = palette.series[place % 10]
        lines = _lines(plot, f"run{place}", metric, colour, palette)
        plot.add_tools(_hover(lines, metric, f"{_RUN[lang]} {place + 1}", lang, palette, place))
    item: dict[str, Any] = json_item(plot)
    return item


@dataclass(frozen=True, slots=True)
class _Lines:
    """What stands for one series; the first of `raw` answers to the pointer."""

    raw: list[Any]
    smooth: Any
    colour: str


def _lines(plot: Any, source: str, metric: str, colour: str, palette: Palette) -> _Lines:
    raw_source = ColumnDataSource({"step": [], "value": []}, name=source)
    if metric.startswith("eval_"):
        line = plot.line("step", "value", source=raw_source, color=colour, line_width=2)
        marks = plot.scatter(
            "step", "value", source=raw_source, size=7, color=colour, line_color=palette.ground
        )
        return _Lines([marks, line], None, colour)
    if not smoothed(metric):
        line = plot.line("step", "value", source=raw_source, color=colour, line_width=2)
        return _Lines([line], None, colour)
    raw = plot.line("step", "value", source=raw_source, color=colour, alpha=0.3, line_width=1.2)
    smooth_source = ColumnDataSource({"step": [], "value": []}, name=f"{source}_smooth")
    smooth = plot.line("step", "value", source=smooth_source, color=colour, line_width=2.2)
    return _Lines([raw], smooth, colour)


def _legend(items: list[LegendItem], palette: Palette) -> Legend:
    return Legend(
        items=items,
        location="top_right",
        orientation="horizontal",
        click_policy="hide",
        border_line_color=None,
        background_fill_color=palette.ground,
        background_fill_alpha=0.0,
        label_text_color=palette.text,
        label_text_font=FONT,
        label_text_font_size="12px",
        glyph_width=18,
        spacing=14,
        padding=2,
    )


def _empty(palette: Palette, lang: Lang, metric: str, scale: Scale) -> Any:
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl")
    plot = figure(
        name="curves",
        height=300,
        sizing_mode="stretch_width",
        tools=[PanTool(dimensions="width"), wheel, ResetTool()],
        toolbar_location=None,
        y_axis_type=scale,
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
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
    plot.xaxis.axis_label = isolated(_STEP[lang], lang)
    plot.xaxis.formatter.use_scientific = False
    plot.yaxis.formatter = _ticks(metric)
    return plot


def _ticks(metric: str) -> Any:
    if metric in _SHARES:
        return NumeralTickFormatter(format="0.[0]%")
    if metric == "memory_bytes":
        return NumeralTickFormatter(format="0.[00] b")
    if metric == "tokens_per_second":
        return NumeralTickFormatter(format="0.[0]a")
    if metric == "learning_rate":
        return BasicTickFormatter(power_limit_low=-2)
    return BasicTickFormatter(use_scientific=False)


def _value(metric: str) -> str:
    """The value as the pointer shows it."""
    if metric in _SHARES:
        return "@value{0.0%}"
    formats = {"memory_bytes": "0.00 b", "tokens_per_second": "0,0", "learning_rate": "%.2e"}
    return f"@value{{{formats.get(metric, '0.000')}}}"


def _hover(
    lines: _Lines, metric: str, word: str, lang: Lang, palette: Palette, place: int
) -> HoverTool:
    """One quiet line beside the pointer: the step and the value, in left-to-right digits."""
    direction = "rtl" if lang == "fa" else "ltr"
    return HoverTool(
        renderers=[lines.raw[0]],
        mode="vline",
        line_policy="nearest",
        point_policy="snap_to_data",
        attachment="horizontal" if place % 2 else "vertical",
        formatters={"@value": "printf"} if metric == "learning_rate" else {},
        tooltips=(
            f'<div dir="{direction}" style="font:12px Vazirmatn,system-ui,sans-serif;'
            f'color:{palette.text}">'
            f'<span style="color:{lines.colour}">●</span> {word} '
            f'<b dir="ltr">{_value(metric)}</b>'
            f' · {_STEP[lang]} <b dir="ltr">@step{{0,0}}</b></div>'
        ),
    )
