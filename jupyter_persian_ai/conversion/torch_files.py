"""The two containers in which PyTorch saves: a zip of stored parts, and, before 1.6, a stream.

Owns where the bytes of each storage lie. A part that is compressed, encrypted or outside of the
file ends it; pickles are read by `tensor_pickle`. Works on a number of an open file with `pread`
alone, for nothing else is allowed where this runs.

Source: torch/serialization.py (`_save`, `_legacy_save`).
"""

from __future__ import annotations

import codecs
import io
import os
import re
import struct
import zipfile
from dataclasses import dataclass
from typing import IO, Any, cast

from .tensor_pickle import Refused, Storage, Tensor, read_pickle

MAX_PICKLE_BYTES = 256 * 2**20
MAX_PARTS = 200_000
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_LOCAL_HEADER = 30
_LINE = 1 << 16
_WRAPPERS = ("state_dict", "model_state_dict", "model", "module")

# Names in zips may need it, and where this runs nothing can be imported any more.
codecs.lookup("cp437")


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a file by name, and where each storage begins (bytes)."""

    tensors: dict[str, Tensor]
    begins: dict[str, int]


def read_weights(number: int) -> Weights:
    """The weights in the open file `number`.

    Raises:
        Refused: it is no file of tensors that PyTorch saved.

    """
    size = os.lseek(number, 0, os.SEEK_END)
    if os.pread(number, 4, 0) == b"PK\x03\x04":
        return _from_zip(number, size)
    return _from_stream(number, size)


# --- the zip -----------------------------------------------------------------------------------


def _from_zip(number: int, size: int) -> Weights:
    try:
        archive = zipfile.ZipFile(cast("IO[bytes]", io.BufferedReader(_Raw(number, size))))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise Refused("it is no sound zip", "زیپ سالمی نیست") from error
    by_name = {part.filename: part for part in parts}
    if len(parts) > MAX_PARTS or len(by_name) != len(parts):
        raise Refused("its parts make no sense", "بخش‌هایش معنایی ندارند")
    pickles = [name for name in by_name if re.fullmatch(r"[^/\\]+/data\.pkl", name)]
    if len(pickles) != 1:
        raise Refused("it was not saved by PyTorch", "PyTorch آن را ذخیره نکرده است")
    root = pickles[0].removesuffix("/data.pkl")
    order = by_name.get(f"{root}/byteorder")
    if order is not None:
        begin, length = _place(number, size, order)
        if os.pread(number, min(length, 16), begin) != b"little":
            raise Refused("its bytes are the wrong way round", "ترتیب بایت‌هایش وارونه است")
    begin, length = _place(number, size, by_name[pickles[0]])
    tensors = _state(read_pickle(Window(number, begin, begin + min(length, MAX_PICKLE_BYTES))))
    begins = {}
    for key, storage in _storages(tensors).items():
        part = by_name.get(f"{root}/data/{key}")
        if part is None:
            raise Refused(f"part {key} is missing", f"بخش {key} نیست")
        begins[key], length = _place(number, size, part)
        if length != storage.elements * storage.width:
            raise Refused(f"part {key} has another size", f"اندازهٔ بخش {key} چیز دیگری است")
    return Weights(tensors, begins)


def _place(number: int, size: int, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the bytes of a stored part begin, and how many there are."""
    if part.compress_type != zipfile.ZIP_STORED or part.flag_bits & 0x1:
        raise Refused("its parts are compressed or encrypted", "بخش‌هایش فشرده یا رمز شده است")
    head = os.pread(number, _LOCAL_HEADER, part.header_offset) if part.header_offset >= 0 else b""
    if len(head) != _LOCAL_HEADER or not head.startswith(b"PK\x03\x04"):
        raise Refused("it is no sound zip", "زیپ سالمی نیست")
    name, extra = struct.unpack_from("<HH", head, 26)
    begin = part.header_offset + _LOCAL_HEADER + name + extra
    if part.file_size != part.compress_size or begin + part.file_size > size:
        raise Refused("its parts do not fit into it", "بخش‌هایش در آن جا نمی‌گیرند")
    return begin, part.file_size


class _Raw(io.RawIOBase):
    """An open file as the zip reader wants it; asks the system for nothing but bytes."""

    def __init__(self, number: int, size: int) -> None:
        super().__init__()
        self._number = number
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._number, min(len(buffer), max(0, self._size - self._at)), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


