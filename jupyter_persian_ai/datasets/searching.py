"""Searches the rows of a dataset bit by bit, so that what is found first is shown first.

Owns one search: which rows hold some words, compared folded, and have a finding. It may be asked
from several threads. It goes on in short turns, after each of which other threads get theirs, so
that the server stays responsive; nothing but the numbers of rows is remembered, 4 bytes each.

How it is fast: a stretch of lines is folded and searched as one string. Only where JSON's own
signs could be taken for what is sought is the row itself read.
"""

from __future__ import annotations

import threading
import time
from array import array
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ..persian.fold import fold
from ..protocol.data import DatasetShape, Row
from ..protocol.quality import FindingCode
from .canonical import ROWS, texts_of
from .characters import folded
from .findings import BITS
from .stored import SHAPE_FIELDS, flagged, offsets, rows_at, shape_of_row

#: What is searched in one turn, in about a millisecond.
_TURN_BYTES = 1 << 18
_TURN_ROWS = 4096
#: What JSON writes around texts, and before a letter or four digits that stand for a sign.
_SIGNS = frozenset('",:{}[]\\')
_ESCAPE = 6
#: What stands around the texts of rows, folded, and what is left of it to search in.
_NAMES = tuple(
    (f'"{name}":', '"":')
    for name in (*dict.fromkeys(chain.from_iterable(SHAPE_FIELDS.values())), "content")
)
_ROLES = tuple((f'"role":"{role}"', '"":""') for role in ("system", "user", "assistant"))


class Search:
    """Rows of a folder that hold `query` (empty: any) and have `finding` (None: any or none).

    A row holds it in a field, a turn, a label, or in words or tags that stand beside each other.
    Raises `FileNotFoundError` with a finding where findings were never looked for.
    """

    def __init__(self, folder: Path, query: str = "", finding: FindingCode | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._found = array("I")
        self._offsets = offsets(folder)
        self._bytes = (folder / ROWS).stat().st_size
        self._next = 0
        self._wanted = fold(query).strip()
        #: As it stands in a line of JSON.
        self._needle = orjson.dumps(self._wanted).decode()[1:-1]
        self._certain = _SIGNS.isdisjoint(self._wanted)
        self._listed = False
        self._has = None if finding is None else flagged(folder) & np.uint32(BITS[finding]) != 0
        if not self._wanted:
            rows = np.arange(len(self._offsets)) if self._has is None else np.flatnonzero(self._has)
            self._found.frombytes(rows.astype(np.uint32).tobytes())
            self._next = len(self._offsets)
        elif len(self._offsets):
            shape = shape_of_row(rows_at(folder, [0])[0])
            self._listed = shape is DatasetShape.TOKENS_TAGS

    @property
    def complete(self) -> bool:
        """Whether every row has been looked at."""
        return self._next >= len(self._offsets)

    @property
    def total(self) -> int:
        """How many rows have been found so far."""
        return len(self._found)

    @property
    def share(self) -> float:
        """How much of the dataset has been looked at, 0 to 1."""
        return 1.0 if self.complete else int(self._offsets[self._next]) / self._bytes

    def advance(self, seconds: float) -> None:
        """Look further for at most about this long. Another thread's turn is waited for."""
        deadline = time.monotonic() + seconds
        while not self.complete:
            with self._lock:
                if not self.complete:
                    self._turn()
            if time.monotonic() >= deadline:
                return
            # Lets go of the interpreter: the loop of the server waits for it.
            time.sleep(0)

    def numbers(self, offset: int, limit: int) -> list[int]:
        """The numbers of rows that were found, from place `offset` on."""
        return self._found[max(0, offset) : max(0, offset) + max(0, limit)].tolist()

    def rows(self, offset: int, limit: int) -> tuple[list[int], list[Row]]:
        """Numbers and rows that were found, from place `offset` on."""
        numbers = self.numbers(offset, limit)
        return numbers, rows_at(self._folder, numbers)

    def _turn(self) -> None:
        first = self._next
        begin = int(self._offsets[first])
        until = int(np.searchsorted(self._offsets, begin + _TURN_BYTES, side="right")) - 1
        until = min(max(first + 1, until), first + _TURN_ROWS)
        if self._bytes - begin <= _TURN_BYTES:
            until = min(len(self._offsets), first + _TURN_ROWS)
        end = int(self._offsets[until]) if until < len(self._offsets) else self._bytes
        if self._has is None or self._has[first:until].any():
            with (self._folder / ROWS).open("rb") as handle:
                handle.seek(begin)
                self._look(handle.read(end - begin), first)
        self._next = until

    def _look(self, data: bytes, first: int) -> None:
        lines: list[bytes] | None = None
        text = folded(data.decode())
        if self._wanted.isascii():
            for name, nothing in (*_NAMES, *_ROLES):
                text = text.replace(name, nothing)
        if self._listed:
            # Words that stand beside each other are one text, as in `texts_of`.
            text = text.replace('","', " ")
        number, counted = first, 0
        at = text.find(self._needle)
        while at >= 0:
            number += text.count("\n", counted, at)
            counted = text.find("\n", at)
            if self._has is None or self._has[number]:
                if self._certain and text.find("\\", max(0, at - _ESCAPE), at) < 0:
                    self._found.append(number)
                else:
                    lines = lines or data.split(b"\n")
                    if self._holds(orjson.loads(lines[number - first])):
                        self._found.append(number)
            at = text.find(self._needle, counted)

    def _holds(self, row: dict[str, Any]) -> bool:
        return any(self._wanted in fold(text) for text in texts_of(row, names=True))
