"""A download that is under way follows what its user sets: connections, bandwidth, offline.

Looks at the file of the settings a few times a second; opens it only when it is another one.
Changes of addresses and of the proxy count from the next try on: bytes are coming on those in use.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from ..errors import HubOffline
from .transfer.engine import Engine
from .way import read_way

_SECONDS = 0.3


class Following:
    """A thread that keeps `engine` within the limits of `file` until `end`."""

    def __init__(self, file: Path, engine: Engine) -> None:
        self._file = file
        self._engine = engine
        self._over = threading.Event()
        self._seen: tuple[int, int, int] | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Follow no longer."""
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(_SECONDS):
            seen = self._look()
            if seen == self._seen:
                continue
            self._seen = seen
            way = read_way(self._file)
            try:
                way.need_online()
            except HubOffline as offline:
                self._engine.stop(offline)
                return
            self._engine.adjust(connections=way.connections, bandwidth=way.bandwidth)

    def _look(self) -> tuple[int, int, int] | None:
        with suppress(OSError):
            now = self._file.stat()
            return now.st_mtime_ns, now.st_ino, now.st_size
        return None
