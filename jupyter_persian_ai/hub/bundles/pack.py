"""Packs files as a bundle: one stream, cut at a chosen size, and read back from its disk.

Every byte is written once and hashed on its way; at the end the whole is read again and compared,
and only then has it the name (uncut) or the first part (cut) that makes it a bundle. Killed at any
moment, packing goes on where its journal, which lies with the job and not on the stick, knows
everything to be on the disk. A file that changes meanwhile is noticed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import (
    BundleDamaged,
    BundleDiskFault,
    BundleFileLimit,
    BundleSourceChanged,
    DiskFull,
)
from ...paths import sync_folder
from ...protocol.base import now
from . import layout, look
from .manifest import EMPTY_SHA256, File, Manifest, Part, moment
from .reading import NOTED_BYTES, walk
from .writing import PARTIAL, PIECE, Parts, made, partial

#: Bytes that were written or read back, all that will be, and the part's name.
Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be packed: `sources` are names and files, `root` the name of the bundle."""

    subject: str
    name: str
    license: str
    root: str
    sources: list[tuple[str, Path]]
    out: Path
    part_bytes: int
    by_version: str
    about: dict[str, str]


def pack(order: Order, journal: Path, tick: Tick) -> dict[str, Any]:
    """Write the bundle into `order.out`; `journal` is a file that lasts from try to try.

    `tick` may raise to end it; what is on the disk by then is gone on with the next time.

    Returns:
        `{"id", "path", "bytes", "parts": [{"name", "bytes", "sha256"}]}`; `path` is the file that
        begins the bundle.

    Raises:
        BundleSourceChanged: a file changed or went away.
        BundleFileLimit: the disk takes no files of this size.
        BundleDiskFault: the disk gave back other bytes than were written, or none.
        DiskFull: there is no more room.

    """
    packing = _Packing(order, journal, tick)
    try:
        packing.write()
        return packing.finish()
    except BundleDamaged as error:
        # Whatever was written there cannot be gone on with.
        journal.unlink(missing_ok=True)
        raise _fault(order, error.details["part"], "the disk gives back other bytes", "") from error
    except OSError as error:
        raise _explained(order, packing.parts.name, error) from error
    finally:
        packing.parts.close()


def leftovers(out: Path, root: str) -> list[Path]:
    """What a packing that is given up left in `out`."""
    return [path for path in out.glob(f"{root}.tar*") if path.name.endswith(PARTIAL)]


