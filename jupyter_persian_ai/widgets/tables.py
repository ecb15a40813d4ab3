"""Tables and short figures as HTML, for outputs of cells.

Everything that comes from data is escaped, isolated, and laid out by its own words; a table itself
is right to left. Owns the form alone. Must not fetch anything.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from ..persian.digits import grouped
from ..persian.direction import direction

#: Characters of a cell; more belongs into a viewer.
CELL_CHARACTERS = 600
_CELL = "text-align: start; vertical-align: top"


class Markup(str):
    """HTML that was made here; all other text is escaped."""

    __slots__ = ()


def isolated(text: str, *, limit: int = CELL_CHARACTERS) -> Markup:
    """A text of the data: escaped, in its own direction, its line breaks kept."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return Markup(
        f'<bdi dir="{direction(shown)}" style="white-space: pre-wrap">{html.escape(shown)}</bdi>'
    )


def number(value: float, *, persian: bool, decimals: int = 0) -> str:
    """A number in the digits of the language."""
    return grouped(value, decimals, "persian" if persian else "latin")


def percent(share: float, *, persian: bool) -> str:
    """A share of 0..1 with one decimal."""
    return number(100 * share, persian=persian, decimals=1) + ("٪" if persian else "%")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, persian: bool) -> Markup:
    """A table with these headings; cells that are no `Markup` are texts of the data."""
    top = "".join(f'<th style="text-align: start">{html.escape(name)}</th>' for name in head)
    top = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_cell(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    lang = "fa" if persian else "en"
    return Markup(
        f'<table dir="rtl" lang="{lang}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    )


def figures(named: Mapping[str, str], *, persian: bool) -> Markup:
    """Names over their figures, side by side."""
    tiles = "".join(
        '<div style="padding: 4px 12px">'
        f'<div style="font-size: 85%; opacity: 0.7">{html.escape(name)}</div>'
        f'<div style="font-size: 125%">{html.escape(value)}</div></div>'
        for name, value in named.items()
    )
    way, lang = ("rtl", "fa") if persian else ("ltr", "en")
    return Markup(
        f'<div dir="{way}" lang="{lang}" style="display: flex; flex-wrap: wrap">{tiles}</div>'
    )


def bars(counted: Sequence[tuple[str, int]], *, persian: bool) -> Markup:
    """Counts as bars beside their names, the longest full."""
    most = max((count for _, count in counted), default=0) or 1
    rows = [
        (
            name,
            Markup(
                '<div style="background: #0f766e; height: 0.8em; min-width: 1px; '
                f'width: {12 * count / most:.2f}em"></div>'
            ),
            Markup(number(count, persian=persian)),
        )
        for name, count in counted
    ]
    return table(("", "", ""), rows, persian=persian)


def section(title: str, content: Markup, *, persian: bool) -> Markup:
    """A heading over what was made here."""
    way, lang = ("rtl", "fa") if persian else ("ltr", "en")
    return Markup(f'<div dir="{way}" lang="{lang}"><b>{html.escape(title)}</b>{content}</div>')


def beside(sections: Iterable[Markup], *, persian: bool) -> Markup:
    """Sections side by side, as far as there is room."""
    way = "rtl" if persian else "ltr"
    style = "display: flex; flex-wrap: wrap; align-items: flex-start; gap: 12px 32px"
    return Markup(f'<div dir="{way}" style="{style}">{"".join(sections)}</div>')


def note(text: str, *, persian: bool) -> Markup:
    """A small remark of ours under a table."""
    way, lang = ("rtl", "fa") if persian else ("ltr", "en")
    return Markup(f'<div dir="{way}" lang="{lang}" style="opacity: 0.7">{html.escape(text)}</div>')


def _cell(cell: str) -> str:
    return cell if isinstance(cell, Markup) else isolated(cell)
