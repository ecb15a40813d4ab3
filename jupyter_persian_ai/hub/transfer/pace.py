"""How fast bytes may come, and how long to wait before trying again.

The limit holds for all connections of a process, and through a small file for all processes that
name the same one: whoever takes bytes books the time that they cost, after what others booked.
"""

from __future__ import annotations

import random
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

_MOST = 256 << 10
_LEAST = 4 << 10
_BURST_SECONDS = 0.25
#: Time is booked in pieces of this length, so that the file is opened a few times a second.
_BOOKED_SECONDS = 1 / 32
#: Nobody books so far ahead: the file is from before a restart of the machine, or damaged.
_NONSENSE_SECONDS = 600.0
_LOCK_SECONDS = 1.0
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 20.0
_DOUBLE = struct.Struct("<d")


class Bookings:
    """Until when the line is booked, in one file for all processes of this machine.

    Seconds of `time.monotonic`, which all processes of a machine share. Where the file cannot be
    locked or written, each process keeps to the limit by itself.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._until = time.monotonic()

    def book(self, seconds: float, now: float) -> float:
        """Book `seconds` after what is booked already; until when that is."""
        if self._file is not None:
            with suppress(OSError, NotImplementedError, Timeout), self._lock(self._file):
                self._until = self._after(self._read(self._file, now), seconds, now)
                self._file.write_bytes(_DOUBLE.pack(self._until))
                return self._until
        self._until = self._after(self._until, seconds, now)
        return self._until

    def cancel(self, now: float) -> None:
        """Forget what is booked: another limit counts from now on."""
        self._until = now
        if self._file is not None:
            with suppress(OSError, NotImplementedError, Timeout), self._lock(self._file):
                self._file.write_bytes(_DOUBLE.pack(now))

    @staticmethod
    def _after(until: float, seconds: float, now: float) -> float:
        return max(until, now - _BURST_SECONDS) + seconds

    @staticmethod
    def _read(file: Path, now: float) -> float:
        try:
            until: float = _DOUBLE.unpack(file.read_bytes())[0]
        except (OSError, struct.error):
            return now
        return until if until < now + _NONSENSE_SECONDS else now

    @staticmethod
    def _lock(file: Path) -> FileLock:
        return FileLock(f"{file}.lock", timeout=_LOCK_SECONDS, mode=0o600, poll_interval=0.002)


class Pace:
    """A limit in bytes per second that all connections share; 0 is no limit."""

    def __init__(self, rate: int, bookings: Bookings | None = None) -> None:
        self._rate = rate
        self._bookings = bookings or Bookings()
        self._changed = threading.Condition()
        self._unbooked = 0

    @property
    def rate(self) -> int:
        """The limit in force."""
        return self._rate

    @property
    def portion(self) -> int:
        """How much to read at once, in bytes."""
        rate = self._rate
        return max(_LEAST, min(_MOST, rate // 16)) if rate else _MOST

    def change(self, rate: int) -> None:
        """Another limit, at once: whoever waits under the old one goes on."""
        with self._changed:
            if rate == self._rate:
                return
            self._rate, self._unbooked = rate, 0
            self._bookings.cancel(time.monotonic())
            self._changed.notify_all()

    def spent(self, count: int) -> float:
        """Account for `count` bytes; waits as long as they were too many, and says how long."""
        if not self._rate:
            return 0.0
        with self._changed:
            rate, now = self._rate, time.monotonic()
            self._unbooked += count
            if not rate or self._unbooked < rate * _BOOKED_SECONDS:
                return 0.0
            until = self._bookings.book(self._unbooked / rate, now)
            self._unbooked = 0
            self._changed.wait_for(
                lambda: self._rate != rate or time.monotonic() >= until, max(0.0, until - now)
            )
            return time.monotonic() - now


def wait_before(attempt: int) -> float:
    """Seconds before try `attempt` + 1 (of those that brought nothing), growing, never alike."""
    longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 — no secret
