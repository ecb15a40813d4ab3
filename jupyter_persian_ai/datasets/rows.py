"""Reads our own canonical datasets, a page at a time. The file is trusted: we wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..persian.fold import fold
from ..protocol.data import Row
from .canonical import INDEX, OFFSET_BYTES, ROWS, texts_of


def count(folder: Path) -> int:
    """How many rows the dataset in `folder` has."""
    return (folder / INDEX).stat().st_size // OFFSET_BYTES


def read(folder: Path, offset: int, limit: int, query: str = "") -> tuple[list[Row], int]:
    """Rows `offset` to `offset + limit` and how many there are.

    With `query`, only rows that hold it in a field, a turn, a label or in words that stand
    beside each other count, compared folded (yeh and kaf,
    digits, half-spaces, diacritics, case); this reads the whole file.
    """
    offset, limit = max(0, offset), max(0, limit)
    with (folder / ROWS).open("rb") as handle:
        wanted = fold(query).strip()
        if wanted:
            return _searched(handle, wanted, offset, limit)
        total = count(folder)
        if offset >= total or not limit:
            return [], total
        with (folder / INDEX).open("rb") as index:
            index.seek(offset * OFFSET_BYTES)
            handle.seek(int.from_bytes(index.read(OFFSET_BYTES), "little"))
        take = min(limit, total - offset)
        return [json.loads(handle.readline()) for _ in range(take)], total


def iterate(folder: Path) -> Iterator[Row]:
    """Every row, in order."""
    with (folder / ROWS).open("rb") as handle:
        for line in handle:
            yield json.loads(line)


def _searched(handle: BinaryIO, wanted: str, offset: int, limit: int) -> tuple[list[Row], int]:
    found: list[Row] = []
    total = 0
    for line in handle:
        row: Row = json.loads(line)
        if any(wanted in fold(text) for text in texts_of(row, names=True)):
            if offset <= total < offset + limit:
                found.append(row)
            total += 1
    return found, total
