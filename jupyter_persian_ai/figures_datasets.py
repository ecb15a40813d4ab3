"""Figures of a dataset: how long its rows are, its labels, and what tokenizers make of it.

Owns what these bars look like; colours, fonts and the rule for labels on a canvas are those of
`figures`. Each figure holds its data and is drawn once by BokehJS. Names that a dataset or a model
brings are data: they are shortened, isolated from the text around them and never markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.embed import json_item
from bokeh.models import BasicTickFormatter, ColumnDataSource, FactorRange, HoverTool, Span
from bokeh.plotting import figure

from .figures import FONT, PALETTES, Lang, Palette, Theme, isolated
from .persian.digits import grouped
from .persian.direction import direction
from .protocol.quality import DatasetAnalysis, Fertility

#: Bars of labels; the rest are one bar together.
LABELS = 20
NAME_CHARACTERS = 32

_ROWS = {"fa": "سطر", "en": "rows"}
_WORDS_A_ROW = {"fa": "واژه در سطر", "en": "words a row"}
_MEDIAN = {"fa": "میانه", "en": "median"}
_MOST = {"fa": "۹۵٪ سطرها تا", "en": "95% of rows up to"}
_COUNT = {"fa": "شمار", "en": "count"}
_OTHERS = {"fa": "برچسب‌های دیگر", "en": "other labels"}
_TOKENS = {"fa": "توکن در واژه", "en": "tokens per word"}
_CHARACTERS = {"fa": "نویسه در توکن", "en": "characters per token"}
_UNKNOWN = {"fa": "توکن ناشناخته", "en": "unknown tokens"}
_LOST = {"fa": "نویسهٔ ازدست‌رفته", "en": "lost characters"}


def lengths(analysis: DatasetAnalysis, lang: Lang = "fa", theme: Theme = "light") -> dict[str, Any]:
    """A histogram of words a row, as a Bokeh `json_item`; median and 95th percentile are lines.

    The last bar is drawn as wide as the others and holds all longer rows too. Its source is named
    `lengths` and has the columns `left`, `right`, `count` and `span` (what the pointer shows).
    """
    palette = PALETTES[theme]
    counts = analysis.lengths.counts
    edges = analysis.lengths.edges
    width = edges[1] - edges[0] if len(edges) > 1 else 1.0
    left = edges[:-1]
    spans = [_span(low, high, lang) for low, high in zip(left, edges[1:], strict=True)]
    plot = _plot(palette, "lengths", 260)
    source = ColumnDataSource(
        {"left": left, "right": [low + width for low in left], "count": counts, "span": spans},
        name="lengths",
    )
    bars = plot.quad(
        left="left",
        right="right",
        top="count",
        bottom=0,
        source=source,
        color=palette.series[0],
        line_color=palette.ground,
    )
    for value, dash in ((analysis.lengths.median, "solid"), (analysis.lengths.p95, "dashed")):
        plot.add_layout(
            Span(
                location=value,
                dimension="height",
                line_color=palette.series[1],
                line_dash=dash,
                line_width=1.5,
            )
        )
    median, most = (
        _number(value, lang) for value in (analysis.lengths.median, analysis.lengths.p95)
    )
    plot.xaxis.axis_label = isolated(
        f"{_WORDS_A_ROW[lang]} ({_MEDIAN[lang]} {median}, {_MOST[lang]} {most})".replace(
            ", ", "، " if lang == "fa" else ", "
        ),
        lang,
    )
    plot.yaxis.axis_label = isolated(_ROWS[lang], lang)
    plot.y_range.start = 0
    _hover(plot, bars, palette, lang, (("@span", _WORDS_A_ROW), ("@count{0,0}", _ROWS)))
    return _item(plot)


def labels(analysis: DatasetAnalysis, lang: Lang = "fa", theme: Theme = "light") -> dict[str, Any]:
    """A bar for each of the most frequent labels or tags, as a Bokeh `json_item`.

    Its source is named `labels` and has the columns `name` (isolated), `count` and `share`.
    """
    palette = PALETTES[theme]
    ranked = sorted(analysis.labels.items(), key=lambda one: (-one[1], one[0]))
    total = sum(analysis.labels.values()) or 1
    bars = [(_name(label), count) for label, count in ranked[:LABELS]]
    if rest := ranked[LABELS:]:
        told = f"{_OTHERS[lang]} ({_number(len(rest), lang)})"
        bars.append((isolated(told, lang), sum(count for _, count in rest)))
    names = _apart([name for name, _ in bars])
    source = ColumnDataSource(
        {
            "name": names,
            "count": [count for _, count in bars],
            "share": [count / total for _, count in bars],
        },
        name="labels",
    )
    plot, drawn = _bars(palette, "labels", source, names, "count")
    plot.xaxis.axis_label = isolated(_COUNT[lang], lang)
    _hover(plot, drawn, palette, lang, (("@count{0,0}", _COUNT), ("@share{0.0%}", None)), "@name")
    return _item(plot)


def tokens(
    measured: Sequence[Fertility], lang: Lang = "fa", theme: Theme = "light"
) -> dict[str, Any]:
    """Tokens per word of each tokenizer, the thriftiest first, as a Bokeh `json_item`.

    Its source is named `tokens` and has the columns `name` (isolated), `tokens`, `characters`,
    `unknown` and `lost`. A tokenizer that loses half-spaces has the colour of a warning.
    """
    palette = PALETTES[theme]
    ranked = sorted(measured, key=lambda one: one.tokens_per_word)
    names = _apart([_name(one.model_name) for one in ranked])
    source = ColumnDataSource(
        {
            "name": names,
            "tokens": [one.tokens_per_word for one in ranked],
            "characters": [one.characters_per_token for one in ranked],
            "unknown": [one.unknown_tokens for one in ranked],
            "lost": [one.lost_count for one in ranked],
            "colour": [palette.series[0 if one.half_spaces_kept else 1] for one in ranked],
        },
        name="tokens",
    )
    plot, drawn = _bars(palette, "tokens", source, names, "tokens", "colour")
    plot.xaxis.axis_label = isolated(_TOKENS[lang], lang)
    told = (
        ("@tokens{0.00}", _TOKENS),
        ("@characters{0.00}", _CHARACTERS),
        ("@unknown{0,0}", _UNKNOWN),
        ("@lost{0,0}", _LOST),
    )
    _hover(plot, drawn, palette, lang, told, "@name")
    return _item(plot)


def _number(value: float, lang: Lang) -> str:
    return grouped(value, digits="persian" if lang == "fa" else "latin")


def _span(low: float, high: float, lang: Lang) -> str:
    last = max(low, high - 1)
    first, until = _number(low, lang), _number(last, lang)
    return first if first == until else f"{first}–{until}"


def _name(text: str) -> str:
    """A name from outside as a label: short, on one line, in its own direction."""
    plain = " ".join(text.split()) or "—"
    short = plain if len(plain) <= NAME_CHARACTERS else f"{plain[: NAME_CHARACTERS - 1]}…"
    return isolated(short, "fa" if direction(short) == "rtl" else "en")


def _apart(names: Sequence[str]) -> list[str]:
    """The same names, each once: bars of the same name would lie on each other."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return made


