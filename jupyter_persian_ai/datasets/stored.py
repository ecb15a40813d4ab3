"""Reads our own canonical datasets a stretch at a time, and replaces the small files beside them.

Owns how a stored dataset is streamed: in stretches of about a megabyte, with their place. The
rows are ours and trusted; pages of rows for a screen are `rows`' work.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ..errors import DatasetEmpty
from ..protocol.data import DatasetShape
from .canonical import INDEX, OFFSET_BYTES, ROWS, texts_of
from .findings import FLAGS

#: The file beside `rows.jsonl` of a version: the number of each row in the version before, uint32.
ORIGIN = "rows.origin"
#: And beside it, as JSON: `of`, the name of the folder in which they are counted.
ORIGIN_OF = "origin.json"
STRETCH_BYTES = 1 << 20
STRETCH_ROWS = 4000

#: The fields of the rows of each shape, in order.
SHAPE_FIELDS: dict[DatasetShape, tuple[str, ...]] = {
    DatasetShape.TEXT: ("text",),
    DatasetShape.PROMPT_ANSWER: ("prompt", "answer"),
    DatasetShape.MESSAGES: ("messages",),
    DatasetShape.TEXT_LABEL: ("text", "label"),
    DatasetShape.PAIR_LABEL: ("text", "text_pair", "label"),
    DatasetShape.TOKENS_TAGS: ("tokens", "tags"),
    DatasetShape.PREFERENCE: ("prompt", "chosen", "rejected"),
}
_SHAPES = {frozenset(fields): shape for shape, fields in SHAPE_FIELDS.items()}


@dataclass
class Stretch:
    """Some rows in order: `first` is the number of the first, `end` the byte after the last."""

    first: int
    lines: list[bytes]
    end: int
    total: int = field(default=0)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows."""
        return [orjson.loads(line) for line in self.lines]

    @cached_property
    def texts(self) -> list[list[str]]:
        """The texts of each row, as `canonical.texts_of` gives them."""
        return [texts_of(row) for row in self.rows]


def stretches(folder: Path, most: int | None = None) -> Iterator[Stretch]:
    """All rows, or the first `most`, in order."""
    with (folder / ROWS).open("rb") as handle:
        total = os.fstat(handle.fileno()).st_size
        first = place = 0
        while most is None or first < most:
            lines = handle.readlines(STRETCH_BYTES)
            if not lines:
                return
            for start in range(0, len(lines), STRETCH_ROWS):
                some = lines[start : start + STRETCH_ROWS]
                if most is not None:
                    some = some[: most - first]
                place += sum(map(len, some))
                if some:
                    yield Stretch(first, some, place, total)
                first += len(some)


def offsets(folder: Path) -> NDArray[np.uint64]:
    """Where each row begins, in bytes; read as it is needed, not held."""
    if (folder / INDEX).stat().st_size < OFFSET_BYTES:
        return np.zeros(0, np.uint64)
    return np.memmap(folder / INDEX, np.dtype("<u8"), "r")


def rows_at(folder: Path, numbers: list[int]) -> list[dict[str, Any]]:
    """The rows of these numbers, each a seek away."""
    places = offsets(folder)
    with (folder / ROWS).open("rb") as handle:
        found = []
        for number in numbers:
            handle.seek(int(places[number]))
            found.append(orjson.loads(handle.readline()))
    return found


def flagged(folder: Path) -> NDArray[np.uint32]:
    """The findings of each row. Raises `FileNotFoundError` where they were never looked for."""
    return np.fromfile(folder / FLAGS, np.dtype("<u4")).astype(np.uint32)


def shape_of(folder: Path) -> DatasetShape:
    """What the rows hold, by the fields of the first.

    Raises:
        DatasetEmpty: there is none.

    """
    for stretch in stretches(folder, 1):
        return shape_of_row(stretch.rows[0])
    raise DatasetEmpty(name=folder.name, rows=0)


def shape_of_row(row: dict[str, Any]) -> DatasetShape:
    """What a canonical row holds."""
    return _SHAPES[frozenset(row)]


def replaced(folder: Path, name: str, data: bytes) -> None:
    """Put `data` in the place of a small file at once: readers see the old one or the new one."""
    descriptor, staged = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        Path(staged).replace(folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(staged).unlink()
        raise
