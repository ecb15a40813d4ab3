"""Metrics as TensorBoard reads them: an event file in the TFRecord format.

Owns the bytes: a record is its length, its content and a masked CRC-32C of each; the content is
an `Event` in protobuf's wire format, of which we need five fields. TensorBoard's own package is
not used: it would bring gRPC and protobuf into the server. A test reads the file with it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import google_crc32c

from ..jobs.metrics_rows import Row

VERSION = b"brain.Event:2"

# Protobuf: the number of a field and how it is written, in one byte.
_WALL_TIME = b"\x09"
_STEP = b"\x10"
_FILE_VERSION = b"\x1a"
_SUMMARY = b"\x2a"
_VALUE = b"\x0a"
_TAG = b"\x0a"
_SIMPLE_VALUE = b"\x15"

_DOUBLE = struct.Struct("<d").pack
_FLOAT = struct.Struct("<f").pack
_LENGTH = struct.Struct("<Q").pack
_CRC = struct.Struct("<I").pack
_LARGEST = 3.4028235e38


def file_name(job_id: str, started: float) -> str:
    """The name by which TensorBoard knows an event file; `started` in seconds since 1970."""
    return f"events.out.tfevents.{int(started):010d}.{job_id}"


def event_pieces(names: Sequence[str], rows: Iterable[list[Row]]) -> Iterator[bytes]:
    """The bytes of an event file of these rows; `names` are the metrics by their places."""
    heads = [_head(name) for name in names]
    first = True
    for piece in rows:
        parts: list[bytes] = []
        if first and piece:
            version = _FILE_VERSION + _sized(VERSION)
            parts.append(_record(_WALL_TIME + _DOUBLE(piece[0].time) + version))
            first = False
        for step, values, time in piece:
            summary = b"".join(
                [heads[place] + _FLOAT(_single(value)) for place, value in values.items()]
            )
            event = b"".join(
                (_WALL_TIME, _DOUBLE(time), _STEP, _varint(step), _SUMMARY, _sized(summary))
            )
            parts.append(_record(event))
        yield b"".join(parts)


def _head(name: str) -> bytes:
    """A `Value` up to its number."""
    start = _TAG + _sized(name.encode()) + _SIMPLE_VALUE
    return _VALUE + _varint(len(start) + 4) + start


def _single(value: float) -> float:
    """What single precision can hold; beyond it is infinite, as TensorBoard would say."""
    if -_LARGEST <= value <= _LARGEST or math.isnan(value):
        return value
    return float("inf") if value > 0 else float("-inf")


def _record(data: bytes) -> bytes:
    length = _LENGTH(len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


def _masked(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return _CRC(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