class _Packing:
    """One try at one bundle."""

    def __init__(self, order: Order, journal: Path, tick: Tick) -> None:
        self._order = order
        self._journal = journal
        self._tick = tick
        self._seen = [_facts(name, path) for name, path in order.sources]
        names = [name for name, _ in order.sources]
        self._files = list(zip(names, (size for size, _ in self._seen), strict=True))
        self._length = layout.total(self._files)
        self._ends = _content_ends(self._files)
        known = self._known()
        self._seconds: int = known.get("seconds", int(now().timestamp()))
        self._hashes: list[str] = known.get("hashes", [])
        self._sizes: list[int] = []
        uncut = len(layout.lead(self._manifest([]))) + self._length
        if uncut > order.part_bytes:  # else all of it is no larger than a part
            self._sizes = layout.cuts(self._length, order.part_bytes)
        self._names = layout.part_names(order.root, len(self._sizes))
        self._lead = len(layout.lead(self._manifest([])))
        self.parts = Parts(
            order.out, self._names, self._sizes, self._lead, known.get("parts", []), self._note
        )
        self.parts.at = known.get("at", 0)
        if not self.parts.there(self.parts.at, self._length):
            self.parts.at, self._hashes = 0, []
            self.parts.done.clear()

    # --- writing --------------------------------------------------------------------------------

    def write(self) -> None:
        """Write all that follows the lead, from where the journal ends."""
        parts, digest = self.parts, self._resumed_file()
        noted = parts.at
        for span in layout.spans(self._order.root, self._seconds, self._files):
            if span.end <= parts.at:
                continue
            for piece in self._pieces(span, max(0, parts.at - span.start)):
                if span.index >= 0:
                    digest.update(piece)
                parts.write(memoryview(piece))
                self._tick(parts.at, 2 * self._length, parts.name)
                if parts.at - noted >= NOTED_BYTES:
                    noted = parts.at
                    self._note()
            while self._next_is_past():
                self._unchanged(len(self._hashes))
                self._hashes.append(digest.hexdigest())
                digest = hashlib.sha256()
        self._note()
        parts.close()

    def _pieces(self, span: layout.Span, offset: int) -> Iterator[bytes]:
        if span.index < 0:
            yield span.fixed[offset:]
            return
        name, path = self._order.sources[span.index]
        yield from _content(name, path, offset, span.length)

    def _next_is_past(self) -> bool:
        """Whether the content of the first file without a hash has been written."""
        index = len(self._hashes)
        return index < len(self._files) and self._ends[index] <= self.parts.at

    def _resumed_file(self) -> Any:
        """The hash of the file that is being written, up to where it was.

        Files that the journal is past without knowing their hash are read as well.
        """
        while len(self._hashes) < len(self._files):
            index = len(self._hashes)
            name, path = self._order.sources[index]
            size = self._files[index][1]
            digest = hashlib.sha256()
            known = min(size, max(0, self.parts.at - (self._ends[index] - size)))
            for piece in _content(name, path, 0, known):
                digest.update(piece)
            if not self._next_is_past():
                return digest
            self._unchanged(index)
            self._hashes.append(digest.hexdigest())
        return hashlib.sha256()

    def _unchanged(self, index: int) -> None:
        name, path = self._order.sources[index]
        if _facts(name, path) != self._seen[index]:
            raise BundleSourceChanged(file=name)

    # --- finishing ------------------------------------------------------------------------------

    def finish(self) -> dict[str, Any]:
        """Write the lead, read everything back, and give it its name."""
        manifest = self._manifest(self.parts.done).settled()
        lead = layout.lead(manifest)
        first = self._order.out / self._names[0]
        with os.fdopen(made(partial(first)), "r+b") as handle:
            handle.write(lead)
            if self._sizes:
                handle.truncate()
            handle.flush()
            os.fsync(handle.fileno())
        whole = self._read_back(manifest, lead, partial(first))
        partial(first).replace(first)
        with suppress(OSError):  # a stick may not know how
            sync_folder(self._order.out)
        if self._sizes:
            told = [(len(lead), hashlib.sha256(lead).hexdigest())]
            told += [(part.bytes, part.sha256) for part in manifest.parts]
        else:
            told = [(len(lead) + self._length, whole)]
        return {
            "id": manifest.id,
            "path": str(first),
            "bytes": sum(size for size, _ in told),
            "parts": [
                {"name": name, "bytes": size, "sha256": sha256}
                for name, (size, sha256) in zip(self._names, told, strict=True)
            ],
        }

    def _read_back(self, manifest: Manifest, lead: bytes, begun: Path) -> str:
        """Compare what the disk holds; the sha256 of the whole stream."""
        stretches, place = [], 0
        for number, size in enumerate(self._sizes or [self._length]):
            path = self.parts.path(number) if self._sizes else begun
            sha256 = manifest.parts[number].sha256 if self._sizes else ""
            offset = 0 if self._sizes else self._lead
            stretches.append(look.Stretch(path, offset, place, size, sha256))
            place += size
        whole = _Whole(lead, layout.spans_of(manifest), hashing=not self._sizes)
        walk(
            look.Found(manifest, begun, [], stretches),
            whole,
            tick=lambda done, _, name: self._tick(self._length + done, 2 * self._length, name),
            fresh=True,
        )
        return whole.sha256()

    def _manifest(self, parts: list[dict[str, Any]]) -> Manifest:
        """What is known so far; hashes that are not yet known are zeros, of the same length."""
        order, unknown = self._order, len(self._files) - len(self._hashes)
        hashes = [*self._hashes, *[EMPTY_SHA256] * unknown]
        cut = [*parts, *({"bytes": size, "sha256": EMPTY_SHA256} for size in self._sizes)]
        return Manifest(
            subject="dataset" if order.subject == "dataset" else "model",
            name=order.name,
            root=order.root,
            license=order.license,
            made=moment(self._seconds),
            by_version=order.by_version,
            about=order.about,
            files=[
                File(name=name, bytes=size, sha256=sha256)
                for (name, size), sha256 in zip(self._files, hashes, strict=True)
            ],
            part_bytes=order.part_bytes if self._sizes else 0,
            parts=[Part(**part) for part in cut[: len(self._sizes)]],
        )

    # --- the journal ----------------------------------------------------------------------------

    def _note(self) -> None:
        """Put all that was written on the disk, and remember how far it is."""
        self.parts.sync()
        said = self._key() | {
            "seconds": self._seconds,
            "at": self.parts.at,
            "hashes": self._hashes,
            "parts": self.parts.done,
        }
        staged = self._journal.with_suffix(".new")
        with staged.open("w", encoding="utf-8") as handle:
            json.dump(said, handle)
            handle.flush()
            os.fsync(handle.fileno())
        staged.replace(self._journal)

    def _known(self) -> dict[str, Any]:
        """What the journal says, when it is of this very order."""
        try:
            said: dict[str, Any] = json.loads(self._journal.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        key = self._key()
        return said if {name: said.get(name) for name in key} == key else {}

    def _key(self) -> dict[str, Any]:
        """What must be the same for a try to go on where another was."""
        order = self._order
        named = zip(order.sources, self._seen, strict=True)
        return {
            "out": str(order.out),
            "root": order.root,
            "name": order.name,
            "license": order.license,
            "part_bytes": order.part_bytes,
            "sources": [[name, *facts] for (name, _), facts in named],
        }


class _Whole:
    """A sink that writes nothing, and knows the sha256 of the whole stream when `hashing`."""

    def __init__(self, lead: bytes, spans: list[layout.Span], *, hashing: bool) -> None:
        self._hashing = hashing
        self._digest = hashlib.sha256(lead)
        self._spans = iter(spans)
        self._index = -1

    def resumed(self) -> Any:
        """It always begins at the beginning."""
        return hashlib.sha256()

    def take(self, index: int, content: memoryview) -> None:
        """The next bytes of a file; what lies before it is known."""
        if not self._hashing:
            return
        if index != self._index:
            self._index = index
            for span in self._spans:
                if span.index == index:
                    break
                self._digest.update(span.fixed)
        self._digest.update(content)

    def done(self, index: int) -> None:
        """Nothing is to be closed."""

    def doubt(self, place: int) -> None:
        """Nothing is kept from try to try."""

    def sha256(self) -> str:
        """Of all, once the last file was taken."""
        for span in self._spans:
            self._digest.update(span.fixed)
        return self._digest.hexdigest()


def _content_ends(files: list[tuple[str, int]]) -> list[int]:
    """Where in the stream the content of each file ends."""
    ends, place = [], 0
    for _, size in files:
        ends.append(place + layout.BLOCK + size)
        place = ends[-1] + -size % layout.BLOCK
    return ends


def _facts(name: str, path: Path) -> list[int]:
    """Size and time of a source: a change of its content changes them."""
    try:
        told = path.stat()
    except OSError:
        raise BundleSourceChanged(file=name) from None
    return [told.st_size, told.st_mtime_ns]


def _content(name: str, path: Path, begin: int, end: int) -> Iterator[bytes]:
    """The bytes of a source from `begin` to `end`, in pieces."""
    try:
        with path.open("rb") as source:
            source.seek(begin)
            while begin < end:
                piece = source.read(min(PIECE, end - begin))
                if not piece:
                    raise BundleSourceChanged(file=name)
                begin += len(piece)
                yield piece
    except FileNotFoundError:
        raise BundleSourceChanged(file=name) from None


def _explained(order: Order, part: str, error: OSError) -> Exception:
    """An error of the disk in words."""
    if error.errno == errno.EFBIG:
        return BundleFileLimit(path=str(order.out), part=part)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(needed="?", free=shutil.disk_usage(order.out).free)
    return _fault(order, part, error.strerror or "it fails", error.strerror or "")


def _fault(order: Order, part: str, reason: str, told: str) -> BundleDiskFault:
    fa = f"دیسک خطا می‌دهد ({told})" if told else "دیسک بایت‌های دیگری پس می‌دهد"
    return BundleDiskFault(path=str(order.out), part=part, reason=reason, reason_fa=fa)
