"""Files sent whole or in part, as `Range` asks (RFC 9110, section 14).

Owns which bytes a request is given, and the headers that say so. One range at a time: who asks
for several gets the whole file, which the standard allows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from ..services.archive import PIECE, unblocked
from .base import Handler

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def send_file(handler: Handler, path: Path, name: str, media: str) -> None:
    """Answer with the file, or with the stretch of it that the request asks for.

    The tag of the file is its size and time: `If-Range` and `If-Match` of a download that goes on
    are answered from the beginning once the file is another.
    """
    facts = await asyncio.to_thread(path.stat)
    tag = f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'
    handler.set_header("Accept-Ranges", "bytes")
    handler.set_header("ETag", tag)
    stretch: tuple[int, int] | None = None
    asked = handler.request.headers.get("Range", "")
    if asked and handler.request.headers.get("If-Range", tag) == tag:
        stretch = wanted(asked, facts.st_size)
        if stretch is None and _RANGE.fullmatch(asked.strip()):
            handler.set_header("Content-Range", f"bytes */{facts.st_size}")
            handler.set_status(416)
            await handler.finish()
            return
    begin, end = stretch or (0, facts.st_size)
    if stretch is not None:
        handler.set_status(206)
        handler.set_header("Content-Range", f"bytes {begin}-{end - 1}/{facts.st_size}")
    handler.set_header("Content-Length", str(end - begin))
    await handler.send_stream(unblocked(_pieces(path, begin, end)), media, name)


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last that `Range` asks for; None for none or all."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first:
        begin, end = int(first), min(int(last) + 1 if last else size, size)
    else:
        begin, end = max(0, size - int(last)), size
    return (begin, end) if begin < end else None


def _pieces(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(begin)
        left = end - begin
        while left and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
