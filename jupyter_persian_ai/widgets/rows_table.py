"""Rows of a dataset as a notebook shows them: a table that reads from the right.

A list of rows with their numbers. Owns the form alone; must not fetch anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..protocol.data import Row
from . import tables
from .listing import columns

if TYPE_CHECKING:
    import pandas as pd

#: Characters of a cell in a terminal.
_PLAIN_CHARACTERS = 60


class RowsTable(list[Row]):
    """Some rows; `numbers` are theirs in the version, from 0, and `total` is how many there are.

    After a search `complete` says whether every row was looked at.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        numbers: Sequence[int],
        total: int,
        complete: bool = True,
        persian: bool = False,
    ) -> None:
        super().__init__(rows)
        self.numbers = list(numbers)
        self.total = total
        self.complete = complete
        self._persian = persian

    def to_pandas(self) -> pd.DataFrame:
        """As a pandas frame whose index is the rows' numbers."""
        import pandas as pd  # noqa: PLC0415 - slow, and needed here alone

        return pd.DataFrame(list(self), index=pd.Index(self.numbers, name="row"))

    def __repr__(self) -> str:
        if not self:
            return "(no rows)"
        names = self._names()
        cells = [
            [f"{number:,}", *(_short(said(row.get(name))) for name in names)]
            for number, row in zip(self.numbers, self, strict=True)
        ]
        more = "" if self.complete else ", still looking"
        return f"{columns(['row', *names], cells)}\n{len(self):,} of {self.total:,} rows{more}"

    def _repr_html_(self) -> str:
        persian = self._persian
        names = self._names()
        count = tables.number(len(self), persian=persian)
        total = tables.number(self.total, persian=persian)
        caption = f"{count} سطر از {total}" if persian else f"{count} of {total} rows"
        rows = [
            (
                tables.Markup(tables.number(number, persian=persian)),
                *(said(row.get(name)) for name in names),
            )
            for number, row in zip(self.numbers, self, strict=True)
        ]
        head = ("سطر" if persian else "row", *names)
        return tables.table(head, rows, persian=persian) + tables.note(caption, persian=persian)

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for row in self for name in row))


def said(value: Any) -> str:
    """A field in words: turns line by line, tokens side by side."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if value and all(isinstance(turn, dict) for turn in value):
            return "\n".join(f"{turn.get('role')}: {turn.get('content')}" for turn in value)
        return " ".join(str(token) for token in value)
    return "" if value is None else str(value)


def in_words(row: Row | None) -> str:
    """A whole row: its fields, each on a line of its own."""
    if row is None:
        return ""
    if len(row) == 1:
        return said(next(iter(row.values())))
    return "\n".join(f"{name}: {said(value)}" for name, value in row.items())


def _short(text: str) -> str:
    line = " / ".join(text.split("\n"))
    return line if len(line) <= _PLAIN_CHARACTERS else line[: _PLAIN_CHARACTERS - 1] + "…"
