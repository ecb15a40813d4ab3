"""How fast bytes may come, and how long to wait before trying again."""

from __future__ import annotations

import random
import threading
import time

_MOST = 256 << 10
_LEAST = 4 << 10
_BURST_SECONDS = 0.25
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 20.0


class Pace:
    """A limit in bytes per second that all connections share; 0 is no limit."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._lock = threading.Lock()
        self._free = time.monotonic()

    @property
    def portion(self) -> int:
        """How much to read at once, in bytes."""
        return max(_LEAST, min(_MOST, self.rate // 16)) if self.rate else _MOST

    def spent(self, count: int) -> float:
        """Account for `count` bytes; sleeps as long as they were too many, and says how long."""
        if not self.rate:
            return 0.0
        with self._lock:
            now = time.monotonic()
            self._free = max(self._free, now - _BURST_SECONDS) + count / self.rate
            wait = self._free - now
        if wait <= 0:
            return 0.0
        time.sleep(wait)
        return wait


def wait_before(attempt: int) -> float:
    """Seconds before try `attempt` + 1 (of those that brought nothing), growing, never alike."""
    longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 — no secret
