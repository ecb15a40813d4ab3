"""Reads a bundle to its end, compares every byte, and writes its files into a staging folder.

Call `unpack` through `jobs.confined`. It promises: what it has written when it returns is what was
packed, each file by its sha256, each part by its own; nothing is written outside the folder, and
nothing of a part that is not as it was packed is kept. Killed at any moment it goes on after the
last part that was checked, or within an uncut bundle after the last stretch that is on the disk.
Putting the folder in place is the caller's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ...errors import BundleDamaged, BundlePartMissing, BundleUnsafe, DiskFull
from ...paths import safe_join
from . import layout
from .look import Found, Stretch, found, open_part
from .manifest import Manifest

#: In the staging folder: up to where everything is checked and on the disk.
JOURNAL = ".unpacked"
PIECE = 4 * 2**20
#: How often an uncut bundle's place is noted.
NOTED_BYTES = 256 * 2**20

Tick = Callable[[int, int, Any], None]


class Sink(Protocol):
    """Takes the content of files, in order."""

    def take(self, index: int, content: memoryview) -> None:
        """The next bytes of file `index`."""

    def done(self, index: int) -> None:
        """File `index` is complete and was checked."""


def unpack(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Write the files of the bundle at `payload["path"]` into `payload["staging"]`.

    `payload["id"]`: the content that is expected; `disk_reserve_bytes` stay free. `tick` gets the
    bytes that were read, those of the whole bundle, and the part's name.

    Returns:
        `{"id", "subject", "name", "license", "about", "files": [{"name", "bytes", "sha256"}]}`.

    Raises:
        BundleProblem: one of its kinds; the details name the part.
        DiskFull: before anything is written where possible.

    """
    bundle = found(Path(str(payload["path"])))
    manifest = bundle.manifest
    if payload.get("id", manifest.id) != manifest.id:
        raise BundleUnsafe(
            reason="another bundle lies there by now",
            reason_fa="اکنون بستهٔ دیگری آنجاست",
        )
    need_whole(bundle)
    staging = _Staging(Path(str(payload["staging"])), manifest)
    staging.need_room(int(payload.get("disk_reserve_bytes", 0)))
    try:
        walk(bundle, staging, at=staging.at, tick=tick, note=staging.note)
    finally:
        staging.close()
    return {
        "id": manifest.id,
        "subject": manifest.subject,
        "name": manifest.name,
        "license": manifest.license,
        "about": manifest.about,
        "files": [file.model_dump() for file in manifest.files],
    }


def need_whole(bundle: Found) -> None:
    """Make sure that every part is there with its size.

    Raises:
        BundlePartMissing: some are not there.
        BundleDamaged: one is cut, or has grown.

    """
    if not bundle.missing:
        return
    folder = bundle.first.parent
    absent = [name for name in bundle.missing if not os.path.lexists(folder / name)]
    if absent:
        shown = ", ".join(absent[:20]) + (f" … ({len(absent)})" if len(absent) > 20 else "")
        raise BundlePartMissing(parts=shown, path=str(folder))
    part = next(part for part in bundle.parts if not part.present)
    size = (folder / part.name).lstat().st_size
    raise BundleDamaged(
        part=part.name,
        reason=f"it has {size} bytes instead of {part.bytes}",
        reason_fa=f"به جای {part.bytes} بایت {size} بایت دارد",
    )


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

    `note` is told places up to which all is checked as far as it can be: the ends of parts, and
    in an uncut bundle now and then. With `fresh` the parts are read from their disk, not from
    memory, where the platform can.

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
                if note is not None and not stretch.sha256 and done - noted >= NOTED_BYTES:
                    noted = done
                    note(done)
        if note is not None and stretch.sha256:
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
        self._file = getattr(sink, "resumed", hashlib.sha256)()
        self._bad: tuple[str, str] | None = None

    def part(self, stretch: Stretch, handle: BinaryIO) -> Any:
        """Read one stretch; yields the place in the stream now and then."""
        handle.seek(stretch.offset + self._place - stretch.start)
        whole, end = hashlib.sha256(), stretch.start + stretch.length
        place = self._place
        while place < end:
            piece = handle.read(min(PIECE, end - place))
            if not piece:
                raise damaged(stretch.name, "it is cut off", "بریده شده است")
            if stretch.sha256:
                whole.update(piece)
            if self._bad is None:
                self._compare(stretch, memoryview(piece))
            place += len(piece)
            yield place
        if stretch.sha256 and whole.hexdigest() != stretch.sha256:
            raise self._another(stretch, whole.hexdigest())
        if self._bad is not None:
            raise damaged(stretch.name, *self._bad)

    def _compare(self, stretch: Stretch, piece: memoryview) -> None:
        """Take a piece; what is wrong with it is said at the end of a part that has a hash."""
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
            if not stretch.sha256:
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


