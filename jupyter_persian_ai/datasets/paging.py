"""Rows by their numbers, for a screen: a page of them takes bounded memory, however long they are.

The files are ours and trusted; what is in them may still be a few rows of many megabytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..protocol.data import Row
from .canonical import INDEX, OFFSET_BYTES, ROWS
from .glimpses import glimpse

#: A page of rows above this has only the beginnings of its longest.
PAGE_BYTES = 4 << 20


def page(folder: Path, numbers: Sequence[int]) -> tuple[list[Row], bool]:
    """The rows with these numbers, in their order, and whether long ones are cut short.

    Numbers past the end are left out, so that a page may ask for more than there is.
    """
    with (folder / ROWS).open("rb") as rows, (folder / INDEX).open("rb") as index:
        count = os.fstat(index.fileno()).st_size // OFFSET_BYTES
        places = [_place(index, rows, number) for number in numbers if number < count]
        whole = sum(size for _, size in places) <= PAGE_BYTES
        share = PAGE_BYTES // max(1, len(places))
        found: list[Row] = []
        cut = False
        for start, size in places:
            rows.seek(start)
            row: Row = json.loads(rows.read(size))
            if not whole and size > share:
                row, cut = glimpse(row), True
            found.append(row)
    return found, cut


def size(folder: Path, number: int) -> int:
    """How long a row is, in bytes; 0 past the end."""
    with (folder / ROWS).open("rb") as rows, (folder / INDEX).open("rb") as index:
        if number >= os.fstat(index.fileno()).st_size // OFFSET_BYTES:
            return 0
        return _place(index, rows, number)[1]


def _place(index: BinaryIO, rows: BinaryIO, number: int) -> tuple[int, int]:
    """Where a row begins and how long it is, in bytes."""
    index.seek(number * OFFSET_BYTES)
    known = index.read(2 * OFFSET_BYTES)
    start = int.from_bytes(known[:OFFSET_BYTES], "little")
    after = known[OFFSET_BYTES:]
    end = int.from_bytes(after, "little") if after else os.fstat(rows.fileno()).st_size
    return start, end - start
