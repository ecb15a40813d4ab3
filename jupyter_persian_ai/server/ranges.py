"""One file of the disk as an answer, whole or the part that was asked for (RFC 9110, section 14).

Owns the reading of `Range`: one range of bytes; several, or what is no range, give the whole file,
as the standard allows. An ETag of name, size and time of change lets a client that was cut off be
sure that it goes on with the same file (`If-Range`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from tornado.iostream import StreamClosedError

from .base import Handler

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PIECE = 1 << 20


async def send_file(handler: Handler, path: Path, media: str, name: str) -> None:
    """Answer with `path` as a download called `name`.

    Raises:
        OSError: it cannot be read.

    """
    facts = await asyncio.to_thread(path.stat)
    size, etag = facts.st_size, f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'
    handler.set_header("Content-Type", media)
    handler.set_header("Cache-Control", "no-store")
    handler.set_header("Accept-Ranges", "bytes")
    handler.set_header("ETag", etag)
    handler.set_attachment_header(name)
    asked = handler.request.headers.get("Range", "")
    if handler.request.headers.get("If-Range", etag) != etag:
        asked = ""
    span = part(asked, size)
    if span is None:
        handler.set_status(416)
        handler.set_header("Content-Range", f"bytes */{size}")
        handler.finish()
        return
    begin, end = span
    if asked and (begin, end) != (0, size):
        handler.set_status(206)
        handler.set_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
    handler.set_header("Content-Length", str(end - begin))
    async with aclosing(_pieces(path, begin, end)) as pieces:
        async for piece in pieces:
            handler.write(piece)
            try:
                await handler.flush()
            except StreamClosedError:
                return
    handler.finish(set_content_type=media)


def part(asked: str, size: int) -> tuple[int, int] | None:
    """Begin and end (exclusive) of what a `Range` header asks for; None when it lies outside."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        length = int(last)
        return (max(0, size - length), size) if length and size else None
    begin = int(first)
    if last and int(last) < begin:
        return 0, size
    return (begin, min(size, int(last) + 1 if last else size)) if begin < size else None


async def _pieces(path: Path, begin: int, end: int) -> AsyncGenerator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, begin)
        while begin < end:
            piece = await asyncio.to_thread(file.read, min(_PIECE, end - begin))
            if not piece:
                return
            begin += len(piece)
            yield piece
