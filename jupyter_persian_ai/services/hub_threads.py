"""The threads that wait for the Hub: few, so that a Hub that hangs holds up nothing else.

Owns how many questions may wait and how long one may take. Knows no question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..errors import Busy
from ..hub import asking
from ..hub.way import default_endpoint

Answer = TypeVar("Answer")

_THREADS = 4
_SECONDS = 25.0  # looking up a name has no limit of its own


class HubThreads:
    """A few threads."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "hub")
        self._waiting = 0

    async def run(self, ask: Callable[[], Answer], *, seconds: float = _SECONDS) -> Answer:
        """What `ask` gives.

        Raises:
            Busy: too many questions wait already.
            HubOffline: there is no answer within `seconds`.

        """
        if self._waiting >= 2 * _THREADS:
            raise Busy
        self._waiting += 1
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._threads, ask)
            return await asyncio.wait_for(answer, seconds)
        except TimeoutError as error:
            raise asking.too_slow(default_endpoint(), seconds) from error
        finally:
            self._waiting -= 1

    def stop(self) -> None:
        """Wait for no answer; a thread that hangs ends with its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)
