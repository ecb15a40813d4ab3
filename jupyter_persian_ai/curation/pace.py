"""How fast a child gets on, and when it will be done. Emits; knows nothing of what is done."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from ..protocol.events import EventType
from ..protocol.jobs import Progress
from ..protocol.worker import Emit

#: Speed is the mean over this long.
_SECONDS = 10.0


class Pace:
    """Progress of one child, or of part `share[0]` of `share[1]` equal parts of a job."""

    def __init__(self, emit: Emit, *, unit: str, share: tuple[int, int] = (0, 1)) -> None:
        self._emit = emit
        self._unit = unit
        self._part, self._parts = share
        self._began = time.monotonic()
        self._history: deque[tuple[float, int]] = deque()
        self._latest = Progress(unit=unit)

    def told(self, done: int, total: int, detail: Any) -> None:
        """The child said how far it is; `detail` is a number of rows, or what is going on."""
        moment = time.monotonic()
        self._history.append((moment, done))
        while moment - self._history[0][0] > _SECONDS:
            self._history.popleft()
        earlier, less = self._history[0]
        speed = (done - less) / (moment - earlier) if moment > earlier else 0.0
        left = max(0, total - done) + total * (self._parts - self._part - 1)
        self._latest = Progress(
            done=done + total * self._part,
            total=total * self._parts,
            unit=self._unit,
            speed=max(0.0, speed),
            eta_seconds=left / speed if speed > 0 and total else None,
            elapsed_seconds=moment - self._began,
            rows=detail if isinstance(detail, int) else 0,
            detail=detail[:200] if isinstance(detail, str) else "",
        )
        self._send()

    def done(self) -> None:
        """The child has answered: all of its part is done."""
        part = self._latest.total // self._parts
        whole = {"done": part * (self._part + 1), "eta_seconds": None}
        self._latest = self._latest.model_copy(update=whole)
        self._send()

    def _send(self) -> None:
        self._emit(EventType.PROGRESS, self._latest.model_dump(mode="json"))
