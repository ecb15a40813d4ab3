"""Reads what follows the lead of a bundle to its end and compares every byte of it.

Owns the order of checks: each byte between the files against what must be there, each file and
each part against its sha256. What is wrong with a part that has a hash of its own is said when all
of it was read, so that a part of another place can be told. Writes nothing; a `Sink` does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from ...errors import BundleDamaged
from . import layout
from .look import Found, Stretch, open_part

PIECE = 4 * 2**20
#: How often the place is noted.
NOTED_BYTES = 64 * 2**20

Tick = Callable[[int, int, Any], None]


class Sink(Protocol):
    """Takes the content of files, in order."""

    def resumed(self) -> Any:
        """The hash of what was taken before of the file that is gone on with."""

    def take(self, index: int, content: memoryview) -> None:
        """The next bytes of file `index`."""

    def done(self, index: int) -> None:
        """File `index` is complete and was checked."""

    def doubt(self, place: int) -> None:
        """What was taken from this place in the stream on is wrong."""


def walk(
    bundle: Found,
    sink: Sink,
    *,
    at: int = 0,
    tick: Tick | None = None,
    note: Callable[[int], None] | None = None,
    fresh: bool = False,
) -> None:
    """Read what follows the lead from `at` on, compare it, and give the content to `sink`.

    `note` is told, now and then and at the end of each part, the place up to which everything was
    taken. With `fresh` the parts are read from their disk, not from memory, where the platform
    can.

    Raises:
        BundleDamaged: a part is not as it was packed; the details name it.

    """
    reading = _Reading(bundle, sink, at)
    length = sum(one.length for one in bundle.stretches)
    noted = at
    for stretch in bundle.stretches:
        if stretch.start + stretch.length <= at:
            continue
        with open_part(stretch.path) as handle:
            if fresh and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            for done in reading.part(stretch, handle):
                if tick is not None:
                    tick(done, length, stretch.name)
                if note is not None and reading.taken - noted >= NOTED_BYTES:
                    noted = reading.taken
                    note(noted)
        if note is not None:
            note(stretch.start + stretch.length)


class _Reading:
    """One pass over the stream."""

    def __init__(self, bundle: Found, sink: Sink, at: int) -> None:
        self._bundle = bundle
        self._sink = sink
        self._spans = layout.spans_of(bundle.manifest)
        self._place = at
        self._span = 0
        while self._span < len(self._spans) and self._spans[self._span].end <= at:
            self._span += 1
        self._file = sink.resumed()
        self._bad: tuple[str, str] | None = None
        self._bad_from = 0

    @property
    def taken(self) -> int:
        """Up to where the stream was given to the sink."""
        return self._place

    def part(self, stretch: Stretch, handle: BinaryIO) -> Iterator[int]:
        """Read one stretch; yields the place in the stream after each piece."""
        # What was taken before is read for the hash of its part, where it has one.
        place = stretch.start if stretch.sha256 else self._place
        handle.seek(stretch.offset + place - stretch.start)
        whole, end = hashlib.sha256(), stretch.start + stretch.length
        while place < end:
            piece = _read(stretch, handle, min(PIECE, end - place))
            if stretch.sha256:
                whole.update(piece)
            known = max(0, self._place - place) if self._bad is None else len(piece)
            self._compare(stretch, memoryview(piece)[known:])
            place += len(piece)
            yield place
        if stretch.sha256 and whole.hexdigest() != stretch.sha256:
            self._sink.doubt(stretch.start)
            raise self._another(stretch, whole.hexdigest())
        if self._bad is not None:
            self._sink.doubt(self._bad_from)
            raise damaged(stretch.name, *self._bad)

    def _compare(self, stretch: Stretch, piece: memoryview) -> None:
        """Take a piece; what is wrong with it is said at the end of a part that has a hash."""
        span = self._spans[min(self._span, len(self._spans) - 1)]
        try:
            while piece:
                span = self._spans[self._span]
                offset = self._place - span.start
                taken, piece = piece[: span.length - offset], piece[span.length - offset :]
                if span.index < 0:
                    _same(taken, span.fixed[offset : offset + len(taken)])
                else:
                    self._file.update(taken)
                    self._sink.take(span.index, taken)
                self._place += len(taken)
                if self._place == span.end:
                    self._end(span)
        except _Differs as found_bad:
            self._bad_from = span.start
            if not stretch.sha256:
                self._sink.doubt(span.start)
                raise damaged(stretch.name, found_bad.reason, found_bad.reason_fa) from None
            self._bad = (found_bad.reason, found_bad.reason_fa)

    def _end(self, span: layout.Span) -> None:
        self._span += 1
        if span.index < 0:
            return
        file = self._bundle.manifest.files[span.index]
        told, self._file = self._file.hexdigest(), hashlib.sha256()
        if told != file.sha256:
            raise _Differs(
                f"{file.name} in it has another sha256", f"sha256 فایل {file.name} در آن فرق دارد"
            )
        self._sink.done(span.index)

    def _another(self, stretch: Stretch, sha256: str) -> BundleDamaged:
        """A part with another hash, perhaps that of another part."""
        names = [part.name for part in self._bundle.parts if part.sha256 == sha256]
        if names:
            return damaged(
                stretch.name,
                f"it holds what belongs into {names[0]}",
                f"آنچه در آن است از آنِ {names[0]} است",
            )
        return damaged(stretch.name, "it has another sha256", "sha256 آن فرق دارد")


class _Differs(Exception):
    """A piece is not what it must be."""

    def __init__(self, reason: str, reason_fa: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reason_fa = reason_fa


def _same(told: memoryview, written: bytes) -> None:
    if told != written:
        raise _Differs(
            "what lies between its files is not what was written",
            "میان فایل‌هایش چیز دیگری است",
        )


def _read(stretch: Stretch, handle: BinaryIO, size: int) -> bytes:
    try:
        piece = handle.read(size)
    except OSError as error:
        raise damaged(
            stretch.name, f"it cannot be read ({error.strerror})", "خواندنی نیست"
        ) from error
    if not piece:
        raise damaged(stretch.name, "it is cut off", "بریده شده است")
    return piece


def damaged(part: str, reason: str, reason_fa: str) -> BundleDamaged:
    """The error that names a part."""
    return BundleDamaged(part=part, reason=reason, reason_fa=reason_fa)
