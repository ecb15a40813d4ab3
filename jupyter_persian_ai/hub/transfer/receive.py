"""Reads one answer's body into a partial: the inner loop of a download.

Marks what is written as it goes, so that a process that is killed loses next to nothing, and
notices a connection that has stalled without being closed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .connection import BROKEN
from .faults import NoAnswer
from .pace import Pace
from .partial import BLOCK, Lost
from .schedule import Span
from .source import Answer, Line

#: A connection that brings fewer bytes than this within the time for stalls has stalled.
_LEAST_BYTES = 2 * BLOCK


class NotWritten(Exception):
    """The disk did not take it; `__cause__` says why."""


def receive(
    line: Line,
    answer: Answer,
    span: Span,
    *,
    pace: Pace,
    stall_seconds: float,
    arrived: Callable[[int], None],
    kept: Callable[[], None],
) -> None:
    """Read the body up to the end of `span`, which may come nearer meanwhile.

    `arrived` is told of bytes from the network, `kept` of progress that a kill does not undo.

    Raises:
        NoAnswer: the connection broke off or stalled.
        NotWritten: the disk is full, or cannot be written.
        Lost: the partial belongs to another process now.

    """
    reading = _Reading(line, answer, pace, stall_seconds, arrived)
    try:
        place, marked = answer.begin, span.at
        while place < span.end:
            content = reading.some()
            if place + len(content) <= span.at:  # a whole file, of which the first part is here
                place += len(content)
                continue
            view = content[max(0, span.at - place) : max(0, span.end - place)]
            place += len(content)
            if view:
                before, marked = marked, _keep(span, view, marked)
                if marked > before:
                    kept()
        if answer.response.isclosed() or reading.ended():
            return
    except BROKEN as error:
        name = type(error).__name__
        line.drop(answer.connection)
        raise NoAnswer(f"{answer.connection.origin.host}: {name}") from error
    except BaseException:
        line.drop(answer.connection)
        raise
    line.drop(answer.connection)  # what is left of the body is not wanted


def _keep(span: Span, view: memoryview, marked: int) -> int:
    """Write and mark; the position up to which blocks have been marked."""
    partial, digest = span.file.partial, span.file.digest
    if partial is None or digest is None:
        raise Lost
    try:
        partial.write(span.at, view)
    except OSError as error:
        raise NotWritten from error
    at = span.at + len(view)
    partial.mark(marked, at)
    digest.offer(span.at, view)
    span.at = at
    return at if at >= partial.size else at // BLOCK * BLOCK


class _Reading:
    """The body, piece by piece, with an eye on the clock."""

    def __init__(
        self,
        line: Line,
        answer: Answer,
        pace: Pace,
        stall_seconds: float,
        arrived: Callable[[int], None],
    ) -> None:
        self._line = line
        self._response = answer.response
        self._pace = pace
        self._stall = stall_seconds
        self._arrived = arrived
        length = answer.response.headers.get("Content-Length")
        self._left = int(length) if length is not None else -1
        # One buffer for all: to allocate one for each piece costs a sixth of all time.
        self._buffer = memoryview(bytearray(pace.portion))
        self._since = time.monotonic()
        self._count = 0

    def some(self) -> memoryview:
        """The next bytes, until the next call; a cut and a stall are `NoAnswer`."""
        if self._line.leaving:
            raise NoAnswer("fewer connections are wanted")
        content = self._next()
        if not content:
            raise NoAnswer("the connection was cut")
        self._left -= len(content)
        self._arrived(len(content))
        self._count += len(content)
        now = time.monotonic()
        if now - self._since > self._stall:
            if self._count < _LEAST_BYTES:
                raise NoAnswer("the connection stalled")
            self._since, self._count = now, 0
        self._since += self._pace.spent(len(content))
        return content

    def _next(self) -> memoryview:
        """What one call of the system gives."""
        response = self._response
        if self._left < 0 or response.length is None:
            return memoryview(response.read1(len(self._buffer)))  # in pieces of its own
        room = self._buffer[: min(len(self._buffer), self._left)]
        count = response.fp.readinto1(room)
        response.length -= count
        return room[:count]

    def ended(self) -> bool:
        """Whether the body was read to its end, so that the connection can be used again."""
        if self._left != 0:
            return False
        self._response.read()  # which tells the library so
        return True
