"""Keeps a page complete over the kernel: snapshots, and what happened since, in order.

A page gets two values. `snapshot` is the service's own answers to the few requests the view
begins with; `delta` is the latest batch of events. Both are numbered: batch n+1 follows batch n,
and a snapshot with number n holds everything up to batch n. A page that finds a hole needs only
the next snapshot, and snapshots come by themselves, often at first and rarely later, so that a
page is healed also while the kernel is busy and cannot be asked. Must not know a widget.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ..client import Client, Follower
from ..errors import NotFound, PersianAIError, ServiceUnreachable
from ..protocol.events import Event

#: Seconds in which events are gathered into one batch.
_GATHER = 0.2
#: Seconds between snapshots while something happens: the first, and the longest.
_FIRST_HEAL, _LONGEST_HEAL = 0.5, 10.0
#: Seconds before a service that does not answer is asked again.
_AGAIN = 3.0


class Pump:
    """One thread that follows some topics and shows what it gets by `show(name, value)`."""

    def __init__(
        self,
        client: Client,
        *,
        paths: Sequence[str],
        numbered: Collection[str],
        topics: Sequence[str],
        show: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._client = client
        self._paths = tuple(paths)
        #: Paths whose answers say of which event number they are a snapshot.
        self._numbered = frozenset(numbered)
        self._topics = tuple(topics)
        self._show = show
        self._number = 0
        self._follower: Follower | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._wanted = threading.Event()
        #: Set while every page talks to the service itself.
        self.quiet = False

    def snapshot(self) -> dict[str, Any]:
        """What a page begins with: `{"n": batch number, "answers": {path: JSON}}`.

        Raises:
            PersianAIError: the service did not answer.

        """
        return {"n": self._number, "answers": self._answers()}

    def start(self, first: dict[str, Any]) -> None:
        """Go on from `first`, a snapshot of this pump."""
        self._thread = threading.Thread(
            target=self._run, args=(first,), name="persian-ai-widget", daemon=True
        )
        self._thread.start()

    def heal(self) -> None:
        """Show a new snapshot as soon as possible: a page asked for it."""
        self._wanted.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._follower is not None:
            self._follower.close()

    # --- the thread ---------------------------------------------------------------------------

    def _run(self, first: dict[str, Any]) -> None:
        self._follower = follower = self._client.follow(self._topics, self._seq(first["answers"]))
        pause, due = _FIRST_HEAL, float("inf")
        while not self._stopped.is_set() and not follower.closed:
            events = follower.take(_GATHER if self._wanted.is_set() else min(_AGAIN, _until(due)))
            if events and not self._stopped.wait(_GATHER):
                events += follower.take(0)
            if follower.stale:
                if self._restart(follower):
                    pause, due = _FIRST_HEAL, float("inf")
                else:
                    self._stopped.wait(_AGAIN)
                continue
            if events:
                self._number += 1
                if not self.quiet:  # else the number alone says that something is missing
                    self._push(events)
                    due = min(due, time.monotonic() + pause)
            if self._wanted.is_set() or (time.monotonic() >= due and not self.quiet):
                asked = self._wanted.is_set()
                self._wanted.clear()
                if self._push_snapshot() is not None:
                    pause = _FIRST_HEAL if asked else min(2 * pause, _LONGEST_HEAL)
                    due = float("inf")
                else:
                    due = time.monotonic() + _AGAIN

    def _push(self, events: list[Event]) -> None:
        batch = [event.model_dump(mode="json") for event in events]
        self._show("delta", {"n": self._number, "events": batch})

    def _push_snapshot(self) -> dict[str, Any] | None:
        try:
            taken = self.snapshot()
        except PersianAIError:
            return None  # the service is away; the stream says when it is back
        self._show("snapshot", taken)
        return taken

    def _restart(self, follower: Follower) -> bool:
        """Events were lost: skip a number, so that pages see the hole, and begin anew."""
        self._number += 1
        taken = self._push_snapshot()
        if taken is None:
            return False
        follower.restart(self._seq(taken["answers"]))
        return True

    def _answers(self) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for path in self._paths:
            try:
                answers[path] = self._client.transport.json("GET", path)
            except NotFound:
                continue  # deleted meanwhile: the page asks, and shows that error itself
            except ServiceUnreachable:
                raise
            except PersianAIError:
                if path in self._numbered:
                    raise
                continue  # one part of the view, still being counted maybe: the page asks
        return answers

    def _seq(self, answers: dict[str, Any]) -> int:
        """The oldest event number of the answers: what follows it may be new to one of them."""
        return min(
            (int(answers[path]["seq"]) for path in self._numbered & answers.keys()), default=0
        )


def _until(moment: float) -> float:
    return max(0.0, moment - time.monotonic())
