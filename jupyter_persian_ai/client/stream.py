"""Following events over the WebSocket: one thread and one connection for all who follow.

A follower says from which event number it goes on and gets every later event of its topics
exactly once, in order, also over lost connections; when that cannot be promised (another
epoch, too far behind) it is told to take a snapshot. Must not know what an event means.
"""

from __future__ import annotations

import contextlib
import json
import random
import ssl
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

import websocket
from pydantic import ValidationError

from ..protocol.events import Event
from .address import Address

#: Events kept for a follower that does not read; above this it has to take a snapshot.
_LIMIT = 20_000
#: Seconds: first and longest pause between attempts to connect.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0
#: Seconds without a frame (the server pings every 30) after which a connection counts as lost.
_SILENCE = 90.0


class Follower:
    """One reader of some topics. Made by `EventStream.follow`."""

    def __init__(self, stream: EventStream, topics: Iterable[str], since: int) -> None:
        self._stream = stream
        self._ready = threading.Condition()
        self._events: deque[Event] = deque()
        self._stale = False
        self._closed = False
        #: Topic to the number of its last event that was put in the queue.
        self.cursors = dict.fromkeys(topics, since)

    def take(self, timeout: float | None = None) -> list[Event]:
        """All events that wait, oldest first; waits up to `timeout` seconds for the first."""
        with self._ready:
            self._ready.wait_for(lambda: self._events or self._stale or self._closed, timeout)
            events = list(self._events)
            self._events.clear()
            return events

    @property
    def stale(self) -> bool:
        """Whether a snapshot has to be taken; after it, `restart` with its number."""
        return self._stale

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def restart(self, since: int) -> None:
        """Go on after event `since`, the number of a snapshot."""
        with self._ready:
            self._events.clear()
            self._stale = False
            self.cursors = dict.fromkeys(self.cursors, since)
        self._stream.subscribe(self)

    def close(self) -> None:
        """Stop following and wake whoever waits in `take`."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        self._stream.leave(self)

    def put(self, event: Event) -> None:
        """Called by the stream's thread."""
        with self._ready:
            if self._stale or self._closed:
                return
            cursor = self.cursors.get(event.topic)
            if cursor is None or (event.seq and event.seq <= cursor):
                return  # not ours, or a repeat: replays of several followers overlap
            if len(self._events) >= _LIMIT:
                self._mark_stale()
                return
            if event.seq:
                self.cursors[event.topic] = event.seq
            self._events.append(event)
            self._ready.notify_all()

    def spoil(self) -> None:
        """Called by the stream's thread: what was missed cannot be replayed."""
        with self._ready:
            self._mark_stale()

    def _mark_stale(self) -> None:
        self._stale = True
        self._events.clear()
        self._ready.notify_all()


