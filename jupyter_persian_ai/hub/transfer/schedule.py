"""Who fetches what next: files, the ranges of them that are open, and the ranges under way.

Thread-safe: workers ask `next`, and give back with `finished` or `returned`. Knows positions and
waiting times only; nothing of servers or disks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice

from .partial import BLOCK, Partial
from .source import Place
from .verify import Digest
from .wanted import Wanted

PIECE = 32 << 20
#: What is under way is shared when more bytes, and more seconds, than these are left of it: the
#: connection that it takes from is lost.
_WORTH_SHARING = 256 << 10
_WORTH_SECONDS = 1.5
_JUDGED_AFTER = 0.3
#: What is less, but has not come for so many seconds, is taken over altogether.
_TAKEN_OVER_AFTER = 5.0
_IDLE_SECONDS = 0.2


class State(Enum):
    """Where a file stands."""

    WAITING = auto()
    OPENING = auto()
    ACTIVE = auto()
    VERIFYING = auto()
    DONE = auto()


@dataclass(eq=False)
class File:
    """A file under way. Every field is guarded by the schedule's lock once it is active."""

    wanted: Wanted
    state: State = State.WAITING
    partial: Partial | None = None
    digest: Digest | None = None
    place: Place = field(default_factory=lambda: Place(""))
    gaps: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    #: The server gives ranges; without them one worker reads the whole.
    ranged: bool = True
    #: Which of the addresses is in use.
    endpoint: int = 0
    not_before: float = 0.0
    fruitless: int = 0  # tries in a row that brought nothing
    bad: int = 0  # answers that were not what was asked for
    damaged: int = 0
    #: Since when nothing has gone right with it; 0 while all is well.
    trouble_since: float = 0.0

    @property
    def url(self) -> str:
        """Its address at the endpoint in use."""
        return self.wanted.urls[self.endpoint]


@dataclass(eq=False)
class Span:
    """A range under way: `at` moves on, `end` may come nearer when another worker helps."""

    file: File
    begin: int
    end: int
    at: int = 0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.at = self.begin

    def shared_at(self, now: float) -> int:
        """Where another worker would begin to help; the end where that is not worth it."""
        passed, left = now - self.started, self.end - self.at
        if passed < _JUDGED_AFTER or left * passed < _WORTH_SECONDS * (self.at - self.begin):
            return self.end
        if left >= _WORTH_SHARING:
            return (self.at + self.end) // 2 // BLOCK * BLOCK
        if passed >= _TAKEN_OVER_AFTER:
            return self.at // BLOCK * BLOCK
        return self.end


