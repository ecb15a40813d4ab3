"""Archives as streams of members: .zip, .tar, .tar.gz and .gz.

Owns which members may be read and what is said of the others. Nothing is extracted: a member is a
stream, and its name only a word in messages. Bombs are refused by the sizes that the archive
declares, before anything is unpacked, and by what really comes out (`unpacking`).
"""

from __future__ import annotations

import gzip
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from .payload import Payload
from .problems import Problem
from .source import MeteredFile
from .unpacking import (
    FREE,
    RATIO,
    Budget,
    Forward,
    Unpacked,
    bomb,
    damage,
    damaged,
    too_large,
    too_many,
)

_ENDINGS = (
    (".tar.gz", "tar.gz"), (".tgz", "tar.gz"), (".tar", "tar"), (".zip", "zip"), (".gz", "gz"),
)  # fmt: skip
#: Archives that are not read, inside others or alone.
OTHER_ARCHIVES = frozenset(
    {".7z", ".rar", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".tbz2", ".txz", ".cab", ".iso"}
)
_ABOUT = re.compile(
    r"(readme|licen[cs]e|copying|notice|changelog|citation|authors)\b", re.IGNORECASE
)
#: An entry of a zip's directory takes 46 bytes and its name; longer names are nobody's.
_ENTRY_BYTES = 400
_END, _END_BYTES = b"PK\x05\x06", 22
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(slots=True)
class Entry:
    """A member. `fault` is the code of the problem for which it is left out, empty if it is not.

    `open` may be called once, before the next entry is asked for.
    """

    name: str
    bytes: int
    fault: str
    open: Callable[[], BinaryIO]

    def problem(self) -> Problem:
        """Why it is left out."""
        return Problem(0, self.fault, self.name[:200], file=self.name)


def archive_of(name: str) -> str:
    """`zip`, `tar`, `tar.gz` or `gz` by the name of the file; empty for all others."""
    low = name.lower()
    return next((kind for ending, kind in _ENDINGS if low.endswith(ending)), "")


def inner_name(name: str) -> str:
    """The name of what a `.gz` holds: its own without the ending."""
    return name[: -len(".gz")] or name


def entries(
    handle: MeteredFile, name: str, kind: str, payload: Payload, readable: Callable[[str], bool]
) -> Generator[Entry]:
    """The members of an archive, in order; directories and hidden files are passed over.

    `readable` says of a name whether there is a reader for it.

    Raises:
        DatasetDamaged: it is no such archive, or not all of it.
        DatasetLimit: it has too many entries, or unpacks to too much.

    """
    if kind == "zip":
        return _zipped(handle, name, payload, readable)
    if kind == "gz":
        return _single(handle, name, payload)
    return _tarred(handle, name, kind, payload, readable)


def open_zip(handle: BinaryIO, name: str, form: str, payload: Payload) -> zipfile.ZipFile:
    """A zip whose directory is bounded and whose sizes can be true.

    Raises:
        DatasetDamaged: it is none.
        DatasetLimit: it has too many entries, or declares to unpack to too much.

    """
    size = handle.seek(0, 2)
    handle.seek(max(0, size - (1 << 16) - _END_BYTES))
    tail = handle.read((1 << 16) + _END_BYTES)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + _END_BYTES:
        raise damaged(name, form, "no end of a zip directory")
    end = tail[place : place + _END_BYTES]
    count, directory = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    # 0xFFFF and 0xFFFFFFFF: the true numbers are in another record, and are large.
    if count > payload.max_members or directory > payload.max_members * _ENTRY_BYTES:
        raise too_many(name, payload.max_members)
    with damage(name, form):
        archive = zipfile.ZipFile(cast("IO[bytes]", handle))
    infos = archive.infolist()
    if len(infos) > payload.max_members:
        raise too_many(name, payload.max_members)
    total = sum(info.file_size for info in infos)
    if total > payload.max_unpacked_bytes:
        raise too_large(name, payload.max_unpacked_bytes)
    # Members that overlap unpack the same bytes again and again: the sum tells.
    if total > FREE and total > RATIO * size:
        raise bomb(name)
    if any(one.file_size > max(FREE, RATIO * one.compress_size) for one in infos):
        raise bomb(name)
    return archive


