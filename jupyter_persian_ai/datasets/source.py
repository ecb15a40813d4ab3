"""An untrusted stream of bytes as text: its beginning, its blocks and its lines.

Owns what may be opened (regular files only), the choice of the encoding from the beginning, and
the limit on a line. Everything is read once, in blocks: memory does not grow with the file, and
a stream that cannot go back (a member of an archive) is as good as a file. Only the beginning is
looked at twice, so that formats can be told before rows are read.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from ..errors import DatasetEmpty, DatasetEncoding, DatasetLimit, DatasetMissing
from .encodings import (
    GUESS_BYTES,
    GUESSED,
    Decoder,
    OtherEncodingError,
    looks_like_windows_1256,
    marked,
    named,
    shown,
)

BLOCK = 1 << 20
HEAD = 1 << 20


@dataclass(slots=True)
class Meter:
    """How many bytes were taken from the files of an import; `total` is the size of all."""

    done: int = 0
    total: int = 0


@dataclass(slots=True)
class Source:
    """Text to read once. `head` is its first bytes, `rest` what comes after them.

    `name` is for messages, `file` what a problem calls it. `told` says that the encoding is
    certain: a user or a byte order mark named it.
    """

    name: str
    file: str
    head: bytes
    rest: BinaryIO
    codec: str
    guessed: bool
    told: bool
    max_line_bytes: int
    beginning: str = field(repr=False)

    @property
    def encoding(self) -> str:
        """The encoding as a user knows it."""
        return shown(self.codec)

    def raw_blocks(self) -> Iterator[bytes]:
        """The bytes, in pieces of at most `BLOCK` and the head."""
        yield self.head
        if len(self.head) == HEAD:
            while block := self.rest.read(BLOCK):
                yield block

    def blocks(self) -> Iterator[str]:
        """The text in pieces of bounded size, with line ends as they are.

        Raises:
            DatasetBinary: there is a NUL character.
            DatasetEncoding: the bytes are not in the encoding.
            OtherEncodingError: they are in windows-1256, so everything read so far is wrong.

        """
        decoder = Decoder(self.name, self.codec)
        before, block = b"", b""
        try:
            for block in self.raw_blocks():
                if text := decoder.feed(block):
                    yield text
                before = block[-GUESS_BYTES // 4 :]
            decoder.feed(b"", final=True)
        except DatasetEncoding as error:
            if not self.told and not self.guessed:
                start = error.details["offset"] - decoder.offset + len(before)
                if looks_like_windows_1256(_around(before + block, start)):
                    raise OtherEncodingError(self.file) from error
            raise

    def lines(self, newline: str | None = None) -> Iterator[tuple[int, str]]:
        r"""Line number from 1 and line with its end; `newline` as in `open`.

        Raises:
            DatasetLimit: a line is longer than the limit.
            DatasetProblem: as `blocks`.

        """
        number, held = 0, ""
        for block in self.blocks():
            # A return at the end may be half of an end of line.
            cut = -1 if block.endswith("\r") else None
            found = io.StringIO(held + block[:cut], newline=newline).readlines()
            held = "" if found and found[-1].endswith("\n") else (found.pop() if found else "")
            if cut:
                held += "\r"
            for line in found:
                number += 1
                self.check_length(line, number)
                yield number, line
            self.check_length(held, number + 1)
        for line in io.StringIO(held, newline=newline):
            number += 1
            yield number, line

    def check_length(self, text: str, line: int) -> None:
        """Raise `DatasetLimit` when `text`, which begins at `line`, is too long to be a row."""
        limit = self.max_line_bytes
        # A character has at most four bytes: most lines need not be encoded to know.
        if len(text) * 4 <= limit:
            return
        if len(text) > limit or len(text.encode(errors="replace")) > limit:
            raise too_long(self.name, line, limit)


def too_long(name: str, line: int, limit: int) -> DatasetLimit:
    """The error of a line of more than `limit` bytes."""
    return DatasetLimit(
        name=name,
        what=f"line {line} is too long",
        what_fa=f"سطر {line} بیش از اندازه بلند است",
        limit=f"{limit} bytes",
        line=line,
    )


class MeteredFile(io.RawIOBase, BinaryIO):
    """A file that counts what is read of it."""

    def __init__(self, descriptor: int, meter: Meter) -> None:
        super().__init__()
        self._file = io.FileIO(descriptor)
        self._meter = meter
        self._before = meter.done
        self.size = os.fstat(descriptor).st_size

    def read(self, size: int = -1) -> bytes:
        """As a file's; fewer bytes than asked for only at the end or where the system says so."""
        block = self._file.read(size) or b""
        self._meter.done = min(self._meter.done + len(block), self._meter.total)
        return block

    def reached(self, place: int) -> None:
        """Others have read the file up to `place`."""
        self._meter.done = min(self._before + place, self._meter.total)

    def readinto(self, buffer: Any) -> int:
        """As a file's."""
        count = self._file.readinto(buffer) or 0
        self._meter.done = min(self._meter.done + count, self._meter.total)
        return count

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def fileno(self) -> int:
        """The descriptor, for reading ranges."""
        return self._file.fileno()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def opened(path: str, meter: Meter) -> MeteredFile:
    """The regular file at `path`, open for reading.

    Raises:
        DatasetMissing: no readable regular file is there.

    """
    # Not blocking: opening a named pipe would otherwise wait for a writer for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise DatasetMissing(path=path.replace("\x00", "␀")) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DatasetMissing(path=path)
    return MeteredFile(descriptor, meter)


def source_of(
    stream: BinaryIO,
    name: str,
    file: str,
    *,
    encoding: str | None,
    max_line_bytes: int,
    other: bool = False,
) -> Source:
    """The text of `stream`, whose encoding is told by its first bytes.

    `other`: it is known by now to be in windows-1256 although its beginning is also UTF-8.

    Raises:
        DatasetEmpty: it has no bytes.
        DatasetBinary: its beginning holds a NUL character.
        DatasetEncoding: its beginning is not in the encoding.
        InvalidField: `encoding` is not one that we read.

    """
    head = read_fully(stream, HEAD)
    if not head:
        raise DatasetEmpty(name=name, rows=0)
    told = named(encoding) if encoding else marked(head)
    codec = told or (GUESSED if other else "utf-8")
    whole = len(head) < HEAD
    try:
        beginning = Decoder(name, codec).feed(head, final=whole)
    except DatasetEncoding as error:
        if told or not looks_like_windows_1256(_around(head, error.details["offset"])):
            raise
        codec = GUESSED
        beginning = Decoder(name, codec).feed(head, final=whole)
    return Source(
        name=name,
        file=file,
        head=head,
        rest=stream,
        codec=codec,
        guessed=codec == GUESSED and not told,
        told=bool(told),
        max_line_bytes=max_line_bytes,
        beginning=beginning,
    )


def read_fully(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream."""
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _around(sample: bytes, fault: int) -> bytes:
    return sample[max(0, fault - GUESS_BYTES // 4) :][:GUESS_BYTES]
