"""Writes a bundle: the files of a folder as one stream, cut at a chosen size, and read back.

Every byte is written once and hashed on its way; at the end the whole is read from its disk again
and compared, and only then has it the name (uncut) or the first part (cut) that makes it a bundle.
Killed at any moment, packing goes on where its journal, which lies with the job and not on the
stick, knows everything to be on the disk. A file that changes meanwhile is noticed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from ...errors import BundleFileLimit, BundleSourceChanged
from ...protocol.base import now
from . import layout, look, unpack
from .manifest import EMPTY_SHA256, File, Manifest, Part, moment

#: The ending of what is not finished.
PARTIAL = ".partial"
PIECE = 4 * 2**20
NOTED_BYTES = 256 * 2**20

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
        BundleDamaged: the disk gave back other bytes than were written.
        OSError: it cannot be written.

    """
    packing = _Packing(order, journal, tick)
    try:
        packing.write()
        return packing.finish()
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise BundleFileLimit(path=str(order.out), part=packing.part_name) from None
        raise
    finally:
        packing.close()


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
        self._files = [
            (name, facts[0]) for (name, _), facts in zip(order.sources, self._seen, strict=True)
        ]
        self._length = layout.total(self._files)
        self._part_bytes = order.part_bytes
        known = self._read_journal()
        self._seconds: int = known.get("seconds", int(now().timestamp()))
        self._at: int = known.get("at", 0)
        self._hashes: list[str] = known.get("hashes", [])
        self._parts: list[dict[str, Any]] = known.get("parts", [])
        self._cuts = layout.cuts(self._length, self._part_bytes)
        self._names = layout.part_names(order.root, len(self._cuts))
        self._lead = len(layout.lead(self._manifest()))
        if self._length + self._lead <= self._part_bytes:  # all of it is no larger than a part
            self._part_bytes, self._cuts = 0, []
            self._names = layout.part_names(order.root, 0)
            self._lead = len(layout.lead(self._manifest()))
        self._spans = layout.spans(order.root, self._seconds, self._files)
        self._ends = self._content_ends()
        self._handle: FileIO | None = None
        self._hash = hashlib.sha256()
        self.part_name = self._names[0]
        if not self._there():
            self._at, self._hashes, self._parts = 0, [], []

    # --- writing --------------------------------------------------------------------------------

    def write(self) -> None:
        """Write all that follows the lead, from where the journal ends."""
        digest = self._resumed_file()
        noted = self._at
        for span in self._spans:
            if span.end <= self._at:
                continue
            for piece in self._pieces(span, self._at - span.start if self._at > span.start else 0):
                if span.index >= 0:
                    digest.update(piece)
                self._put(memoryview(piece))
                self._tick(self._at, 2 * self._length, self.part_name)
                if self._at - noted >= NOTED_BYTES:
                    noted = self._at
                    self._note()
            while len(self._hashes) < len(self._files) and self._is_past(len(self._hashes)):
                self._unchanged(len(self._hashes))
                self._hashes.append(digest.hexdigest())
                digest = hashlib.sha256()
        self._note()
        self.close()

    def _pieces(self, span: layout.Span, offset: int) -> Iterator[bytes]:
        if span.index < 0:
            yield span.fixed[offset:]
            return
        name, path = self._order.sources[span.index]
        left = span.length - offset
        try:
            with path.open("rb") as source:
                source.seek(offset)
                while left:
                    piece = source.read(min(PIECE, left))
                    if not piece:
                        raise BundleSourceChanged(file=name)
                    left -= len(piece)
                    yield piece
        except FileNotFoundError:
            raise BundleSourceChanged(file=name) from None

    def _put(self, piece: memoryview) -> None:
        """Append to the present part, and begin the next where it is full."""
        while piece:
            if self._handle is None:
                self._open()
            taken = piece[: self._room()]
            rest = taken
            while rest and self._handle is not None:
                rest = rest[self._handle.write(rest) :]
            self._hash.update(taken)
            self._at += len(taken)
            piece = piece[len(taken) :]
            if self._cuts and self._room_is_used():
                self._close_part()

    def _part(self) -> int:
        """The number of the part that byte `at` lies in, from 0."""
        return self._at // self._part_bytes if self._cuts else 0

    def _room(self) -> int:
        if not self._cuts:
            return self._length - self._at
        number = self._part()
        return number * self._part_bytes + self._cuts[number] - self._at

    def _room_is_used(self) -> bool:
        return self._at % self._part_bytes == 0 or self._at == self._length

    def _path(self, number: int) -> Path:
        """Where part `number` of what follows the lead is written, from 0."""
        return self._order.out / self._names[number + 1 if self._cuts else 0]

    def _open(self) -> None:
        """Open the part that `at` lies in, cut back to what is known of it."""
        number = self._part()
        self.part_name = self._path(number).name
        path = _partial(self._path(number))
        before = 0 if self._cuts else self._lead
        inside = self._at - (number * self._part_bytes if self._cuts else 0)
        handle = self._handle = FileIO(_made(path), "r+")
        self._hash = hashlib.sha256()
        handle.truncate(before + inside)
        handle.seek(before)
        if self._cuts:
            while inside:
                piece = handle.read(min(PIECE, inside))
                self._hash.update(piece)
                inside -= len(piece)
        handle.seek(0, os.SEEK_END)

    def _close_part(self) -> None:
        """The present part is full: put it on the disk under its name."""
        handle = self._handle
        if handle is None:
            return
        os.fsync(handle.fileno())
        self.close()
        number = len(self._parts)
        path = self._path(number)
        _partial(path).replace(path)
        _sync_folder(self._order.out)
        self._parts.append({"bytes": self._cuts[number], "sha256": self._hash.hexdigest()})
        self._note()

    def close(self) -> None:
        """Let go of the open part."""
        if self._handle is not None:
            self._handle.close()
        self._handle = None

    # --- finishing ------------------------------------------------------------------------------

    def finish(self) -> dict[str, Any]:
        """Write the lead, read everything back, and give it its name."""
        manifest = self._manifest().settled()
        lead = layout.lead(manifest)
        first = self._order.out / self._names[0]
        staged = _partial(first)
        with os.fdopen(_made(staged), "r+b") as handle:
            handle.write(lead)
            if self._cuts:
                handle.truncate()
            handle.flush()
            os.fsync(handle.fileno())
        whole = self._read_back(manifest, staged)
        staged.replace(first)
        _sync_folder(self._order.out)
        parts: list[dict[str, Any]]
        parts = [{"name": first.name, "bytes": len(lead), "sha256": _sha256(lead)}]
        if self._cuts:
            for name, part in zip(self._names[1:], manifest.parts, strict=True):
                parts.append({"name": name, "bytes": part.bytes, "sha256": part.sha256})
        else:
            parts = [{"name": first.name, "bytes": len(lead) + self._length, "sha256": whole}]
        return {
            "id": manifest.id,
            "path": str(first),
            "bytes": sum(part["bytes"] for part in parts),
            "parts": parts,
        }

    def _read_back(self, manifest: Manifest, staged: Path) -> str:
        """Compare what the disk holds; of an uncut bundle, its sha256."""
        stretches, place = [], 0
        for number, size in enumerate(self._cuts or [self._length]):
            path = self._path(number) if self._cuts else staged
            sha256 = manifest.parts[number].sha256 if self._cuts else ""
            offset = 0 if self._cuts else self._lead
            stretches.append(look.Stretch(path, offset, place, size, sha256))
            place += size
        bundle = look.Found(manifest, staged, [], stretches)
        hashing = _Hashing(layout.lead(manifest), layout.spans_of(manifest))
        unpack.walk(
            bundle,
            hashing,
            tick=lambda done, _, name: self._tick(self._length + done, 2 * self._length, name),
            fresh=True,
        )
        return hashing.sha256()

    def _manifest(self) -> Manifest:
        """What is known so far; hashes that are not yet known are zeros, of the same length."""
        known = [*self._hashes, *[EMPTY_SHA256] * (len(self._files) - len(self._hashes))]
        cut = [*self._parts, *({"bytes": size, "sha256": EMPTY_SHA256} for size in self._cuts)]
        order = self._order
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
                for (name, size), sha256 in zip(self._files, known, strict=True)
            ],
            part_bytes=self._part_bytes if self._cuts else 0,
            parts=[Part(**part) for part in cut[: len(self._cuts)]],
        )

    # --- what an earlier try left ---------------------------------------------------------------

    def _content_ends(self) -> list[int]:
        """Where in the stream the content of each file ends."""
        ends, place = [], 0
        for _, size in self._files:
            ends.append(place + layout.BLOCK + size)
            place = ends[-1] + -size % layout.BLOCK
        return ends

    def _is_past(self, index: int) -> bool:
        return self._ends[index] <= self._at

    def _resumed_file(self) -> Any:
        """The hash of the file that is being written, up to where it was.

        Files that the journal is past without knowing their hash are read as well.
        """
        while len(self._hashes) < len(self._files):
            index = len(self._hashes)
            name, path = self._order.sources[index]
            size = self._files[index][1]
            wanted = min(size, max(0, self._at - (self._ends[index] - size)))
            digest = _prefix(name, path, wanted)
            if not self._is_past(index):
                return digest
            self._unchanged(index)
            self._hashes.append(digest.hexdigest())
        return hashlib.sha256()

    def _unchanged(self, index: int) -> None:
        name, path = self._order.sources[index]
        if _facts(name, path) != self._seen[index]:
            raise BundleSourceChanged(file=name)

    def _note(self) -> None:
        """All that was written is on the disk: remember how far it is."""
        if self._handle is not None:
            os.fsync(self._handle.fileno())
        said = self._key() | {
            "seconds": self._seconds,
            "at": self._at,
            "hashes": self._hashes,
            "parts": self._parts,
        }
        staged = self._journal.with_suffix(".new")
        with staged.open("w", encoding="utf-8") as handle:
            json.dump(said, handle)
            handle.flush()
            os.fsync(handle.fileno())
        staged.replace(self._journal)

    def _key(self) -> dict[str, Any]:
        """What must be the same for a try to go on where another was."""
        order = self._order
        return {
            "out": str(order.out),
            "root": order.root,
            "part_bytes": order.part_bytes,
            "sources": [
                [name, *facts] for (name, _), facts in zip(order.sources, self._seen, strict=True)
            ],
        }

    def _read_journal(self) -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads(self._journal.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        key = self._key()
        return said if {name: said.get(name) for name in key} == key else {}

    def _there(self) -> bool:
        """Whether all that the journal knows of is still where it was written."""
        if not self._at:
            return False
        if not self._cuts:
            final, partial = self._path(0), _partial(self._path(0))
            if self._at == self._length and final.is_file() and not partial.exists():
                final.replace(partial)  # ended before it could say so: it is read back again
            return _size(partial) >= self._lead + self._at
        for number, part in enumerate(self._parts):
            if _size(self._path(number)) != part["bytes"]:
                return False
        inside = self._at - len(self._parts) * self._part_bytes
        return inside <= 0 or _size(_partial(self._path(len(self._parts)))) >= inside


class _Hashing:
    """A sink that writes nothing, and knows the sha256 of the whole stream."""

    def __init__(self, lead: bytes, spans: list[layout.Span]) -> None:
        self._digest = hashlib.sha256(lead)
        self._spans = iter(spans)
        self._index = -1

    def take(self, index: int, content: memoryview) -> None:
        """The next bytes of a file; what lies before it is known."""
        if index != self._index:
            self._index = index
            for span in self._spans:
                if span.index == index:
                    break
                self._digest.update(span.fixed)
        self._digest.update(content)

    def done(self, index: int) -> None:
        """Nothing is to be closed."""

    def sha256(self) -> str:
        """Of all, once the last file was taken."""
        for span in self._spans:
            self._digest.update(span.fixed)
        return self._digest.hexdigest()


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}{PARTIAL}")


def _made(path: Path) -> int:
    """A descriptor of a file of ours, which is made where it is not there."""
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_BINARY"):
        flags |= getattr(os, name, 0)
    return os.open(path, flags, 0o600)


def _facts(name: str, path: Path) -> list[int]:
    """Size and time of a source: a change of its content changes them."""
    try:
        told = path.stat()
    except OSError:
        raise BundleSourceChanged(file=name) from None
    return [told.st_size, told.st_mtime_ns]


def _prefix(name: str, path: Path, size: int) -> Any:
    """The hash of the first bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while size:
            piece = handle.read(min(PIECE, size))
            if not piece:
                raise BundleSourceChanged(file=name)
            digest.update(piece)
            size -= len(piece)
    return digest


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no handle of a folder to sync
    # Not every file system of a stick knows how.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
