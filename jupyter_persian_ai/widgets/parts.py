"""Several datasets by name, as splitting and a `DatasetDict` give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import tables
from .listing import columns

if TYPE_CHECKING:
    from .dataset import DatasetHandle


class Parts(dict[str, "DatasetHandle"]):
    """Name to dataset: `parts["train"]`."""

    def __init__(self, parts: Mapping[str, DatasetHandle], *, persian: bool = False) -> None:
        super().__init__(parts)
        self._persian = persian

    def __repr__(self) -> str:
        cells = [[part, one.id, one.name, f"{len(one):,}"] for part, one in self.items()]
        return columns(["part", "id", "name", "rows"], cells)

    def _repr_html_(self) -> str:
        persian = self._persian
        head = ("بخش", "نام", "سطر", "شناسه") if persian else ("part", "name", "rows", "id")
        return tables.table(
            head,
            [
                (
                    part,
                    one.name,
                    tables.Markup(tables.number(len(one), persian=persian)),
                    one.id,
                )
                for part, one in self.items()
            ],
            persian=persian,
        )
