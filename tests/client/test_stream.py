"""Following events over a real WebSocket whose other end misbehaves on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado import httpserver, ioloop, netutil, web, websocket

from jupyter_persian_ai.client import Address, EventStream, Follower


class Feed:
    """A server of the socket's protocol over a list of events that a test writes."""

    def __init__(self) -> None:
        self.epoch = "one"
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.sockets: set[Any] = set()
        self.connections = 0
        self.asked = threading.Event()
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)))
        self._thread.start()
        started.wait(10)

    async def _serve(self, started: threading.Event) -> None:
        feed = self

        class Socket(websocket.WebSocketHandler):
            topics: set[str]

            def open(self) -> None:
                self.topics = set()
                feed.connections += 1
                feed.sockets.add(self)
                hello = {"type": "hello", "epoch": feed.epoch, "seq": len(feed.events)}
                self.write_message(json.dumps(hello))

            def on_message(self, message: str | bytes) -> None:
                frame = json.loads(message)
                feed.frames.append(frame)
                self.topics |= set(frame.get("subscribe", []))
                self.topics -= set(frame.get("unsubscribe", []))
                for event in feed.events:
                    wanted = event["topic"] in frame.get("subscribe", [])
                    if wanted and event["seq"] > frame.get("since", 0):
                        self.write_message(json.dumps(event))
                feed.asked.set()

            def on_close(self) -> None:
                feed.sockets.discard(self)

        sockets = netutil.bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        server = httpserver.HTTPServer(web.Application([(r"/persian-ai/api/events", Socket)]))
        server.add_sockets(sockets)
        self._loop = ioloop.IOLoop.current()
        self._stopped = asyncio.Event()
        started.set()
        await self._stopped.wait()
        server.stop()
        await server.close_all_connections()

    def call(self, action: Any) -> None:
        done = threading.Event()
        self._loop.add_callback(lambda: (action(), done.set()))
        assert done.wait(10)

    def add(self, topic: str, seq: int | None = None) -> None:
        event = {
            "seq": len(self.events) + 1 if seq is None else seq,
            "time": "2026-01-01T00:00:00Z",
            "topic": topic,
            "type": "log",
            "data": {"attempt": 1, "level": "info", "message": topic},
        }

        def send() -> None:
            if event["seq"]:
                self.events.append(event)
            for socket in self.sockets:
                if topic in socket.topics:
                    write(socket, event)

        self.call(send)

    def say(self, frame: dict[str, Any]) -> None:
        self.call(lambda: [write(socket, frame) for socket in self.sockets])

    def drop(self) -> None:
        self.call(lambda: [socket.close() for socket in list(self.sockets)])

    def stop(self) -> None:
        self._loop.add_callback(self._stopped.set)
        self._thread.join(10)


def write(socket: Any, frame: dict[str, Any]) -> None:
    with contextlib.suppress(websocket.WebSocketClosedError):  # it is being dropped
        socket.write_message(json.dumps(frame))


@pytest.fixture
def feed() -> Iterator[Feed]:
    feed = Feed()
    yield feed
    feed.stop()


@pytest.fixture
def stream(feed: Feed) -> Iterator[EventStream]:
    stream = EventStream(Address(f"http://127.0.0.1:{feed.port}/"))
    yield stream
    stream.close()


def seqs(follower: Follower, count: int) -> list[int]:
    """Numbers of the next `count` events."""
    found: list[int] = []
    while len(found) < count:
        events = follower.take(20)
        assert events, f"only {found} came"
        found += [event.seq for event in events]
    return found


def test_replay_and_live_without_gap_or_repeat(feed: Feed, stream: EventStream) -> None:
    for _ in range(5):
        feed.add("job:a")
    follower = stream.follow(["job:a"], since=2)
    assert seqs(follower, 3) == [3, 4, 5]
    feed.add("job:a")
    feed.add("job:b")
    feed.add("job:a")
    assert seqs(follower, 2) == [6, 8]


def test_a_lost_connection_loses_nothing(feed: Feed, stream: EventStream) -> None:
    follower = stream.follow(["job:a"], since=0)
    feed.add("job:a")
    assert seqs(follower, 1) == [1]
    for _ in range(3):
        feed.drop()
        feed.add("job:a")
        feed.add("job:a")
    assert seqs(follower, 6) == [2, 3, 4, 5, 6, 7]
    assert feed.connections >= 2
    assert not follower.stale


def test_two_followers_of_one_topic_each_get_their_own(feed: Feed, stream: EventStream) -> None:
    for _ in range(4):
        feed.add("job:a")
    first = stream.follow(["job:a"], since=3)
    assert seqs(first, 1) == [4]
    second = stream.follow(["job:a"], since=1)
    assert seqs(second, 3) == [2, 3, 4]
    feed.add("job:a")
    assert seqs(first, 1) == [5]
    assert seqs(second, 1) == [5]


def test_another_epoch_asks_for_a_snapshot(feed: Feed, stream: EventStream) -> None:
    follower = stream.follow(["job:a"], since=0)
    feed.add("job:a")
    assert seqs(follower, 1) == [1]
    feed.epoch = "two"
    feed.events.clear()
    feed.drop()
    assert follower.take(20) == []
    assert follower.stale
    feed.add("job:a")
    follower.restart(since=0)
    assert seqs(follower, 1) == [1]
    assert not follower.stale


def test_resync_asks_for_a_snapshot(feed: Feed, stream: EventStream) -> None:
    follower = stream.follow(["job:a"], since=0)
    assert feed.asked.wait(20)
    feed.say({"type": "resync", "seq": 90})
    assert follower.take(20) == []
    assert follower.stale


def test_ephemeral_events_are_not_numbered(feed: Feed, stream: EventStream) -> None:
    follower = stream.follow(["system"], since=0)
    assert feed.asked.wait(20)
    feed.add("system", seq=0)
    feed.add("system", seq=0)
    assert seqs(follower, 2) == [0, 0]


def test_what_a_newer_service_says_is_passed_over(feed: Feed, stream: EventStream) -> None:
    follower = stream.follow(["job:a"], since=0)
    assert feed.asked.wait(20)
    feed.say({"type": "news"})
    feed.say({"type": "dance", "topic": "job:a", "seq": 1, "time": "", "data": {}})
    feed.add("job:a")
    assert seqs(follower, 1) == [1]
    assert feed.connections == 1


def test_leaving_unsubscribes_and_closing_wakes(
    feed: Feed, stream: EventStream, wait_for: Callable[..., Any]
) -> None:
    kept = stream.follow(["job:a"], since=0)
    left = stream.follow(["job:a", "job:b"], since=0)
    assert feed.asked.wait(20)
    left.close()
    wait_for(lambda: {"unsubscribe": ["job:b"]} in feed.frames, what="the frame")
    feed.add("job:a")
    assert seqs(kept, 1) == [1]
    waiting = threading.Thread(target=kept.take)
    waiting.start()
    stream.close()
    waiting.join(20)
    assert not waiting.is_alive()
    assert kept.closed
    assert stream.follow(["job:a"], since=0).closed


def test_the_service_may_come_later(feed: Feed) -> None:
    port = feed.port
    feed.stop()
    stream = EventStream(Address(f"http://127.0.0.1:{port}/"))
    follower = stream.follow(["job:a"], since=0)
    assert follower.take(0.5) == []
    assert not stream.connected
    stream.close()
    assert follower.closed
