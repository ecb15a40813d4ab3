"""The spool of an attempt: what its worker emitted, one JSON line an event.

The worker appends, each line in one write; the server reads from an offset and takes only whole
lines, so a line torn by a crash or a full disk is simply not there yet. `n` counts the lines
from 1, which lets the reader take each exactly once.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..protocol.base import now
from ..protocol.events import Emitted, EventType
from .metrics_file import write_whole

FILE = "spool.jsonl"
#: The longest line; a recipe that emits more has a bug.
MAX_LINE = 1 << 20
#: How much is read at once; larger than a line, so that there is always progress.
READ_BYTES = 4 * MAX_LINE

#: After these the line is on the disk, not only with the operating system.
_DURABLE = frozenset({EventType.STATE, EventType.CHECKPOINT})


class Batch(NamedTuple):
    """Whole lines from an offset on."""

    events: list[Emitted]
    #: Where the next read begins.
    offset: int
    #: Whole lines that are no events: damage by a power cut. They are skipped.
    damaged: int


class Writer:
    """Appends to the spool in `folder`. Thread-safe; one process, one writer."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.open(folder / FILE, flags, 0o600)
        self._n = 0
        self._lock = threading.Lock()

    def append(self, type: EventType, data: dict[str, Any]) -> None:
        """Add one event; STATE and CHECKPOINT are on the disk when this returns.

        Raises:
            ValueError: when it is longer than `MAX_LINE`.
            OSError: when it cannot be written; then nothing of it stays.

        """
        with self._lock:
            event = Emitted(n=self._n + 1, time=now(), type=type, data=data)
            line = event.model_dump_json().encode("utf-8", "replace") + b"\n"
            if len(line) > MAX_LINE:
                raise ValueError(f"an event of {len(line)} bytes is too long")
            write_whole(self._file, line)
            self._n += 1
            if type in _DURABLE:
                os.fsync(self._file)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)


def read(folder: Path, offset: int) -> Batch:
    """Whole lines of the spool from byte `offset` on, at most about 4 MiB of them."""
    try:
        with (folder / FILE).open("rb") as file:
            file.seek(offset)
            data = file.read(READ_BYTES)
    except FileNotFoundError:
        return Batch([], offset, 0)
    whole = data[: data.rfind(b"\n") + 1]
    events: list[Emitted] = []
    damaged = 0
    for line in whole.splitlines():
        try:
            events.append(Emitted.model_validate_json(line))
        except ValidationError:
            damaged += 1
    return Batch(events, offset + len(whole), damaged)


def size(folder: Path) -> int:
    """The spool's length in bytes; 0 when there is none yet. Cheap enough to ask often."""
    try:
        return (folder / FILE).stat().st_size
    except FileNotFoundError:
        return 0
