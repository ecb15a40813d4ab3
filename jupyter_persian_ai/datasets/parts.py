"""The parts of an import: files one after another, members of archives, sheets of workbooks.

Owns which reader a part gets and in what order parts come. Each is opened when the one before it
is done, and closed after it; nothing is extracted, and no name of a member becomes a path.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .payload import InputFile, Payload
from .readers import Found, format_of, records
from .source import Meter, MeteredFile, Source, opened, source_of


@dataclass(slots=True)
class Part:
    """Something that records come from. `file` is what problems call it, `name` what errors do.

    `source` is set where it is text; `whole` where it is a file by itself that can be read in
    ranges.
    """

    name: str
    file: str
    form: str
    found: Found
    source: Source | None = None
    whole: BinaryIO | None = None


def total_bytes(payload: Payload) -> int:
    """The size of all files; one that is not there has none."""
    sizes = 0
    for one in payload.inputs:
        with suppress(OSError, ValueError):
            sizes += Path(one.path).stat().st_size
    return sizes


def parts(payload: Payload, meter: Meter, others: Collection[str]) -> Generator[Part]:
    """Every part in order. A part may be used until the next is asked for.

    `others` are files known by now to be in windows-1256 although they begin like UTF-8.

    Raises:
        DatasetProblem: a file cannot be read at all.

    """
    for one in payload.inputs:
        with opened(one.path, meter) as handle:
            yield from _parts_of(handle, one, payload, others)


def _parts_of(
    handle: MeteredFile, one: InputFile, payload: Payload, others: Collection[str]
) -> Generator[Part]:
    yield text_part(handle, one.name, one.name, payload, others, path=one.path)


def text_part(
    stream: BinaryIO,
    name: str,
    file: str,
    payload: Payload,
    others: Collection[str],
    *,
    path: str = "",
) -> Part:
    """A stream of text as a part."""
    source = source_of(
        stream,
        name,
        file,
        encoding=payload.encoding,
        max_line_bytes=payload.max_line_bytes,
        other=file in others,
    )
    form = format_of(source, file, path)
    whole = stream if isinstance(stream, MeteredFile) else None
    return Part(name, file, form, records(source, form), source, whole)
