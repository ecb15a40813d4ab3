"""The parts of an import: files one after another, members of archives, sheets of workbooks.

Owns which reader a part gets and in what order parts come. Each is opened when the one before it
is done, and closed after it; nothing is extracted, and no name of a member becomes a path.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import DatasetDamaged, DatasetEmpty, DatasetMissing
from ..protocol.versions import Member
from .archives import OTHER_ARCHIVES, Entry, archive_of, entries
from .parquet import parquet_records
from .payload import InputFile, Payload
from .problems import Problem, storable
from .readers import FORMATS, Found, format_of, records
from .source import Meter, MeteredFile, Source, opened, source_of
from .workbook import Sheets

_BINARY = {".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx"}
#: What tells a file whose name does not.
_MAGIC = ((b"PK\x03\x04", "zip"), (b"\x1f\x8b", "gz"), (b"PAR1", "parquet"))
_NAME_CHARACTERS = 300


class CrewFailedError(Exception):
    """One of several processes died over nothing that is wrong with the file; not for users."""


@dataclass(slots=True)
class Part:
    """Something that records come from. `file` is what problems call it, `name` what errors do.

    `source` is set where it is text, `whole` where it is a file by itself that can be read in
    ranges; `container` is the kind of archive that it lies in.
    """

    name: str
    file: str
    form: str
    found: Found
    source: Source | None = None
    whole: MeteredFile | None = None
    container: str = ""


def total_bytes(payload: Payload) -> int:
    """The size of all files; one that is not there has none."""
    sizes = 0
    for one in payload.inputs:
        with suppress(OSError, ValueError):
            sizes += Path(one.path).stat().st_size
    return sizes


def parts(payload: Payload, meter: Meter, others: Collection[str]) -> Generator[Part | Problem]:
    """Every part in order, and a problem for each member that is left out.

    A part may be used until the next is asked for. `others` are files known by now to be in
    windows-1256 although they begin like UTF-8.

    Raises:
        DatasetProblem: a file cannot be read at all.

    """
    found = False
    for one in payload.inputs:
        with opened(one.path, meter) as handle:
            for part in _parts_of(handle, one, payload, others):
                found = found or isinstance(part, Part)
                yield part
    if not found and payload.members:
        raise DatasetMissing(path=storable(payload.members[0][:_NAME_CHARACTERS]))


def listed_members(payload: Payload, most: int, most_bytes: int) -> list[Member]:
    """The first members of the first file, or its sheets; none where it has none.

    Looks no further than `most` of them, or `most_bytes` of the file.
    """
    one, meter = payload.inputs[0], Meter(total=1 << 62)
    with opened(one.path, meter) as handle:
        kind = _kind(handle, one.name)
        if kind == "xlsx":
            names = Sheets(handle, one.name, payload).names[:most]
            return [Member(name=storable(name), bytes=0, readable=True) for name in names]
        if kind not in {"zip", "tar", "tar.gz"}:
            return []
        members: list[Member] = []
        for entry in entries(handle, one.name, kind, payload, _has_reader):
            name = storable(entry.name[:_NAME_CHARACTERS])
            members.append(Member(name=name, bytes=entry.bytes, readable=not entry.fault))
            if len(members) == most or (kind != "zip" and meter.done > most_bytes):
                break
        return members


def _parts_of(
    handle: MeteredFile, one: InputFile, payload: Payload, others: Collection[str]
) -> Generator[Part | Problem]:
    kind = _kind(handle, one.name)
    if kind == "xlsx":
        yield from _sheets(handle, one.name, payload, payload.members)
    elif kind == "parquet":
        yield Part(one.name, one.name, kind, parquet_records(handle, one.name))
    elif kind:
        for entry in entries(handle, one.name, kind, payload, _has_reader):
            if payload.members and entry.name not in payload.members and kind != "gz":
                continue
            if entry.fault:
                yield entry.problem()
                continue
            for part in _member(entry, one.name, kind, payload, others):
                part.container = kind
                yield part
    else:
        part = _text_part(handle, one.name, one.name, payload, others, path=one.path)
        part.whole = handle
        yield part


def _member(
    entry: Entry, archive: str, kind: str, payload: Payload, others: Collection[str]
) -> Generator[Part]:
    """A member as a part; one that has to be read out of order is laid down without a name."""
    file = storable(entry.name[:_NAME_CHARACTERS])
    name = archive if kind == "gz" else f"{archive}/{file}"
    form = _BINARY.get(Path(entry.name).suffix.lower())
    with entry.open() as stream:
        if form is None:
            try:
                part = _text_part(stream, name, file, payload, others)
            except DatasetEmpty:
                if kind == "gz":
                    raise
            else:
                yield part
            return
        with tempfile.TemporaryFile() as laid:
            shutil.copyfileobj(stream, laid, 1 << 20)
            laid.seek(0)
            if form == "parquet":
                yield Part(name, file, form, parquet_records(laid, name))
            else:
                yield from _sheets(laid, name, payload, ())


def _sheets(
    handle: BinaryIO, name: str, payload: Payload, wanted: Collection[str]
) -> Generator[Part]:
    book = Sheets(handle, name, payload)
    for sheet in book.names:
        if not wanted or sheet in wanted:
            yield Part(name, storable(sheet), "xlsx", book.records(sheet))


def _text_part(
    stream: BinaryIO,
    name: str,
    file: str,
    payload: Payload,
    others: Collection[str],
    *,
    path: str = "",
) -> Part:
    source = source_of(
        stream,
        name,
        file,
        encoding=payload.encoding,
        max_line_bytes=payload.max_line_bytes,
        other=file in others,
    )
    form = format_of(source, file, path)
    return Part(name, file, form, records(source, form), source)


def _kind(handle: MeteredFile, name: str) -> str:
    """`xlsx`, `parquet` or a kind of archive; empty for text."""
    suffix = Path(name).suffix.lower()
    if suffix in OTHER_ARCHIVES:
        raise DatasetDamaged(
            name=name,
            format=suffix.removeprefix("."),
            reason="archives of this kind are not read.",
            reason_fa="این گونه بایگانی خوانده نمی‌شود.",
        )
    known = _BINARY.get(suffix) or archive_of(name)
    if known or suffix in FORMATS:
        return known
    head = handle.read(4)
    handle.seek(0)
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def _has_reader(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in FORMATS or suffix in _BINARY
