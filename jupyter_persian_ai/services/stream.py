"""A user's events, read from any point on.

Owns one function, `pull`, that is snapshot, replay and live at once: whoever asks gives the
number of the last event they have. Waking comes from `Store.listen` for our own commits and from
a slow poll for those of other processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from ..errors import Busy
from ..jobs import metrics_file
from ..protocol.events import Event, EventType
from ..settings import Settings
from ..store import Store
from ..store import events as rows

#: A client further behind than this is told to take a snapshot.
LAG = 20_000
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pulled:
    """Events after a cursor, and the cursor to ask with next time."""

    events: list[Event]
    cursor: int
    resync: bool = False


@dataclass(slots=True)
class _Watched:
    """A user somebody watches: the last number the poll saw, whom to wake, reads under way.

    A read may be shared only by those who were woken by the same commit: one that began before
    it cannot see what it wrote.
    """

    last: int = -1
    commit: int = 0
    wakers: list[Callable[[], None]] = field(default_factory=list)
    reads: dict[tuple[int, int, frozenset[str], int], asyncio.Task[Pulled]] = field(
        default_factory=dict
    )


class EventStream:
    """The streams of all users of this store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._jobs_dir = settings.data_dir / "jobs"
        self._watched: dict[str, _Watched] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poll: asyncio.Task[None] | None = None

    @property
    def epoch(self) -> str:
        """Changes when numbers of this store no longer mean what they meant."""
        return self._store.epoch

    async def start(self) -> None:
        """Begin to hear commits."""
        self._loop = asyncio.get_running_loop()
        self._store.listen(self._committed)
        self._poll = asyncio.create_task(self._polling())

    async def stop(self) -> None:
        """Stop polling; commits are heard no more."""
        self._loop = None
        if self._poll is not None:
            self._poll.cancel()
            with suppress(asyncio.CancelledError):
                await self._poll

    async def last(self, user_id: str) -> int:
        """The number of the user's latest event."""
        return await self._store.aread(lambda session: rows.last(session, user_id))

    async def pull(self, user_id: str, cursor: int, topics: Collection[str], limit: int) -> Pulled:
        """At most `limit` events of `topics` after `cursor`, ascending.

        `resync` is set, and nothing is returned, when `cursor` is in the future or too far
        behind; the returned cursor is then the latest number.

        Raises:
            Busy: the database is away, or the stream was stopped.

        """
        if self._loop is None:
            raise Busy
        chosen = frozenset(topics)
        watched = self._watched.get(user_id)
        if watched is None:
            return await self._read(user_id, cursor, chosen, limit)
        # All windows of a user ask the same thing at the same moment: one read answers them.
        key = (watched.commit, cursor, chosen, limit)
        if key not in watched.reads:
            task = asyncio.create_task(self._read(user_id, cursor, chosen, limit))
            watched.reads[key] = task
            task.add_done_callback(lambda _: watched.reads.pop(key, None))
            task.add_done_callback(_heard)
        return await asyncio.shield(watched.reads[key])

    async def _read(self, user_id: str, cursor: int, chosen: frozenset[str], limit: int) -> Pulled:
        def read(session: Session) -> Pulled:
            last = rows.last(session, user_id)
            if cursor > last or last - cursor > LAG:
                return Pulled([], last, resync=True)
            if not chosen or cursor == last:
                return Pulled([], last)
            found = rows.after(session, user_id, cursor, chosen, limit)
            reached = found[-1].seq if len(found) >= limit else last
            return Pulled([self._with_points(event) for event in found], reached)

        return await self._store.aread(read)

    @contextmanager
    def watch(self, user_id: str, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` on the event loop whenever the user's stream may have grown."""
        watched = self._watched.setdefault(user_id, _Watched())
        watched.wakers.append(wake)
        try:
            yield
        finally:
            watched.wakers.remove(wake)
            if not watched.wakers:
                self._watched.pop(user_id, None)

    def _with_points(self, event: Event) -> Event:
        """Points are not in SQL: the event says which ones, the attempt's file has them."""
        if event.type is not EventType.METRICS or "points" in event.data:
            return event
        job_id = event.topic.removeprefix("job:")
        attempt = int(event.data["attempt"])
        folder = self._jobs_dir / job_id / str(attempt)
        points = metrics_file.read(folder, int(event.data["first"]), int(event.data["count"]))
        return event.model_copy(update={"data": {"attempt": attempt, "points": points}})

    def _committed(self, user_id: str) -> None:
        """Called by the store, in the thread that committed."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake, user_id)

    def _wake(self, user_id: str) -> None:
        watched = self._watched.get(user_id)
        if watched is None:
            return
        watched.commit += 1
        for wake in list(watched.wakers):
            wake()

    async def _polling(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for user_id, watched in list(self._watched.items()):
                with suppress(Busy):
                    last = await self.last(user_id)
                    if last != watched.last:
                        watched.last = last
                        self._wake(user_id)


def _heard(task: asyncio.Task[Pulled]) -> None:
    """Those who waited got the error; when all of them left, nobody needs it."""
    if not task.cancelled():
        task.exception()
