"""Fetches files: workers, what they do about each fault, and how it goes.

Owns the policy: who tries again, when, where, and when to give up. Finished files stand in the
folder of blobs under their etags; partials of what was not finished stay for the next time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .connection import Connection, Origin
from .faults import BadAnswer, Damaged, Fault, GaveUp, NoAnswer, Refused, Throttled
from .pace import Bookings, Pace, wait_before
from .partial import BLOCK, Busy, Lost, Partial, acquire, partials_of
from .receive import NotWritten, receive
from .schedule import File, Schedule, Span, State
from .source import Line, ask
from .verify import Digest
from .wanted import Access, Limits, Wanted
from .workers import Workers

_BEAT_SECONDS = 5.0
_SYNC_BYTES = 64 << 20
_SYNC_SECONDS = 10.0
_TICK_SECONDS = 0.1
_BUSY_SECONDS = 1.0
_WORTH_CATCHING_UP = 4 << 20
#: Tries that bring nothing at one endpoint before the next one's turn.
_TRIES = 3
#: Wrong answers and wrong hashes before a file is given up, for each endpoint.
_BAD_ANSWERS = 3
_DAMAGES = 2
_LONGEST_THROTTLE = 600.0
_THROTTLED_TRIES = 20


@dataclass(frozen=True)
class Fetched:
    """How far a file is. `state` is a `State`'s name in lower case."""

    name: str
    done: int
    size: int
    state: str