class EventStream:
    """The connection. The thread starts with the first follower and ends with the last."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._followers: set[Follower] = set()
        self._socket: websocket.WebSocket | None = None
        self._epoch: str | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._connected = threading.Event()
        self._closed = False

    def follow(self, topics: Iterable[str], since: int) -> Follower:
        """Follow `topics` from the first event after number `since`."""
        follower = Follower(self, topics, since)
        with self._lock:
            if self._closed:
                follower._closed = True
                return follower
            self._followers.add(follower)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="persian-ai-events", daemon=True
                )
                self._thread.start()
        self.subscribe(follower)
        return follower

    @property
    def connected(self) -> bool:
        """Whether events can arrive right now."""
        return self._connected.is_set()

    def subscribe(self, follower: Follower) -> None:
        """Ask for what a follower has not got; when there is no connection, the next one does."""
        self._send_frames(self._frames([follower]))

    def leave(self, follower: Follower) -> None:
        """Forget a follower, and its topics where nobody else follows them."""
        with self._lock:
            self._followers.discard(follower)
            kept = {topic for other in self._followers for topic in other.cursors}
            idle = not self._followers
        gone = sorted(set(follower.cursors) - kept)
        if gone:
            self._send_frames([{"unsubscribe": gone}])
        if idle:
            self._drop_connection()

    def close(self) -> None:
        """End the thread and every follower."""
        with self._lock:
            self._closed = True
            followers = list(self._followers)
            thread = self._thread
        for follower in followers:
            follower.close()
        self._drop_connection()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            with self._lock:
                if self._closed or not self._followers:
                    self._thread = None
                    return
            self._wake.clear()
            try:
                self._converse()
                pause = _FIRST_PAUSE
            except (OSError, websocket.WebSocketException, ValueError):
                # Refused, lost, or not our service: the same answer to all is to try again.
                if self._connected.is_set():
                    pause = _FIRST_PAUSE
            finally:
                self._connected.clear()
            # Jitter: a hundred notebooks must not come back in the same instant.
            self._wake.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _converse(self) -> None:
        """One connection, from the handshake to its end."""
        header = [f"Authorization: token {self._address.token}"] if self._address.token else []
        verify = ssl.CERT_NONE if self._address.loopback else ssl.CERT_REQUIRED
        options: dict[str, Any] = {"cert_reqs": verify}
        if self._address.loopback:
            options["check_hostname"] = False
        connection = websocket.create_connection(
            f"{self._address.socket}events",
            header=header,
            timeout=_SILENCE,
            sslopt=options,
            http_no_proxy=["*"] if self._address.loopback else None,
            enable_multithread=True,
        )
        try:
            while True:
                message = connection.recv()
                if not message:
                    return
                self._receive(connection, json.loads(message))
        finally:
            with self._lock:
                self._socket = None
            connection.shutdown()  # unlike close, frees the socket also when the other end left

    def _receive(self, connection: websocket.WebSocket, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "hello":
                self._greet(connection, str(frame["epoch"]))
            case "resync":
                for follower in self._all():
                    follower.spoil()
            case _:
                event = _event(frame)
                if event is not None:
                    for follower in self._all():
                        follower.put(event)

    def _greet(self, connection: websocket.WebSocket, epoch: str) -> None:
        changed = self._epoch is not None and self._epoch != epoch
        self._epoch = epoch
        if changed:  # other data: our numbers mean nothing there
            for follower in self._all():
                follower.spoil()
        with self._lock:
            self._socket = connection
        # Only now: who came before the line above is in the list, who comes after it asks itself.
        self._connected.set()
        self._send_frames(self._frames([one for one in self._all() if not one.stale]))

    # --- sending ------------------------------------------------------------------------------

    def _all(self) -> list[Follower]:
        with self._lock:
            return list(self._followers)

    @staticmethod
    def _frames(followers: Iterable[Follower]) -> list[dict[str, Any]]:
        """One frame for each event number, so that nothing is replayed more than it must be."""
        wanted: dict[str, int] = {}
        for follower in followers:
            for topic, cursor in follower.cursors.items():
                wanted[topic] = min(cursor, wanted.get(topic, cursor))
        by_cursor: dict[int, list[str]] = {}
        for topic, cursor in wanted.items():
            by_cursor.setdefault(cursor, []).append(topic)
        return [{"subscribe": topics, "since": since} for since, topics in by_cursor.items()]

    def _send_frames(self, frames: list[dict[str, Any]]) -> None:
        with self._lock:
            connection = self._socket
        if connection is None:
            return
        try:
            for frame in frames:
                connection.send(json.dumps(frame))
        except (OSError, websocket.WebSocketException):
            self._drop_connection()  # the thread connects again and sends everything

    def _drop_connection(self) -> None:
        with self._lock:
            connection = self._socket
        self._wake.set()
        if connection is not None:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                connection.abort()  # unlike close, wakes the thread that reads


def _event(frame: dict[str, Any]) -> Event | None:
    try:
        return Event.model_validate(frame, extra="ignore")
    except ValidationError:
        return None  # a kind of frame or event that only a newer service has
