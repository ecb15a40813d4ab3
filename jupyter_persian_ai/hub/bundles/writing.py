"""Writes what follows the lead of a bundle as parts: appended, synced, and renamed when full.

Owns the files of the parts while they are written (`NAME.tar.001.partial`) and the hash of each.
What was written before is never written again: a part that was begun is read for its hash, cut
back to what is known of it, and gone on with.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from ...paths import sync_folder

PIECE = 4 * 2**20
#: The ending of what is not finished.
PARTIAL = ".partial"


class Parts:
    """The parts of one bundle in the folder `out`; `names` begins with the lead's file.

    `sizes` are those of the cut parts; none of an uncut bundle, which is one file, with the lead
    (`lead` bytes) before all else. `done` lists the parts that are finished, as the journal has
    them, and grows; `on_full` is told each time.
    """

    def __init__(
        self,
        out: Path,
        names: list[str],
        sizes: list[int],
        lead: int,
        done: list[dict[str, Any]],
        on_full: Callable[[], None],
    ) -> None:
        self.at = 0
        self.done = done
        self._out = out
        self._names = names
        self._sizes = sizes
        self._lead = lead
        self._on_full = on_full
        self._handle: FileIO | None = None
        self._hash = hashlib.sha256()

    @property
    def name(self) -> str:
        """The file that is written now."""
        return self.path(len(self.done)).name

    def path(self, number: int) -> Path:
        """Where part `number` of what follows the lead lies when it is finished, from 0."""
        last = len(self._names) - 1
        return self._out / self._names[min(number + 1, last) if self._sizes else 0]

    def there(self, at: int, length: int) -> bool:
        """Whether all that a journal knows of, up to `at` of `length`, is still on the disk."""
        if not self._sizes:
            final, begun = self.path(0), partial(self.path(0))
            if at == length and final.is_file() and not begun.exists():
                final.replace(begun)  # ended before it could say so: it is read back again
            return size_of(begun) >= self._lead + at
        for number, part in enumerate(self.done):
            if size_of(self.path(number)) != part["bytes"]:
                return False
        inside = at - self._finished()
        return inside <= 0 or size_of(partial(self.path(len(self.done)))) >= inside

    def write(self, piece: memoryview) -> None:
        """Append, and begin the next part where one is full."""
        while piece:
            if self._handle is None:
                self._open()
            taken = piece[: self._room()] if self._sizes else piece
            rest = taken
            while rest and self._handle is not None:
                rest = rest[self._handle.write(rest) :]
            self._hash.update(taken)
            self.at += len(taken)
            piece = piece[len(taken) :]
            if self._sizes and not self._room():
                self._full()

    def sync(self) -> None:
        """Put what was written on the disk."""
        if self._handle is not None:
            os.fsync(self._handle.fileno())

    def close(self) -> None:
        """Let go of the open part."""
        if self._handle is not None:
            self._handle.close()
        self._handle = None

    def _finished(self) -> int:
        return sum(int(part["bytes"]) for part in self.done)

    def _room(self) -> int:
        return self._finished() + self._sizes[len(self.done)] - self.at

    def _open(self) -> None:
        """Open the part that `at` lies in, cut back to what is known of it."""
        before = 0 if self._sizes else self._lead
        inside = self.at - (self._finished() if self._sizes else 0)
        handle = self._handle = FileIO(made(partial(self.path(len(self.done)))), "r+")
        self._hash = hashlib.sha256()
        handle.truncate(before + inside)
        handle.seek(before)
        while self._sizes and inside and (piece := handle.read(min(PIECE, inside))):
            self._hash.update(piece)
            inside -= len(piece)
        handle.seek(0, os.SEEK_END)

    def _full(self) -> None:
        """The present part is full: put it on the disk under its name."""
        self.sync()
        self.close()
        number = len(self.done)
        partial(self.path(number)).replace(self.path(number))
        with suppress(OSError):  # a stick may not know how
            sync_folder(self._out)
        self.done.append({"bytes": self._sizes[number], "sha256": self._hash.hexdigest()})
        self._on_full()


def partial(path: Path) -> Path:
    """What a file is called until it is finished."""
    return path.with_name(f"{path.name}{PARTIAL}")


def made(path: Path) -> int:
    """A descriptor of a file of ours, which is made where it is not there."""
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_BINARY"):
        flags |= getattr(os, name, 0)
    return os.open(path, flags, 0o600)


def size_of(path: Path) -> int:
    """The size of a file; -1 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
