"""`emit`, as a recipe gets it: points to the metrics file, everything else to the spool.

Owns the pace of progress (a recipe reports as often as it likes), the form of log lines (one
line, bounded, no control characters: names and messages come from anywhere) and the ballast: a
small file that is given up when the disk is full, so that there is room to say so.
"""

from __future__ import annotations

import errno
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from ..errors import DiskFull
from ..protocol.events import EventType
from ..protocol.jobs import Evaluation
from . import metrics_file, spool
from .evaluation import condense

BALLAST = "ballast"
BALLAST_BYTES = 64 * 1024
PROGRESS_SECONDS = 0.2
LOG_CHARACTERS = 1000

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_disk_full(error: OSError) -> bool:
    """Whether this says that there is no room to write."""
    return error.errno in _FULL


def one_line(message: str) -> str:
    """`message` as a log shows it: one line, at most 1,000 characters, nothing that acts."""
    text = _CONTROL.sub(" ", _ANSI.sub("", message[: 4 * LOG_CHARACTERS])).strip()
    return text if len(text) <= LOG_CHARACTERS else text[: LOG_CHARACTERS - 1] + "…"


class Emitter:
    """Reports for the attempt in `folder`. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spool = spool.Writer(folder)
        self._metrics = metrics_file.Writer(folder)
        self._lock = threading.RLock()
        self._held: dict[str, Any] | None = None
        self._progress_at = float("-inf")

    def __call__(self, type: EventType, data: dict[str, Any]) -> None:
        """Report one event; see `protocol.worker.Emit`.

        Raises:
            DiskFull: when there is no room for it; nothing of it stays.

        """
        try:
            with self._lock:
                self._emit(EventType(type), data)
        except OSError as error:
            if not is_disk_full(error):
                raise
            (self._folder / BALLAST).unlink(missing_ok=True)
            free = shutil.disk_usage(self._folder).free
            raise DiskFull(needed=BALLAST_BYTES, free=free) from error

    def flush(self) -> None:
        """Report progress that was held back, once its time has come."""
        with self._lock:
            if self._held is not None and self._due():
                self(EventType.PROGRESS, self._held)

    def close(self) -> None:
        """Let the files go."""
        with self._lock:
            self._spool.close()
            self._metrics.close()

    def _emit(self, type: EventType, data: dict[str, Any]) -> None:
        if type is EventType.METRICS:
            values = {name: float(value) for name, value in data["values"].items()}
            self._metrics.append(int(data["step"]), values)
            return
        if type is EventType.PROGRESS:
            if not self._due():
                self._held = data
                return
            self._held = None
            self._progress_at = time.monotonic()
        elif self._held is not None:
            held, self._held = self._held, None  # what comes later must not overtake it
            self._spool.append(EventType.PROGRESS, held)
        if type is EventType.LOG:
            data = {**data, "message": one_line(str(data.get("message", "")))}
        elif type is EventType.EVALUATION:
            data = condense(Evaluation.model_validate(data)).model_dump(mode="json")
        elif type is EventType.NOTICE:
            said = {language: one_line(str(text)) for language, text in data["message"].items()}
            data = {**data, "message": said}
        self._spool.append(type, data)

    def _due(self) -> bool:
        return time.monotonic() - self._progress_at >= PROGRESS_SECONDS
