"""A multipart body taken apart while it arrives: the file goes to disk, fields stay in memory.

Owns the parsing (by `python-multipart`) and its limits. At no moment is more than one chunk of
the file in memory.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from ..errors import DiskFull, InvalidRequest, TooLarge

#: All fields beside the file, in bytes.
FIELD_BYTES = 64 * 1024


class Upload:
    """One file and some fields. Feed it with `write`, then `close`."""

    def __init__(self, content_type: str, target: Path) -> None:
        """Write the part named `file` to `target`.

        Raises:
            InvalidRequest: when `content_type` names no boundary.

        """
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise InvalidRequest(field="Content-Type", reason="multipart without a boundary")
        self.file_name = ""
        self.fields: dict[str, str] = {}
        self._target = target
        self._file: BinaryIO | None = None
        self._ended = False
        self._held = 0
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._value = bytearray()
        self._is_file = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": lambda data, a, b: self._header[0].extend(data[a:b]),
                "on_header_value": lambda data, a, b: self._header[1].extend(data[a:b]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    @property
    def has_file(self) -> bool:
        """Whether a part named `file` came."""
        return bool(self.file_name)

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the body (blocks on the disk; call it in a thread).

        Raises:
            InvalidRequest: it is no multipart body.
            TooLarge: the fields are.
            DiskFull: the file cannot be written.

        """
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise InvalidRequest(field="body", reason=f"broken multipart: {error}") from error
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise DiskFull(needed=len(chunk), free=0) from error

    def close(self) -> None:
        """The body is over.

        Raises:
            InvalidRequest: it ended in the middle.

        """
        self.discard_handle()
        if not self._ended:
            raise InvalidRequest(field="body", reason="the multipart body ends too early")

    def discard_handle(self) -> None:
        """Close the file; the caller decides whether it stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # --- what the parser says -----------------------------------------------------------------

    def _part_begin(self) -> None:
        self._disposition, self._name, self._value = b"", "", bytearray()
        self._is_file = False
        self._header = (bytearray(), bytearray())

    def _header_end(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == "file" and b"filename" in options
        if self._is_file:
            if self._file is not None or self.file_name:
                raise InvalidRequest(field="file", reason="one file at a time")
            name = options[b"filename"].decode("utf-8", "replace")
            self.file_name = name.replace("\\", "/").rsplit("/", 1)[-1] or "upload"
            self._file = self._target.open("xb")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            if self._file is not None:
                self._file.write(data[start:end])
            return
        self._held += end - start
        if self._held > FIELD_BYTES:
            raise TooLarge(limit=FIELD_BYTES)
        self._value += data[start:end]

    def _part_end(self) -> None:
        if self._is_file:
            self.discard_handle()
        elif self._name:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
