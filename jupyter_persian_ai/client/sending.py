"""A file on its way to the service, counted as it goes.

Owns nothing but the count; must not hold more than the piece that was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO


class Counted:
    """What httpx reads a file through; `tick(sent, size)` hears of each piece, in bytes."""

    def __init__(self, file: BinaryIO, tick: Callable[[int, int], None] | None) -> None:
        self._file = file
        self._tick = tick
        self._size = os.fstat(file.fileno()).st_size

    def fileno(self) -> int:
        """For the length that is announced."""
        return self._file.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """A request that is sent again begins again."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where the next piece begins."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """The next piece. Raises what `tick` raises."""
        piece = self._file.read(size)
        if self._tick is not None:
            self._tick(self._file.tell(), self._size)
        return piece