class _Staging:
    """The folder that files are written into, and how far they are."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest
        self._spans = {span.index: span for span in layout.spans_of(manifest) if span.index >= 0}
        self._open: BinaryIO | None = None
        self._opened = -1
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.at = self._noted()
        self._begin()

    def need_room(self, reserve: int) -> None:
        """Make sure that all that is still to be written has room.

        Raises:
            DiskFull: when it has not.

        """
        needed = sum(
            max(0, span.length - max(0, self.at - span.start)) for span in self._spans.values()
        )
        free = shutil.disk_usage(self._folder).free - reserve
        if needed > free:
            raise DiskFull(needed=needed, free=max(0, free))

    def resumed(self) -> Any:
        """The hash of the file in the middle of which `at` lies, up to there."""
        digest = hashlib.sha256()
        for index, span in self._spans.items():
            if span.start < self.at < span.end:
                with self._path(index).open("rb") as handle:
                    while piece := handle.read(PIECE):
                        digest.update(piece)
        return digest

    def take(self, index: int, content: memoryview) -> None:
        """Append to a file."""
        if self._opened != index:
            self.close()
            self._open = self._path(index).open("ab", buffering=0)
            self._opened = index
        handle = self._open
        while content and handle is not None:
            content = content[handle.write(content) :]

    def done(self, index: int) -> None:
        """A file is complete; empty ones come here as well."""
        if self._opened == index:
            self.close()

    def note(self, place: int) -> None:
        """All before `place` is checked: put it on the disk, and remember it."""
        self._sync(place)
        text = json.dumps({"digest": self._manifest.digest, "at": place})
        staged = self._folder / f"{JOURNAL}.new"
        with staged.open("w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        staged.replace(self._folder / JOURNAL)
        self.at = place

    def _sync(self, place: int) -> None:
        """Put what was written since the last note on the disk."""
        self.close()
        for index, span in self._spans.items():
            if span.end > self.at and span.start < place:
                with self._path(index).open("rb") as handle:
                    os.fsync(handle.fileno())

    def close(self) -> None:
        """Let go of the open file."""
        if self._open is not None:
            self._open.close()
        self._open, self._opened = None, -1

    def _noted(self) -> int:
        """Up to where an attempt before this one came, as far as its files are still there."""
        try:
            said = json.loads((self._folder / JOURNAL).read_text("utf-8"))
            at = int(said["at"]) if said["digest"] == self._manifest.digest else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        for index, span in self._spans.items():
            there = min(max(0, at - span.start), span.length)
            try:
                if there and self._path(index).stat().st_size < there:
                    return 0
            except OSError:
                return 0
        return at

    def _begin(self) -> None:
        """Cut the files back to what is known of them; what else lies here goes."""
        expected = {file.name for file in self._manifest.files} | {JOURNAL}
        for entry in self._folder.iterdir():
            if entry.name not in expected or (self.at == 0 and entry.name != JOURNAL):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        for index, file in enumerate(self._manifest.files):
            span = self._spans.get(index)
            there = min(max(0, self.at - span.start), span.length) if span else 0
            with self._path(index).open("ab") as handle:
                handle.truncate(there)
            self._path(index).chmod(0o600)
            if file.bytes == 0 and file.sha256 != hashlib.sha256().hexdigest():
                raise BundleUnsafe(
                    reason=f"{file.name} is empty and has another sha256",
                    reason_fa=f"{file.name} تهی است و sha256 دیگری دارد",
                )

    def _path(self, index: int) -> Path:
        return safe_join(self._folder, self._manifest.files[index].name)


def damaged(part: str, reason: str, reason_fa: str) -> BundleDamaged:
    """The error that names a part."""
    return BundleDamaged(part=part, reason=reason, reason_fa=reason_fa)