class Schedule:
    """The files of one download."""

    def __init__(self, wanted: list[Wanted]) -> None:
        self.files = [File(one) for one in wanted]
        # Apart, because a data set may have ten thousand files.
        self._waiting = deque(self.files)
        self._live: list[File] = []
        self._left = len(self.files)
        self.changed = threading.Condition()
        self.closed = False

    def next(
        self, last: File | None = None, *, leaving: Callable[[], bool] = lambda: False
    ) -> Span | File | None:
        """A range to fetch, a file to open, or None when all is over. Waits as needed.

        None as well once `leaving` says that whoever asks is not wanted any more.
        """
        with self.changed:
            while not self.closed and not leaving():
                now = time.monotonic()
                if found := self._chosen(last, now):
                    return found
                if not self._left:
                    self.closed = True
                    self.changed.notify_all()
                    break
                self.changed.wait(self._pause(now))
        return None

    def _chosen(self, last: File | None, now: float) -> Span | File | None:
        active = [
            file for file in self._live if file.state is State.ACTIVE and file.not_before <= now
        ]
        if last is not None and last in active and (span := self._front(last)):
            return span
        for file in active:
            if not file.spans and (span := self._front(file)):
                return span
        for place, file in enumerate(self._waiting):
            if file.not_before <= now:
                del self._waiting[place]
                self._live.append(file)
                file.state = State.OPENING
                return file
        for file in sorted(active, key=lambda file: len(file.spans)):
            if span := self._front(file):
                return span
        return self._shared(active, now)

    def _front(self, file: File) -> Span | None:
        """The first open range of a file."""
        if file.state is not State.ACTIVE or not file.gaps or (file.spans and not file.ranged):
            return None
        begin, end = file.gaps.pop(0)
        if file.ranged and end - begin > PIECE:
            file.gaps.insert(0, (begin + PIECE, end))
            end = begin + PIECE
        span = Span(file, begin, end)
        file.spans.append(span)
        return span

    def _shared(self, active: list[File], now: float) -> Span | None:
        """A part of the largest range that another worker is slow with."""
        spans = [span for file in active if file.ranged for span in file.spans]
        helped = max(spans, key=lambda span: span.end - span.shared_at(now), default=None)
        if helped is None or (place := helped.shared_at(now)) >= helped.end:
            return None
        span = Span(helped.file, place, helped.end)
        helped.end = place
        helped.file.spans.append(span)
        return span

    def _pause(self, now: float) -> float:
        held = (*self._live, *islice(self._waiting, len(self._live) + 1))
        waits = [file.not_before - now for file in held if file.not_before > now]
        return min([_IDLE_SECONDS, *waits])

    def opened(self, file: File, gaps: list[tuple[int, int]]) -> bool:
        """A file's partial is there; whether nothing is missing, so that it can be verified."""
        with self.changed:
            file.gaps = gaps
            file.state = State.ACTIVE if gaps else State.VERIFYING
            self.changed.notify_all()
            return not gaps

    def finished(self, span: Span) -> bool:
        """The range is over, complete or not; whether the file can be verified now."""
        file = span.file
        with self.changed:
            if span in file.spans:
                file.spans.remove(span)
                left = span.at // BLOCK * BLOCK if span.at < span.end else span.end
                if left < span.end:
                    file.gaps = sorted([*file.gaps, (left, span.end)])
            complete = file.state is State.ACTIVE and not file.gaps and not file.spans
            if complete:
                file.state = State.VERIFYING
            self.changed.notify_all()
            return complete

    def lagging(self, least: int) -> tuple[File, int] | None:
        """A file whose hash is `least` bytes or more behind, and up to where it is solid."""
        with self.changed:
            for file in self._live:
                if file.state is State.ACTIVE and file.digest is not None:
                    edges = [begin for begin, _ in file.gaps] + [span.at for span in file.spans]
                    solid = min(edges, default=0)
                    if file.digest.behind(solid) >= least:
                        return file, solid
        return None

    def whole(self, span: Span) -> None:
        """The server gives whole files only: this worker reads all of it, the others stop."""
        file = span.file
        with self.changed:
            file.ranged = False
            starts = [begin for begin, _ in file.gaps]
            for other in file.spans:
                starts.append(other.at)
                if other is not span:
                    other.end = other.at
            span.begin = span.at = min(starts) // BLOCK * BLOCK
            span.end = file.wanted.size
            file.spans, file.gaps = [span], []

    def live(self) -> list[File]:
        """The files under way."""
        with self.changed:
            return list(self._live)

    def done(self, file: File) -> None:
        """It is in place."""
        with self.changed:
            file.state = State.DONE
            file.partial = file.digest = None
            self._live.remove(file)
            self._left -= 1
            self.changed.notify_all()

    def again(self, file: File, seconds: float) -> None:
        """It will be opened anew, after so long."""
        with self.changed:
            file.partial = file.digest = None
            file.gaps, file.spans = [], []
            file.not_before = time.monotonic() + seconds
            file.state = State.WAITING
            self._live.remove(file)
            self._waiting.append(file)
            self.changed.notify_all()

    def hold(self, endpoint: int, until: float) -> None:
        """Ask nothing of an endpoint before `until` (`time.monotonic`)."""
        with self.changed:
            for file in self.files:
                if file.endpoint == endpoint:
                    file.not_before = max(file.not_before, until)

    def close(self) -> None:
        """Nothing more is given out."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
