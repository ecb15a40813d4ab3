"""Whether each part of the service works, and if not, why.

Owns the probes; each is bounded in time and none of them changes anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from ..errors import PersianAIError
from ..hub.account import look
from ..hub.way import Way, way_of
from ..protocol.chat import EngineState
from ..protocol.service import Health, HealthPart, HealthState
from ..settings import Settings
from ..store import Store, facts
from ..version import __version__
from .disk import usable_bytes
from .engines import Engines
from .hub_threads import HubThreads

#: The Hub is asked at most this often, and may take so long.
HUB_SECONDS = 60.0
_ANSWER_SECONDS = 3.0
_OK = HealthPart(state=HealthState.OK)


class HealthProbe:
    """Asks every part how it is."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        engines: Engines,
        supervising: Callable[[], bool],
        threads: HubThreads,
    ) -> None:
        self._threads = threads
        self._store = store
        self._settings = settings
        self._supervising = supervising
        self._engines = engines
        self._hub = _OK
        self._hub_at = float("-inf")
        self._hub_way: Way | None = None

    async def health(self, way: Way | None = None) -> Health:
        """Every part, and the worst of those we cannot work without as the whole.

        `way` is the asking user's way to the Hub; without one it is the environment's.
        """
        database, disk, hub = await asyncio.gather(
            self._database(), asyncio.to_thread(self._disk), self._reach_hub(way or way_of({}))
        )
        parts = {
            "database": database,
            "disk": disk,
            "workers": self._workers(),
            "engine": self._engine(),
            "hub": hub,
        }
        needed = {parts["database"].state, parts["disk"].state}
        worst = HealthState.OK
        if any(part.state is not HealthState.OK for part in parts.values()):
            worst = HealthState.DEGRADED
        if HealthState.DOWN in needed:
            worst = HealthState.DOWN
        return Health(state=worst, version=__version__, parts=parts)

    async def _database(self) -> HealthPart:
        try:
            async with asyncio.timeout(5):
                await self._store.aread(facts.epoch)
        except TimeoutError:
            return HealthPart(state=HealthState.DOWN, reason="no answer within 5 s")
        except PersianAIError as error:
            return HealthPart(state=HealthState.DOWN, reason=error.body.message)
        return _OK

    def _disk(self) -> HealthPart:
        usable = usable_bytes(self._settings)
        if usable == 0:
            return HealthPart(state=HealthState.DOWN, reason="only the reserve is left")
        if usable < 4 * self._settings.disk_reserve_bytes:
            return HealthPart(state=HealthState.DEGRADED, reason=f"{usable} bytes are left")
        return _OK

    def _workers(self) -> HealthPart:
        if self._supervising():
            return _OK
        return HealthPart(
            state=HealthState.DEGRADED,
            reason="another server on the same data supervises the workers",
        )

    def _engine(self) -> HealthPart:
        failed = [e.model_id for e in self._engines.listed() if e.state is EngineState.FAILED]
        if failed:
            return HealthPart(
                state=HealthState.DEGRADED, reason=f"could not load: {', '.join(failed)}"
            )
        return _OK

    async def _reach_hub(self, way: Way) -> HealthPart:
        if way.offline:  # which is as it was wished
            return HealthPart(state=HealthState.OK, reason="offline mode is on")
        way = replace(way, token="")
        if way == self._hub_way and time.monotonic() - self._hub_at < HUB_SECONDS:
            return self._hub
        self._hub_way, self._hub_at = way, time.monotonic()
        try:
            found = await self._threads.run(lambda: look(way), seconds=_ANSWER_SECONDS)
            problems = [one.problem for one in found.values() if one.problem]
            failed = problems if len(problems) == len(found) else []
        except PersianAIError as problem:
            failed = [problem]
        self._hub = _OK
        if failed:
            self._hub = HealthPart(state=HealthState.DEGRADED, reason=failed[0].body.message)
        return self._hub
