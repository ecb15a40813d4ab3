"""What the machine and the service are doing.

Owns the live readings: they are taken only while somebody watches, in a thread, and sent to all
watchers as one ephemeral event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ..errors import Busy
from ..protocol.base import now
from ..protocol.events import Event, EventType
from ..protocol.jobs import JobState
from ..protocol.service import Activity, System
from ..settings import Settings
from ..store import Store
from ..store import jobs as job_rows
from .engines import Engines
from .machine import Machine
from .requests import RequestFigures

#: Seconds between two readings that watchers get.
READING_SECONDS = 2.0
TOPIC = "system"


class Monitoring:
    """Readings of machine and service."""

    def __init__(self, store: Store, settings: Settings, engines: Engines) -> None:
        self.requests = RequestFigures()
        self._store = store
        self._engines = engines
        self._machine = Machine(settings.data_dir)
        self._watchers: list[Callable[[Event], None]] = []
        self._task: asyncio.Task[None] | None = None

    async def system(self) -> System:
        """One reading."""
        workers = await self._store.aread(job_rows.active_count)
        engines = self._engines.count
        return await asyncio.to_thread(self._machine.read, workers=workers, engines=engines)

    async def activity(
        self, user_id: str, *, status: JobState | None, limit: int
    ) -> list[Activity]:
        """What the user's jobs did lately, the newest first."""
        page = await self._store.aread(
            lambda s: job_rows.page(s, user_id, state=status, limit=limit)
        )
        done = [
            Activity(
                time=job.ended or job.started or job.created,
                kind=job.kind.value,
                id=job.id,
                title=job.name,
                state=job.state.value,
            )
            for job in page.items
        ]
        return sorted(done, key=lambda activity: activity.time, reverse=True)

    def watch(self, show: Callable[[Event], None]) -> Callable[[], None]:
        """Call `show` with each reading; returns the function that ends it."""
        self._watchers.append(show)
        if self._task is None:
            self._task = asyncio.create_task(self._reading())

        def unwatch() -> None:
            with suppress(ValueError):
                self._watchers.remove(show)

        return unwatch

    async def stop(self) -> None:
        """Take no more readings."""
        self._watchers.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _reading(self) -> None:
        try:
            while self._watchers:
                # Without the database there is no count of workers; the next reading may have it.
                with suppress(Busy):
                    event = _event(await self.system())
                    for show in list(self._watchers):
                        show(event)
                await asyncio.sleep(READING_SECONDS)
        finally:
            self._task = None


def _event(system: System) -> Event:
    return Event(
        seq=0,
        time=now(),
        topic=TOPIC,
        type=EventType.SYSTEM,
        data=system.model_dump(mode="json"),
    )