class Engine:
    """One download. `run` returns when every file is in `blobs`."""

    def __init__(
        self,
        wanted: list[Wanted],
        blobs: Path,
        access: Access,
        limits: Limits,
        settled: Callable[[Wanted], None] = lambda _: None,
        bookings: Bookings | None = None,
    ) -> None:
        """`settled` is told of each file when it stands in its place, in a worker's thread.

        `bookings` lets it share the bandwidth with other processes.
        """
        self.blobs = blobs
        self.partials = partials_of(blobs)
        self.access = access
        self.limits = limits
        self.settled = settled
        self.schedule = Schedule(wanted)
        self.pace = Pace(limits.bandwidth, bookings)
        self.received = 0  # bytes from the network, whatever became of them
        self._error: BaseException | None = None
        self.workers = Workers(
            self._work, lambda: Line(self._dial), self.stop, lambda: self.schedule.closed
        )
        self._count = threading.Lock()
        self._alive = time.monotonic()  # when anything last went on
        for file in self.schedule.files:
            file.place.url = file.url

    def run(self) -> None:
        """Fetch everything.

        Raises:
            GaveUp: a file could not be had.
            Changed: a file is another one now than was planned.
            OSError: the disk is full, or cannot be written.

        """
        for folder in (self.blobs, self.partials):
            folder.mkdir(parents=True, exist_ok=True)
        self.workers.want(self._useful(self.limits.connections))
        keepers = [
            threading.Thread(target=self._guarded, args=(keep,), daemon=True)
            for keep in (self._keep, self._hash)
        ]
        for thread in keepers:
            thread.start()
        self.workers.join()
        for thread in keepers:
            thread.join()
        for file in self.schedule.live():
            if file.partial is not None:
                file.partial.release()
        with suppress(OSError):
            self.partials.rmdir()  # when nothing is left
        if isinstance(self._error, NotWritten) and self._error.__cause__ is not None:
            raise self._error.__cause__
        if self._error is not None:
            raise self._error

    def stop(self, error: BaseException) -> None:
        """End the download with `error`; from any thread."""
        with self._count:
            self._error = self._error or error
        self.schedule.close()
        self.workers.interrupt()

    def adjust(self, *, connections: int, bandwidth: int) -> None:
        """Other limits, from now on; from any thread, while it runs."""
        self.pace.change(bandwidth)
        self.workers.want(self._useful(connections))

    def progress(self) -> list[Fetched]:
        """How far every file is."""
        with self.schedule.changed:
            return [_fetched(file) for file in self.schedule.files]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 — raised again by `run`
            self.stop(error)

    # Workers.

    def _useful(self, connections: int) -> int:
        """No more connections than there are mebibytes to fetch."""
        pieces = sum(-(-max(1, f.wanted.size) // (1 << 20)) for f in self.schedule.files)
        return max(1, min(connections, pieces))

    def _work(self, line: Line) -> None:
        last: File | None = None
        while (task := self.schedule.next(last, leaving=lambda: line.leaving)) is not None:
            if isinstance(task, File):
                self._open(task)
                last = task
            else:
                self._fetch(line, task)
                last = task.file

    def _dial(self, origin: Origin) -> Connection:
        return Connection(origin, self.access.proxies, self.limits.stall_seconds)

    def _open(self, file: File) -> None:
        blob = self.blobs / file.wanted.etag
        if blob.is_file() and blob.stat().st_size == file.wanted.size:
            self._settle(file)
            return
        try:
            partial = acquire(self.partials, file.wanted.etag, file.wanted.size)
        except Busy:
            self.schedule.again(file, _BUSY_SECONDS)  # then it is there, or its owner is not
            return
        file.partial, file.digest = partial, Digest(file.wanted, partial)
        if self.schedule.opened(file, partial.missing()):
            self._verify(file)

    def _fetch(self, line: Line, span: Span) -> None:
        file, partial = span.file, span.file.partial
        fault: Fault | None = None
        try:
            answer = ask(line, self.access, file.wanted, file.place, file.url, span.at, span.end)
            if answer.whole and span.end - span.at < file.wanted.size:
                self.schedule.whole(span)
            receive(
                line,
                answer,
                span,
                pace=self.pace,
                stall_seconds=self.limits.stall_seconds,
                arrived=self._arrived,
                kept=self._kept,
            )
        except Fault as error:
            fault = error
        except Lost:
            self._lost(file, partial)
            return
        if self.schedule.finished(span):
            self._verify(file)
        elif fault is not None and not self.schedule.closed and not line.leaving:
            # Less than a block is begun anew and would never end.
            self._cope(file, fault, progressed=span.at - span.begin >= BLOCK)

    def _arrived(self, count: int) -> None:
        with self._count:
            self.received += count

    def _kept(self) -> None:
        self._alive = time.monotonic()

    def _verify(self, file: File) -> None:
        partial, digest = file.partial, file.digest
        if partial is None or digest is None:
            return
        if digest.finish():
            try:
                partial.complete(self.blobs / file.wanted.etag)
            except Lost:
                self._lost(file, partial)
                return
            self._settle(file)
            return
        file.damaged += 1
        partial.discard()
        if file.damaged >= _DAMAGES + len(file.wanted.urls) - 1:
            file.partial = None
            raise GaveUp(file.wanted.name, Damaged("its hash is wrong"))
        self._next_endpoint(file)
        self.schedule.again(file, 0.0)

    def _settle(self, file: File) -> None:
        self.settled(file.wanted)
        self.schedule.done(file)

    def _lost(self, file: File, partial: Partial | None) -> None:
        """Begin a file anew whose partial was taken away; once, however many notice."""
        with self.schedule.changed:
            if partial is None or file.partial is not partial:
                return
            self.schedule.again(file, _BUSY_SECONDS)
        partial.close()

    # What is done about a fault.

    def _cope(self, file: File, fault: Fault, *, progressed: bool) -> None:
        now = time.monotonic()
        with self.schedule.changed:
            if progressed:
                file.fruitless, file.trouble_since = 0, 0.0
            elif file.not_before > now:
                return  # another worker has met the same fault and seen to it
            else:
                file.fruitless += 1
                file.trouble_since = file.trouble_since or now
            file.bad += isinstance(fault, BadAnswer)
            file.place.url, file.place.validator = file.url, ""
            wait = wait_before(file.fruitless)
            if isinstance(fault, Throttled):
                wait = max(fault.seconds, 0.05)
                file.trouble_since = now + wait
                self.schedule.hold(file.endpoint, now + wait)
            if self._hopeless(file, fault, now):
                raise GaveUp(file.wanted.name, fault)
            elsewhere = isinstance(fault, Refused | BadAnswer) or file.fruitless % _TRIES == 0
            if elsewhere and not progressed:
                self._next_endpoint(file)
            file.not_before = now + wait
            self.schedule.changed.notify_all()

    def _hopeless(self, file: File, fault: Fault, now: float) -> bool:
        endpoints = len(file.wanted.urls)
        if isinstance(fault, Refused):
            return file.fruitless >= endpoints
        if isinstance(fault, BadAnswer):
            return file.bad >= _BAD_ANSWERS * endpoints
        if isinstance(fault, Throttled):
            tries = 1 if fault.seconds > _LONGEST_THROTTLE else _THROTTLED_TRIES
            return file.fruitless >= tries * endpoints
        if file.fruitless < _TRIES:
            return False
        # While others still receive, the network is there: the server is at fault, or the line is
        # so thin that some starve.
        since = max(file.trouble_since, self._alive if isinstance(fault, NoAnswer) else 0.0)
        return now - since > self.limits.patience_seconds

    def _next_endpoint(self, file: File) -> None:
        file.endpoint = (file.endpoint + 1) % len(file.wanted.urls)
        file.place.url, file.place.validator = file.url, ""
        file.ranged = True

    # Beside the workers.

    def _keep(self) -> None:
        """Tell other processes that this one lives, and sync what has been written."""
        beaten = synced = time.monotonic()
        while not self.schedule.closed:
            time.sleep(_TICK_SECONDS)
            now = time.monotonic()
            late = now - synced > _SYNC_SECONDS
            for file, partial in self._partials():
                try:
                    if now - beaten > _BEAT_SECONDS:
                        partial.beat()
                    if partial.unsynced > (0 if late else _SYNC_BYTES):
                        partial.sync()
                except Lost:
                    self._lost(file, partial)
                except (OSError, ValueError):
                    continue  # it has just been completed, or the next write says what is wrong
            beaten = now if now - beaten > _BEAT_SECONDS else beaten
            synced = now if late else synced

    def _partials(self) -> list[tuple[File, Partial]]:
        with self.schedule.changed:
            return [
                (file, file.partial)
                for file in self.schedule.live()
                if file.partial is not None and file.state is State.ACTIVE
            ]

    def _hash(self) -> None:
        """Hash what lies behind gaps that have been closed, while other bytes still come."""
        while not self.schedule.closed:
            found = self.schedule.lagging(_WORTH_CATCHING_UP)
            if found is None or found[0].digest is None:
                time.sleep(_TICK_SECONDS / 2)
                continue
            try:
                found[0].digest.catch_up(found[1])
            except (OSError, ValueError):
                continue  # it has just been completed


def _fetched(file: File) -> Fetched:
    wanted = file.wanted
    if file.state is State.DONE:
        done = wanted.size
    elif file.state in {State.WAITING, State.OPENING}:
        done = 0
    else:
        open_ = sum(end - begin for begin, end in file.gaps)
        done = wanted.size - open_ - sum(max(0, span.end - span.at) for span in file.spans)
    return Fetched(wanted.name, done, wanted.size, file.state.name.lower())
