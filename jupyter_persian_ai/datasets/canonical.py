"""The one form in which a dataset is kept: `rows.jsonl`, `rows.index` and more in a folder.

`rows.jsonl` holds a JSON object a line, UTF-8, no spaces, fields in the order of its shape
(see `DatasetShape`), ended by a line feed: the same rows give the same bytes, so the
sha256 of this file names the dataset. `rows.index` holds the byte offset of each row as uint64,
little-endian, so that any row is one seek away. Beside them stand files that others own: flags of
the rows (`findings`), what is known of them (`analysis`) and the problems of an import.

All are staged beside their place, synced and renamed, the rows last: a folder with `rows.jsonl`
holds all of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from ..paths import sync_folder

ROWS = "rows.jsonl"
INDEX = "rows.index"
OFFSET_BYTES = 8
#: Fields whose strings name something; they are no text to count.
_NAMES = {"label", "tags"}


def line_of(row: Mapping[str, object]) -> bytes:
    """A row as a line of `rows.jsonl`, with its end."""
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def texts_of(row: Mapping[str, Any], *, names: bool = False) -> list[str]:
    """The texts of a canonical row: fields, words joined by spaces, what each turn says.

    `names` adds labels and tags.
    """
    texts: list[str] = []
    for field, value in row.items():
        if field in _NAMES and not names:
            continue
        if isinstance(value, str):
            texts.append(value)
        elif value and isinstance(value[0], str):
            texts.append(" ".join(value))
        else:
            texts += [turn["content"] for turn in value]
    return texts


def labels_of(row: Mapping[str, Any]) -> list[str]:
    """The label or the tags of a canonical row; none for shapes without."""
    label = row.get("label")
    return [*row.get("tags", ())] if label is None else [label]


def turns_of(row: Mapping[str, Any]) -> int:
    """How many turns a canonical row has; 0 for shapes without."""
    return len(row.get("messages", ()))


class RowWriter:
    """Writes rows; only `commit` makes them visible, and leaving without it leaves nothing.

    Without a folder it writes nothing and only counts and hashes. `others` are names of files
    that are staged and committed with the rows.
    """

    def __init__(self, folder: Path | None, others: Sequence[str] = ()) -> None:
        self.folder = folder
        self.rows = 0
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._names = (*others, INDEX, ROWS)
        self._files: dict[str, BinaryIO] = {}

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._hash.hexdigest()

    def __enter__(self) -> Self:
        """Open the staged files."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in self._names:
                self._files[name] = self._staged(name).open("w+b", buffering=1 << 18)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not committed."""
        for name, handle in self._files.items():
            # Closing writes what is buffered, and fails again on a full disk; it is given up.
            with contextlib.suppress(OSError):
                handle.close()
            self._staged(name).unlink(missing_ok=True)

    def add(self, row: Mapping[str, object]) -> None:
        """Append one row."""
        line = line_of(row)
        self.add_lines(line, [len(line)])

    def add_lines(self, lines: bytes | memoryview, lengths: Sequence[int]) -> None:
        """Append rows that are lines by now; `lengths` in bytes, with the ends."""
        if self._files and lengths:
            self._files[ROWS].write(lines)
            offsets = array("Q", accumulate(lengths[:-1], initial=self.bytes))
            if sys.byteorder != "little":
                offsets.byteswap()
            self._files[INDEX].write(offsets)
        self._hash.update(lines)
        self.bytes += len(lines)
        self.rows += len(lengths)

    def write(self, name: str, data: bytes | memoryview) -> None:
        """Append to one of the other files; nothing without a folder."""
        if self._files:
            self._files[name].write(data)

    def file(self, name: str) -> BinaryIO | None:
        """A staged file with all that was written to it, to be looked through and changed."""
        handle = self._files.get(name)
        if handle is not None:
            handle.flush()
        return handle

    def commit(self) -> None:
        """Make the rows durable and visible, `rows.jsonl` last."""
        if self.folder is None:
            return
        for handle in self._files.values():
            handle.flush()
            os.fsync(handle.fileno())
            handle.close()
        for name in self._names:
            self._staged(name).replace(self.folder / name)
        self._files.clear()
        sync_folder(self.folder)

    def _staged(self, name: str) -> Path:
        if self.folder is None:
            raise ValueError("no folder to stage in")
        return self.folder / f".{name}.part"
