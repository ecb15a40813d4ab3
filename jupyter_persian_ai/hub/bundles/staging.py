"""The folder that the files of a bundle are written into while they are checked.

Owns the journal beside them, `.unpacked`: up to where the stream was taken and is on the disk. What
lies there is no model yet; whoever puts it in place removes the journal. Every name is joined by
`safe_join`, and no file is opened through a link.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import BundleUnsafe, DiskFull
from ...paths import safe_join
from . import layout
from .manifest import Manifest
from .reading import PIECE

JOURNAL = ".unpacked"


class Staging:
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
        """All before `place` was taken: put it on the disk, and remember it."""
        self._sync(place)
        self._write(place)

    def _write(self, place: int) -> None:
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

    def doubt(self, place: int) -> None:
        """What was written from `place` on is not to be gone on with."""
        self.close()
        self._write(min(place, self.at))

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
