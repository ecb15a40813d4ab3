"""Bounds on what comes out of an archive: bytes, their ratio to what went in, and its faults.

Owns the limits that make a bomb small, and the one error for everything that is damaged. Must not
know what the bytes mean.
"""

from __future__ import annotations

import errno
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ..errors import DatasetDamaged, DatasetLimit

#: Text shrinks to a tenth, a table that says the same over and over to a fiftieth.
RATIO = 200
#: So much may come out of anything, whatever its ratio.
FREE = 16 << 20
#: What the libraries raise on damaged input. `ValueError`: numbers that cannot be.
FAULTS = (
    EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError,
    ValueError, OverflowError, KeyError, IndexError,
)  # fmt: skip
#: More bytes at once are no header.
_HEADER = 1 << 20
_KEPT = 1 << 10


class Budget:
    """How much an archive may still unpack to.

    `packed` says how many bytes of the archive were read so far; `most` is in bytes.
    """

    def __init__(self, name: str, packed: Callable[[], int], most: int) -> None:
        self.name = name
        self._packed = packed
        self._most = most
        self._out = 0

    def take(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            DatasetLimit: they are too many, or far too many for what went in.

        """
        self._out += size
        if self._out > self._most:
            raise too_large(self.name, self._most)
        if self._out > FREE and self._out > RATIO * max(1, self._packed()):
            raise bomb(self.name)


def bomb(name: str) -> DatasetLimit:
    """The error of an archive that unpacks to far more than it is."""
    return DatasetLimit(
        name=name,
        what="how far it unpacks (it looks like a bomb)",
        what_fa="میزان بازشدن (به بمب می‌ماند)",
        limit=f"{RATIO} : 1",
    )


def too_large(name: str, most: int) -> DatasetLimit:
    """The error of an archive that unpacks to too much."""
    return DatasetLimit(
        name=name, what="size when unpacked", what_fa="اندازه پس از باز شدن", limit=f"{most} bytes"
    )


def too_many(name: str, most: int) -> DatasetLimit:
    """The error of an archive with too many entries."""
    return DatasetLimit(
        name=name, what="number of entries", what_fa="شمار فایل‌های درون آن", limit=most
    )


@contextmanager
def damage(name: str, form: str) -> Iterator[None]:
    """Turn what libraries raise on damaged input into our error."""
    try:
        yield
    except FAULTS as error:
        raise damaged(name, form, error) from error
    except OSError as error:
        if of_the_system(error):
            raise
        raise damaged(name, form, error) from error


def of_the_system(error: OSError) -> bool:
    """Whether the disk failed, and not a library that was led astray by what it read."""
    return error.errno not in {None, errno.EINVAL}


def damaged(name: str, form: str, error: object) -> DatasetDamaged:
    """The error of a damaged file; what the library said is its reason."""
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return DatasetDamaged(
        name=name,
        format=form,
        reason=f"it is damaged or not complete ({said}).",
        reason_fa=f"آسیب دیده یا ناتمام است ({said}).",
    )


class Unpacked(io.RawIOBase, BinaryIO):
    """A stream that comes out of an archive, within its budget. Reads forward only."""

    def __init__(self, stream: BinaryIO, budget: Budget, name: str, form: str) -> None:
        super().__init__()
        self._stream = stream
        self._budget = budget
        self._named = name, form

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; `b""` at the end."""
        with damage(*self._named):
            block = self._stream.read(_HEADER if size < 0 else size)
        self._budget.take(len(block))
        return block

    def readinto(self, buffer: object) -> int:
        """As a file's."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)

    def readable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()


class Forward:
    """What `tarfile` reads from: goes forward by reading, and a few bytes back.

    A header of more than a megabyte, which `tarfile` would hold in memory, is refused.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._place = 0
        self._last = b""
        self._again = 0  # bytes of `_last` that are to be read again

    def tell(self) -> int:
        """Where the next byte stands."""
        return self._place - self._again

    def read(self, size: int) -> bytes:
        """At most `size` bytes, fewer only at the end."""
        if not 0 <= size <= _HEADER:
            raise DatasetLimit(
                name=self._name,
                what="size of a header",
                what_fa="اندازهٔ سرآیند",
                limit=f"{_HEADER} bytes",
            )
        start = len(self._last) - self._again
        pieces = [self._last[start : start + size]]
        self._again -= len(pieces[0])
        size -= len(pieces[0])
        while size and (piece := self._stream.read(size)):
            pieces.append(piece)
            size -= len(piece)
            self._place += len(piece)
            self._last = (self._last + piece)[-_KEPT:]
        return b"".join(pieces)

    def seek(self, offset: int) -> int:
        """Go to a place further on, or a few bytes back."""
        back = self._place - offset
        if back > 0:
            if back > len(self._last):
                raise ValueError("the archive goes back on itself")
            self._again = back
            return offset
        self._again = 0
        while self._place < offset:
            if not self.read(min(_HEADER, offset - self._place)):
                break
        return self.tell()
