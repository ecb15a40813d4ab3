"""Reads a large .jsonl with several processes, each every n-th megabyte of it.

Owns the processes and their ranges. They parse, screen and count; whoever started them writes what
they send, in the order of the file, so that the result is byte for byte that of one process. When
anything goes wrong in one of them it says no more than that: one process reads on from there, meets
the same fault and knows how to say it. If it meets none, everything is read again without a crew.

Forked, on Linux alone: a fork starts in a millisecond, shares the libraries' memory and inherits
the limits of its parent. It must hold no lock that a thread of the parent might have had.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import warnings
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, NoReturn, Self

from .json_lines import JsonLines, Lines, count_lines
from .problems import Problem
from .shapes import Fields
from .source import Source
from .surveying import Screened, Survey

RANGE = 1 << 20
#: Reading a smaller file takes no longer than starting.
WORTH_BYTES = 24 << 20
_MORE = 1 << 16
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux


@dataclass(slots=True)
class Done:
    """What came of a range: `lines` as in `rows.jsonl`, and `end`, where the next line begins.

    `count` lines of the file were read. Problems count lines from 1 in the range.
    """

    lines: bytes
    lengths: array[int]
    found: Screened
    problems: list[Problem]
    count: int
    end: int


def can_help(size: int, processes: int) -> int:
    """How many processes are worth starting for so many bytes; 0 for none."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    wanted = processes or min(2, cores)
    return wanted if wanted > 1 and size > WORTH_BYTES and sys.platform == "linux" else 0


class Crew:
    """Processes that read the lines of a file from byte `start`, which begins a line.

    Leaving ends them.
    """

    def __init__(
        self, source: Source, fields: Fields, descriptor: int, start: int, size: int, processes: int
    ) -> None:
        self._reader = source, fields
        self._descriptor = descriptor
        self._start, self._size = start, size
        self._ranges = max(0, -(-(size - start) // RANGE))
        self._processes = processes
        self._ends: list[Connection[Any, Any]] = []
        self._pids: list[int] = []

    def __enter__(self) -> Self:
        """Start them."""
        for number in range(self._processes):
            mine, theirs = Pipe(duplex=False)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of threads, see above
                pid = os.fork()
            if pid == 0:
                self._work(number, theirs)
            theirs.close()
            self._ends.append(mine)
            self._pids.append(pid)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them."""
        for end in self._ends:
            end.close()
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def results(self, survey: Survey) -> Iterator[Done | None]:
        """What came of each range, in order; None, the last, where a process came no further.

        At the end the counts are merged into `survey`.
        """
        for number in range(self._ranges):
            end = self._ends[number % self._processes]
            try:
                said = pickle.loads(end.recv_bytes())  # noqa: S301 - from our own process
                if said is not None:
                    said.lines = end.recv_bytes()
            except (EOFError, OSError):
                said = None
            yield said
            if said is None:
                return
        for end in self._ends:
            survey.merge(pickle.loads(end.recv_bytes()))  # noqa: S301

    def _work(self, number: int, pipe: Connection[Any, Any]) -> NoReturn:
        """What a process does, until its end."""
        try:
            _unlimited()
            _widen(pipe)
            source, fields = self._reader
            reader, survey = JsonLines(source, fields), Survey(fields.shape)
            for place in range(number, self._ranges, self._processes):
                done = self._done(reader, survey, *self._range(place))
                lines, done.lines = done.lines, b""
                pipe.send_bytes(pickle.dumps(done, pickle.HIGHEST_PROTOCOL))
                pipe.send_bytes(lines)
            pipe.send_bytes(pickle.dumps(survey.counts, pickle.HIGHEST_PROTOCOL))
        except BaseException:  # noqa: BLE001 - the parent meets it again and says it
            with suppress(BaseException):
                pipe.send_bytes(pickle.dumps(None))
        os._exit(0)

    def _done(self, reader: JsonLines, survey: Survey, data: bytes, end: int) -> Done:
        block = reader.block(Lines(data, 1, 0))
        nothing = Screened(b"", b"", Counter(), 0)
        return Done(
            lines=block.lines,
            lengths=array("Q", block.lengths),
            found=survey.screen(block) if block.lengths else nothing,
            problems=block.problems,
            count=count_lines(data),
            end=end,
        )

    def _range(self, place: int) -> tuple[bytes, int]:
        """The lines that begin in a range, and where the next line begins."""
        before = self._start + place * RANGE - 1
        data = os.pread(self._descriptor, RANGE + _MORE, before)
        first = data.find(b"\n", 0, RANGE) + 1
        if not first:
            if len(data) > RANGE:
                return b"", 0
            return b"", self._size
        last = data.find(b"\n", RANGE) + 1
        while not last:
            more = os.pread(self._descriptor, RANGE, before + len(data))
            if not more:
                last = len(data)
                break
            last = more.find(b"\n") + 1
            last += len(data) if last else 0
            data += more
            if len(data) > RANGE + self._reader[0].max_line_bytes:
                raise ValueError("a line is too long")
        return data[first:last], before + last


def _unlimited() -> None:
    """The clock of the parent rules: it is set anew with every report of progress."""
    import resource  # noqa: PLC0415 - POSIX only

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _widen(pipe: Connection[Any, Any]) -> None:
    """Let the pipe hold a range, so that a process need not wait until it is asked."""
    import fcntl  # noqa: PLC0415 - POSIX only

    with suppress(OSError):
        fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, _PIPE_BYTES)
