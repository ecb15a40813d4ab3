"""What one client sees of its user's event stream: which topics, and up to where.

Owns the cursor of one connection and the order of frames: a replay of newly subscribed topics
runs to the cursor exactly and the live pull goes on behind it, so there is no gap and no repeat.
There is no queue for a client: it is read to at its own pace, and one that falls too far behind
gets `resync`. Knows no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from ..protocol.events import ClientFrame, Event, EventType, Resync
from .stream import EventStream

#: Events read at once; also all that is ever in memory for one client.
BATCH = 256
#: Pause after a batch, so that a flood of points arrives in at most ten pieces a second.
PAUSE_SECONDS = 0.1
#: Topics that are never stored; the newest reading is all that counts.
EPHEMERAL = frozenset({"system"})


class Subscription:
    """One connection's view. `since` is where topics without a `since` of their own begin."""

    def __init__(
        self, stream: EventStream, user_id: str, *, cursor: int, since: int | None = None
    ) -> None:
        self.cursor = cursor
        self.topics: set[str] = set()
        self._stream = stream
        self._user_id = user_id
        self._since = cursor if since is None else since
        self._replays: list[tuple[frozenset[str], int]] = []
        self._woken = asyncio.Event()
        self._latest: Event | None = None
        self._floors: dict[str, int] = {}

    def change(self, frame: ClientFrame) -> None:
        """Take a client's frame. Its topics were checked already."""
        self.topics.difference_update(frame.unsubscribe)
        gone = frozenset(frame.unsubscribe)
        self._replays = [(topics - gone, since) for topics, since in self._replays]
        since = self._since if frame.since is None else frame.since
        if frame.subscribe:
            self._replays.append((frozenset(frame.subscribe), since))
            # A snapshot may be newer than our cursor: what it holds must not come again.
            self._floors.update(dict.fromkeys(frame.subscribe, since))
        self.wake()

    def wake(self) -> None:
        """Something may be there to read."""
        self._woken.set()

    def show(self, event: Event) -> None:
        """Take an ephemeral event; one that was not yet sent is replaced."""
        self._latest = event
        self.wake()

    async def frames(self) -> AsyncIterator[Event | Resync]:
        """What to send, for ever; waits for the consumer between frames."""
        with self._stream.watch(self._user_id, self.wake):
            while True:
                self._woken.clear()
                async for frame in self._pending():
                    yield frame
                sent = False
                pulled = await self._stream.pull(
                    self._user_id, self.cursor, self.topics - EPHEMERAL, BATCH
                )
                for event in coalesced(self._unseen(pulled.events)):
                    sent = True
                    yield event
                self.cursor = pulled.cursor
                if pulled.resync:
                    yield Resync(seq=pulled.cursor)
                if self._latest is not None and self._latest.topic in self.topics:
                    latest, self._latest = self._latest, None
                    yield latest
                if len(pulled.events) < BATCH:
                    if sent:
                        await asyncio.sleep(PAUSE_SECONDS)
                    await self._woken.wait()

    def _unseen(self, events: Iterable[Event]) -> Iterable[Event]:
        return (event for event in events if event.seq > self._floors.get(event.topic, 0))

    async def _pending(self) -> AsyncIterator[Event | Resync]:
        """Replay newly subscribed topics up to the cursor, then let them be live."""
        while self._replays:
            topics, since = self._replays.pop(0)
            stored = topics - EPHEMERAL
            while stored and since < self.cursor:
                pulled = await self._stream.pull(self._user_id, since, stored, BATCH)
                if pulled.resync:
                    yield Resync(seq=self.cursor)
                    break
                for event in coalesced(e for e in pulled.events if e.seq <= self.cursor):
                    yield event
                since = pulled.cursor
            self.topics |= topics


def coalesced(events: Iterable[Event]) -> list[Event]:
    """Join neighbouring batches of points of one attempt into one event, with the later seq."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if (
            last is not None
            and event.type is EventType.METRICS
            and last.type is EventType.METRICS
            and last.topic == event.topic
            and last.data.get("attempt") == event.data.get("attempt")
        ):
            points = [*last.data["points"], *event.data["points"]]
            joined[-1] = event.model_copy(update={"data": {**event.data, "points": points}})
        else:
            joined.append(event)
    return joined
