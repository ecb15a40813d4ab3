"""Lists that a notebook shows as a table and a terminal as columns.

Owns the form alone: the items stay what the service sent. Must not fetch anything.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

Item = TypeVar("Item")


class Listing(list[Item]):
    """A list of datasets, models or jobs; `columns` maps a heading to what stands under it.

    With `persian`, the Persian headings by the others, the table reads from the right.
    """

    def __init__(
        self,
        items: Iterable[Item],
        columns: Mapping[str, Callable[[Item], Any]],
        *,
        persian: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items)
        self._columns = dict(columns)
        self._persian = persian

    def __repr__(self) -> str:
        return columns(list(self._columns), self._cells()) if self else "(nothing yet)"

    def _repr_html_(self) -> str:
        # Names come from files and from the Hub: they reach the page escaped, each in its own
        # direction.
        names = [(self._persian or {}).get(name, name) for name in self._columns]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>"
            + "".join(
                f'<td><bdi dir="auto" style="white-space: pre-wrap">{html.escape(cell)}</bdi></td>'
                for cell in row
            )
            + "</tr>"
            for row in self._cells()
        )
        table = f"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        if self._persian is None:
            return f"<table{table}"
        return f'<div dir="rtl" style="display: flex"><table dir="rtl" lang="fa"{table}</div>'

    def _cells(self) -> list[list[str]]:
        return [[str(show(item)) for show in self._columns.values()] for item in self]


def columns(head: list[str], rows: list[list[str]]) -> str:
    """Cells under their headings, as wide as the widest of each column."""
    # A line break inside a cell would break the columns.
    lines = [[" / ".join(cell.strip().splitlines()) for cell in row] for row in rows]
    table = [head, *lines]
    widths = [max(_width(row[column]) for row in table) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    )


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: marks and format letters take none."""
    return sum(1 for letter in text if unicodedata.category(letter) not in {"Mn", "Me", "Cf"})


def size(count: int) -> str:
    """Bytes for people: `3.4 MiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