def _zipped(
    handle: MeteredFile, name: str, payload: Payload, readable: Callable[[str], bool]
) -> Generator[Entry]:
    archive = open_zip(handle, name, "zip", payload)
    budget = Budget(name, lambda: handle.size, payload.max_unpacked_bytes)
    seen: set[str] = set()
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if info.is_dir() or _hidden(info.filename):
            continue
        fault = _named_fault(info.filename, seen, readable)
        if mode and stat.S_ISLNK(mode):
            fault = "member_link"
        elif stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            fault = "member_special"
        elif info.flag_bits & 1:
            fault = "member_encrypted"
        elif info.compress_type not in _METHODS:
            fault = "member_method"

        def opened(info: zipfile.ZipInfo = info) -> BinaryIO:
            with damage(name, "zip"):
                return Unpacked(cast("BinaryIO", archive.open(info)), budget, name, "zip")

        yield Entry(info.filename, info.file_size, fault, opened)


def _single(handle: MeteredFile, name: str, payload: Payload) -> Generator[Entry]:
    stream = _gunzipped(handle, name, "gz", payload)
    yield Entry(inner_name(name), 0, "", lambda: stream)


def _gunzipped(handle: MeteredFile, name: str, form: str, payload: Payload) -> Unpacked:
    budget = Budget(name, handle.tell, payload.max_unpacked_bytes)
    return Unpacked(cast("BinaryIO", gzip.GzipFile(fileobj=handle, mode="rb")), budget, name, form)


def _tarred(
    handle: MeteredFile, name: str, form: str, payload: Payload, readable: Callable[[str], bool]
) -> Generator[Entry]:
    if form == "tar":
        budget = Budget(name, handle.tell, payload.max_unpacked_bytes)
        stream = Unpacked(handle, budget, name, form)
    else:
        stream = _gunzipped(handle, name, form, payload)
    seen: set[str] = set()
    with damage(name, form):
        forward = cast("IO[bytes]", Forward(stream, name))
        archive = tarfile.TarFile(fileobj=forward, mode="r", encoding="utf-8")
    with closing(archive):
        for count in range(payload.max_members + 1):
            with damage(name, form):
                info = archive.next()
            archive.members = []  # type: ignore[attr-defined] # it would remember each
            if info is None:
                return
            if count == payload.max_members:
                raise too_many(name, payload.max_members)
            if info.isdir() or _hidden(info.name):
                continue
            fault = _named_fault(info.name, seen, readable)
            if info.issym() or info.islnk():
                fault = "member_link"
            elif not info.isreg():
                fault = "member_special"
            elif info.issparse():
                fault = "member_method"

            def opened(info: tarfile.TarInfo = info) -> BinaryIO:
                with damage(name, form):
                    file = archive.extractfile(info)
                if file is None:
                    raise damaged(name, form, info.name)
                return _Guarded(cast("BinaryIO", file), name, form)

            yield Entry(info.name, info.size, fault, opened)


class _Guarded(Unpacked):
    """A member of a tar, whose bytes the stream below has counted by now."""

    def __init__(self, stream: BinaryIO, name: str, form: str) -> None:
        super().__init__(stream, Budget(name, lambda: 1 << 62, 1 << 62), name, form)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in _path(name).parts)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _named_fault(name: str, seen: set[str], readable: Callable[[str], bool]) -> str:
    """The code of what is wrong with a member by its name, empty if nothing is."""
    path = _path(name)
    twice = name in seen
    seen.add(name)
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name) or "\x00" in name:
        return "member_path"
    if twice:
        return "member_twice"
    if archive_of(name) or path.suffix.lower() in OTHER_ARCHIVES:
        return "member_nested"
    if _ABOUT.match(path.name) or not readable(name):
        return "member_type"
    return ""
