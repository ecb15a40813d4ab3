"""Opens an untrusted file and finds out how its bytes become text.

Owns what may be opened (regular files only), the encoding, and the limit on a line. Reads in
blocks: memory does not grow with the file.

Encodings, in this order: the one that the user names; a byte order mark (UTF-8, UTF-16,
UTF-32); UTF-8; and, only when the bytes are not UTF-8, a guess that must be windows-1256, the
encoding of old Persian files. The guess is said in the report.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import charset_normalizer

from ..errors import (
    DatasetBinary,
    DatasetEmpty,
    DatasetEncoding,
    DatasetLimit,
    DatasetMissing,
    InvalidField,
)

BLOCK = 1 << 20
GUESS_BYTES = 1 << 18

#: Encodings that may be named. Not Python's whole list: it holds codecs that are no charsets.
ENCODINGS = frozenset(
    {
        "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
        "utf-32-be", "cp1256", "iso8859-6", "cp720", "cp864", "mac-farsi", "mac-arabic", "ascii",
        "iso8859-1", "cp1252",
    }
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHOWN = {"utf-8-sig": "utf-8", "cp1256": "windows-1256"}
_PERSIAN = re.compile("[\u0621-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NO_JOINERS = bytes.maketrans(b"\x9d\x9e", b"  ")
#: What windows-1256 has to win against before it is believed.
_RIVALS = [
    "cp1256", "cp1252", "cp1254", "cp1250", "cp1251", "cp1253", "cp1255", "koi8_r", "latin_1",
    "iso8859_6", "gb18030", "big5", "shift_jis", "euc_kr",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """An open, checked text file. `size` in bytes."""

    name: str
    handle: BinaryIO
    size: int
    codec: str
    guessed: bool
    max_line_bytes: int

    @property
    def encoding(self) -> str:
        """The encoding as a user knows it."""
        return _SHOWN.get(self.codec, self.codec)

    def lines(self, newline: str | None = None) -> Iterator[tuple[int, str]]:
        r"""Line number from 1 and line with its end; `newline` as in `open`.

        Raises:
            DatasetLimit: a line is longer than the limit.

        """
        self.handle.seek(0)
        text = io.TextIOWrapper(self.handle, encoding=self.codec, newline=newline)
        try:
            number = 0
            while line := text.readline(self.max_line_bytes + 1):
                number += 1
                self.check_length(line, number)
                yield number, line
        finally:
            if not self.handle.closed:
                text.detach()

    def blocks(self) -> Iterator[str]:
        """The text in pieces of bounded size, with line ends as they are."""
        self.handle.seek(0)
        text = io.TextIOWrapper(self.handle, encoding=self.codec, newline="")
        try:
            while block := text.read(BLOCK):
                yield block
        finally:
            if not self.handle.closed:
                text.detach()

    def check_length(self, text: str, line: int) -> None:
        """Raise `DatasetLimit` when `text`, which begins at `line`, is too long to be a row."""
        limit = self.max_line_bytes
        # A character has at most four bytes: most lines need not be encoded to know.
        if len(text) * 4 <= limit:
            return
        if len(text) > limit or len(text.encode(errors="replace")) > limit:
            raise DatasetLimit(
                name=self.name,
                what=f"line {line} is too long",
                what_fa=f"سطر {line} بیش از اندازه بلند است",
                limit=f"{limit} bytes",
                line=line,
            )


def open_source(path: Path, name: str, encoding: str | None, max_line_bytes: int) -> Source:
    """The file, opened, with its encoding known and its bytes checked against it.

    Raises:
        DatasetMissing: no readable regular file is there.
        DatasetEmpty: it has no bytes.
        DatasetBinary: it holds a NUL character.
        DatasetEncoding: its bytes are not in the encoding.
        InvalidField: `encoding` is not one that we read.

    """
    handle = _opened(path)
    try:
        codec, guessed = _codec(handle, name, encoding)
    except BaseException:
        handle.close()
        raise
    size = os.fstat(handle.fileno()).st_size
    return Source(name, handle, size, codec, guessed, max_line_bytes)


def _codec(handle: BinaryIO, name: str, encoding: str | None) -> tuple[str, bool]:
    """The codec that the bytes are known to be in, and whether it was guessed."""
    if os.fstat(handle.fileno()).st_size == 0:
        raise DatasetEmpty(name=name, rows=0)
    told = _named(encoding) if encoding else _marked(handle)
    codec = told or "utf-8"
    fault = _checked(handle, name, codec)
    if fault is None:
        return codec, False
    line, offset = fault
    if told is not None or not _looks_like_windows_1256(handle, offset):
        shown = _SHOWN.get(codec, codec)
        raise DatasetEncoding(name=name, encoding=shown, line=line, offset=offset)
    _checked(handle, name, "cp1256")
    return "cp1256", True


def _opened(path: Path) -> BinaryIO:
    # Not blocking: opening a named pipe would otherwise wait for a writer for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise DatasetMissing(path=str(path).replace("\x00", "␀")) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DatasetMissing(path=str(path))
    return os.fdopen(descriptor, "rb")


def _named(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in ENCODINGS:
        raise InvalidField(
            field="encoding",
            reason=f"unknown encoding {encoding[:40]!r}",
            reason_fa=f"کدگذاری ناشناخته {encoding[:40]!r}",
        )
    # A named UTF-8 may still begin with a mark, which is no text.
    return "utf-8-sig" if codec == "utf-8" else codec


def _marked(handle: BinaryIO) -> str | None:
    start = handle.read(4)
    return next((codec for mark, codec in _MARKS if start.startswith(mark)), None)


def _checked(handle: BinaryIO, name: str, codec: str) -> tuple[int, int] | None:
    """Line (from 1) and byte offset (from 0) of the first byte that is not in `codec`.

    Raises `DatasetBinary` for a NUL character in that block or before it.
    """
    handle.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    width = next((size for wide, size in (("utf-16", 2), ("utf-32", 4)) if wide in codec), 1)
    line, offset = 1, 0
    while True:
        block = handle.read(BLOCK)
        if width == 1 and (where := block.find(b"\x00")) >= 0:
            raise DatasetBinary(name=name, offset=offset + where)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(codec, errors="ignore")
            return line + before.count("\n"), offset - pending + error.start
        if (where := text.find("\x00")) >= 0:
            raise DatasetBinary(name=name, offset=offset + where * width)
        if not block:
            return None
        line += text.count("\n")
        offset += len(block)


def _looks_like_windows_1256(handle: BinaryIO, fault: int) -> bool:
    """Whether the bytes around the first fault are Persian or Arabic in windows-1256."""
    handle.seek(max(0, fault - GUESS_BYTES // 4))
    sample = handle.read(GUESS_BYTES)
    high = sum(byte >= 0x80 for byte in sample)
    # Mostly good UTF-8 with a damaged place is damaged UTF-8, not another encoding: decoding it
    # as windows-1256, which has a letter for every byte, would turn the whole text to rubbish.
    if sum(map(len, _MULTIBYTE.findall(sample))) > high // 2:
        return False
    # The detector takes half-spaces (0x9D, 0x9E) for rubbish, and Persian is full of them.
    best = charset_normalizer.from_bytes(sample.translate(_NO_JOINERS), cp_isolation=_RIVALS).best()
    if best is None or best.encoding != "cp1256":
        return False
    letters = sum(map(str.isalpha, text := sample.decode("cp1256")))
    return len(_PERSIAN.findall(text)) * 2 > letters
