"""A folder as a zip, made while it is sent.

Owns the order and the names inside the archive. Nothing is written to disk and at most one
piece is in memory, so a model of any size can be downloaded. Files are stored, not compressed:
weights do not shrink, and the server's cores belong to training.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

PIECE = 1024 * 1024


class Outbox(io.RawIOBase):
    """A file that can only be written to; what was written is taken out in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Buffer) -> int:
        """Keep `data` until it is taken."""
        piece = bytes(data)
        self._parts.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def repository(folder: Path) -> Path:
    """The repository of a snapshot in the Hub's cache; of any other folder, itself."""
    return folder.parents[1] if folder.parent.name == "snapshots" else folder


def zip_pieces(folder: Path, root: str) -> Iterator[bytes]:
    """The bytes of a zip of the files under `folder`, below the name `root`.

    Symbolic links that lead out of the model are left out: they could lead anywhere. The Hub's
    cache is made of links, from a snapshot to the blobs of the same repository; those are whole.
    """
    outbox, bounds = Outbox(), repository(folder).resolve()
    with zipfile.ZipFile(cast("IO[bytes]", outbox), "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or bounds not in path.resolve().parents:
                continue
            name = f"{root}/{path.relative_to(folder).as_posix()}"
            info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as entry:
                while piece := source.read(PIECE):
                    entry.write(piece)
                    yield outbox.take()
    yield outbox.take()


def file_pieces(path: Path) -> Iterator[bytes]:
    """The bytes of one file."""
    with path.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


async def unblocked(pieces: Iterator[bytes]) -> AsyncGenerator[bytes]:
    """`pieces`, each made in a thread, so that disk reads never hold the event loop."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