def _bars(
    palette: Palette,
    name: str,
    source: ColumnDataSource,
    names: Sequence[str],
    value: str,
    colour: str = "",
) -> tuple[Any, Any]:
    """Bars from the left, the first at the top."""
    plot = _plot(palette, name, 80 + 26 * max(1, len(names)), FactorRange(factors=[*names][::-1]))
    drawn = plot.hbar(
        y="name",
        right=value,
        left=0,
        height=0.7,
        source=source,
        fill_color=colour or palette.series[0],
        line_color=None,
    )
    plot.x_range.start = 0
    plot.ygrid.grid_line_color = None
    plot.xgrid.grid_line_color = palette.line
    return plot, drawn


def _plot(palette: Palette, name: str, height: int, y_range: FactorRange | None = None) -> Any:
    plot = figure(
        name=name,
        height=height,
        sizing_mode="stretch_width",
        tools=[],
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=4,
        **({} if y_range is None else {"y_range": y_range}),
    )
    plot.xgrid.grid_line_color = None
    plot.ygrid.grid_line_color = palette.line
    for axis in plot.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = palette.text
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "11px"
        axis.axis_label_text_color = palette.text
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
        if isinstance(axis.formatter, BasicTickFormatter):
            axis.formatter.use_scientific = False
    return plot


def _hover(
    plot: Any,
    drawn: Any,
    palette: Palette,
    lang: Lang,
    told: Sequence[tuple[str, dict[str, str] | None]],
    title: str = "",
) -> None:
    """One quiet line beside the pointer; Bokeh writes values as text, never as markup."""
    parts = [f"<b>{title}</b>"] if title else []
    parts += [
        f'{word[lang] if word else ""} <b dir="ltr">{value}</b>'.strip() for value, word in told
    ]
    plot.add_tools(
        HoverTool(
            renderers=[drawn],
            tooltips=(
                f'<div dir="{"rtl" if lang == "fa" else "ltr"}" style="font:12px {FONT};'
                f'color:{palette.text}">{" · ".join(parts)}</div>'
            ),
        )
    )


def _item(plot: Any) -> dict[str, Any]:
    item: dict[str, Any] = json_item(plot)
    return item
