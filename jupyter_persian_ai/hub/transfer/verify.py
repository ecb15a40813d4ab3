"""The hash of a file that arrives in any order.

A hash runs forward only: what arrives just where it stands is hashed while it is still warm, the
rest is read back as soon as there is no gap before it.
"""

from __future__ import annotations

import threading

from .partial import Partial
from .wanted import Wanted

_BLOCK = 1 << 20
_STRIDE = 4 << 20


class Digest:
    """The running hash of one partial. Thread-safe; whoever comes while another feeds it leaves."""

    def __init__(self, wanted: Wanted, partial: Partial) -> None:
        self._wanted = wanted
        self._partial = partial
        self._hash = wanted.hash()
        self._at = 0
        self._lock = threading.Lock()

    def offer(self, begin: int, content: memoryview | bytes) -> None:
        """`content` has been written at `begin`."""
        if begin != self._at or not self._lock.acquire(blocking=False):
            return
        try:
            if begin == self._at:
                self._hash.update(content)
                self._at += len(content)
        finally:
            self._lock.release()

    def catch_up(self, upto: int) -> bool:
        """Hash a piece of what is there below `upto`; whether there was any."""
        with self._lock:
            piece = self._partial.read(self._at, max(0, min(_STRIDE, upto - self._at)))
            self._hash.update(piece)
            self._at += len(piece)
            return bool(piece)

    def behind(self, upto: int) -> int:
        """Bytes below `upto` that are not hashed."""
        return upto - self._at

    def finish(self) -> bool:
        """Hash the rest of the complete file; whether it is the right one."""
        with self._lock:
            while self._at < self._wanted.size:
                piece = self._partial.read(self._at, _BLOCK)
                if not piece:
                    return False
                self._hash.update(piece)
                self._at += len(piece)
            return self._hash.hexdigest() == self._wanted.etag
