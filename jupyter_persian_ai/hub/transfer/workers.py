"""The threads that fetch: as many as are wanted, which may change while they work.

Owns who begins, who leaves, and the wait for the last of them. What a worker does is the engine's;
it must look at `Line.leaving` between two steps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .source import Line

#: Workers that begin at once; the others while this process takes less than so much of a core.
_AT_ONCE = 4
_BUSY = 0.5
_WATCHED_SECONDS = 0.2


class Workers:
    """Threads that each call `work` with a line of its own until it returns."""

    def __init__(
        self,
        work: Callable[[Line], None],
        line: Callable[[], Line],
        failed: Callable[[BaseException], None],
        over: Callable[[], bool],
    ) -> None:
        """`failed` is told of what `work` raises; nobody begins once `over` is true."""
        self._work = work
        self._line = line
        self._failed = failed
        self._over = over
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._waited_for = False
        #: Of all that have ever worked, in the order in which they began.
        self.lines: list[Line] = []

    def want(self, count: int) -> None:
        """Let `count` work from now on: more begin, or the last to begin leave."""
        with self._lock:
            if self._waited_for:
                return
            present = [line for line in self.lines if not line.leaving]
            leaving = present[count:]
            for line in leaving:
                line.leaving = True
            for number in range(len(present), count):
                line = self._line()
                self.lines.append(line)
                thread = threading.Thread(target=self._run, args=(line, number), daemon=True)
                self._threads.append(thread)
                thread.start()
        for line in leaving:
            line.interrupt()

    def interrupt(self) -> None:
        """Wake everybody who waits for a server."""
        with self._lock:
            lines = list(self.lines)
        for line in lines:
            line.interrupt()

    def join(self) -> None:
        """Wait for the last, those included who begin meanwhile."""
        done = 0
        while True:
            with self._lock:
                if done == len(self._threads):
                    self._waited_for = True
                    return
                thread = self._threads[done]
            thread.join()
            done += 1

    def _run(self, line: Line, number: int) -> None:
        try:
            if number < _AT_ONCE or self._helps(line):
                self._work(line)
        except BaseException as error:  # noqa: BLE001 — raised again by the engine
            self._failed(error)
        finally:
            line.close()

    def _helps(self, line: Line) -> bool:
        """Wait until the line is the limit: where this machine is, more threads only cost."""
        while not self._over() and not line.leaving:
            begun, used = time.monotonic(), time.process_time()
            time.sleep(_WATCHED_SECONDS)
            if time.process_time() - used < _BUSY * (time.monotonic() - begun):
                return True
        return False