# --- the stream --------------------------------------------------------------------------------


def _from_stream(number: int, size: int) -> Weights:
    window = Window(number, 0, size)
    if read_pickle(window) != _MAGIC or read_pickle(window) != _PROTOCOL:
        raise Refused("it was not saved by PyTorch", "PyTorch آن را ذخیره نکرده است")
    system = read_pickle(window)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Refused("its bytes are the wrong way round", "ترتیب بایت‌هایش وارونه است")
    tensors = _state(read_pickle(window))
    keys = read_pickle(window)
    storages = _storages(tensors)
    if not isinstance(keys, list) or len(set(map(str, keys))) != len(keys):
        raise Refused("its parts make no sense", "بخش‌هایش معنایی ندارند")
    begins, at = {}, window.tell()
    for key in map(str, keys):
        raw = os.pread(number, 8, at)
        storage = storages.get(key)
        if len(raw) != 8 or storage is None or int.from_bytes(raw, "little") != storage.elements:
            raise Refused(f"part {key[:20]} makes no sense", f"بخش {key[:20]} معنایی ندارد")
        begins[key] = at + 8
        at += 8 + storage.elements * storage.width
        if at > size:
            raise Refused("it is cut off", "بریده است")
    if missing := storages.keys() - begins.keys():
        raise Refused(f"part {min(missing)} is missing", f"بخش {min(missing)} نیست")
    return Weights(tensors, begins)


class Window:
    """Bytes of a file from one place to another, a block at a time. Never gives more."""

    _BLOCK = 1 << 20

    def __init__(self, number: int, begin: int, end: int) -> None:
        self._number = number
        self._begin = begin
        self._end = end
        self._at = begin
        self._block = b""
        self._block_at = begin

    def read(self, count: int) -> bytes:
        """At most `count` bytes; all of them unless the window ends."""
        count = min(count, self._end - self._at) if count >= 0 else self._end - self._at
        behind = self._at - self._block_at
        if behind + count > len(self._block):
            wanted = max(count, min(self._BLOCK, self._end - self._at))
            self._block, self._block_at, behind = self._read(wanted), self._at, 0
        taken = self._block[behind : behind + count]
        self._at += len(taken)
        return taken

    def readline(self) -> bytes:
        """Up to the next end of a line; at most 64 KiB."""
        at = self._at
        line = self.read(_LINE)
        end = line.find(b"\n") + 1
        self._at = at + (end or len(line))
        return line[: end or len(line)]

    def tell(self) -> int:
        """The place in the file."""
        return self._at

    def _read(self, count: int) -> bytes:
        return b"".join(iter(_Pieces(self._number, self._at, count)))


class _Pieces:
    """`pread` until all is there: one call gives at most 2 GiB."""

    def __init__(self, number: int, at: int, count: int) -> None:
        self._number, self._at, self._count = number, at, count

    def __iter__(self) -> _Pieces:
        return self

    def __next__(self) -> bytes:
        piece = os.pread(self._number, min(self._count, 1 << 30), self._at)
        if not piece:
            raise StopIteration
        self._at += len(piece)
        self._count -= len(piece)
        return piece


# --- what was saved ----------------------------------------------------------------------------


def _state(value: Any) -> dict[str, Tensor]:
    """The tensors by name: of a state dict, or of the one inside a checkpoint."""
    if isinstance(value, dict) and not any(isinstance(one, Tensor) for one in value.values()):
        inner = next((value[name] for name in _WRAPPERS if isinstance(value.get(name), dict)), None)
        value = value if inner is None else inner
    if not isinstance(value, dict) or not value:
        raise Refused("it holds no tensors by name", "تنسورهای نام‌دار ندارد")
    for name, tensor in value.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor) or len(name) > 1000:
            raise Refused(f"{str(name)[:80]} is no tensor", f"{str(name)[:80]} تنسور نیست")
    return value


def _storages(tensors: dict[str, Tensor]) -> dict[str, Storage]:
    found: dict[str, Storage] = {}
    for tensor in tensors.values():
        if found.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise Refused("a storage has two sizes", "داده‌ای دو اندازه دارد")
    return found
