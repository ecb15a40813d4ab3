"""What lies at a path: which bundle, and which of its parts are there.

Call `look` through `jobs.confined`: all that is read here is someone else's. Reads the beginning
of a bundle and the sizes of its parts, never the parts themselves.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import BundleDamaged, BundleMissing, BundlePartMissing, BundleUnsafe
from ...protocol.bundles import Bundle, BundlePart
from . import layout
from .manifest import MANIFEST, MAX_BYTES, Manifest, parse

_MAX_ENTRIES = 50_000
_PART = re.compile(r"(?P<base>.+)\.tar(?:\.(?P<number>\d{3,4}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where `length` bytes of the stream after the lead lie: in `path`, from `offset` on.

    `sha256` is theirs; empty where only the files' own hashes tell.
    """

    path: Path
    offset: int
    start: int
    length: int
    sha256: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Found:
    """A bundle whose beginning has been read and checked."""

    manifest: Manifest
    first: Path
    parts: list[BundlePart]
    stretches: list[Stretch]

    @property
    def missing(self) -> list[str]:
        """The names of the parts that are not there, or not whole."""
        return [part.name for part in self.parts if not part.present]

    def bundle(self) -> Bundle:
        """As the wire shows it."""
        manifest = self.manifest
        return Bundle(
            id=manifest.id,
            subject=manifest.subject,
            name=manifest.name,
            license=manifest.license,
            files=manifest.bundled,
            files_bytes=sum(file.bytes for file in manifest.files),
            parts=self.parts,
            bytes=sum(part.bytes for part in self.parts),
            made=manifest.made,
            by_version=manifest.by_version,
            path=str(self.first),
            complete=not self.missing,
        )


def look(payload: dict[str, Any]) -> dict[str, Any]:
    """The `Bundle` at `payload["path"]`, a folder or one of the parts, as JSON.

    Raises:
        BundleMissing: there is none, or more than one.
        BundlePartMissing: the part that says what it is is not there.
        BundleDamaged, BundleNewer, BundleUnsafe: what it says is not to be believed.

    """
    return found(Path(str(payload["path"]))).bundle().model_dump(mode="json")


def found(path: Path) -> Found:
    """The bundle at a path; see `look`."""
    first = _first(path)
    manifest, lead_bytes, size = _beginning(first)
    sizes = layout.cuts(_length(manifest), manifest.part_bytes)
    if sizes != [part.bytes for part in manifest.parts]:
        raise BundleUnsafe(
            reason="its parts and its files have different sizes",
            reason_fa="اندازهٔ پاره‌ها و فایل‌هایش یکی نیست",
        )
    if _numbered(first):
        return _cut(first, manifest, lead_bytes, size)
    return _whole(first, manifest, lead_bytes, size)


def _whole(first: Path, manifest: Manifest, lead_bytes: int, size: int) -> Found:
    """One file; where it was cut once and joined again, each of its parts can still be told."""
    length = _length(manifest)
    whole = lead_bytes + length
    part = BundlePart(name=first.name, bytes=whole, sha256="", present=size == whole)
    cuts = [(one.bytes, one.sha256) for one in manifest.parts] or [(length, "")]
    stretches, place = [], 0
    for part_bytes, sha256 in cuts:
        stretches.append(Stretch(first, lead_bytes + place, place, part_bytes, sha256))
        place += part_bytes
    return Found(manifest, first, [part], stretches)


def _cut(first: Path, manifest: Manifest, lead_bytes: int, size: int) -> Found:
    if not manifest.parts:
        raise BundleDamaged(
            part=first.name,
            reason="it was not cut, and has the name of a part",
            reason_fa="پاره نشده است ولی نام پاره دارد",
        )
    if size != lead_bytes:
        raise BundleDamaged(
            part=first.name,
            reason=f"it has {size} bytes instead of {lead_bytes}",
            reason_fa=f"به جای {lead_bytes} بایت {size} بایت دارد",
        )
    with open_part(first) as handle:
        sha256 = hashlib.sha256(handle.read(lead_bytes)).hexdigest()
    parts = [BundlePart(name=first.name, bytes=lead_bytes, sha256=sha256)]
    stretches, place = [], 0
    base, width = _base(first), len(first.name.rpartition(".")[2])
    for number, one in enumerate(manifest.parts, 1):
        path = first.with_name(f"{base}.tar.{number:0{width}}")
        there = _size(path) == one.bytes
        parts.append(BundlePart(name=path.name, bytes=one.bytes, sha256=one.sha256, present=there))
        stretches.append(Stretch(path, 0, place, one.bytes, one.sha256))
        place += one.bytes
    return Found(manifest, first, parts, stretches)


def _length(manifest: Manifest) -> int:
    return layout.total([(file.name, file.bytes) for file in manifest.files])


def _beginning(first: Path) -> tuple[Manifest, int, int]:
    """The manifest at the beginning of a file, the size of the lead, and of the whole file."""
    with open_part(first) as handle:
        size = os.fstat(handle.fileno()).st_size
        block = handle.read(layout.BLOCK)
        told = layout.fields(block)
        if told is None or told["name"] != MANIFEST:
            raise BundleMissing(
                path=str(first),
                reason="this file is no bundle, or its beginning is damaged",
                reason_fa="این فایل بسته نیست، یا آغازش آسیب دیده است",
            )
        if told["size"] > MAX_BYTES:
            raise BundleUnsafe(
                reason=f"its list of contents has {told['size']} bytes",
                reason_fa=f"فهرست محتوایش {told['size']} بایت است",
            )
        manifest = parse(handle.read(told["size"]), first.name)
        expected = layout.lead(manifest)
        handle.seek(0)
        if handle.read(len(expected)) != expected:
            raise BundleDamaged(
                part=first.name,
                reason="its beginning and its list of contents differ",
                reason_fa="آغاز آن با فهرست محتوایش یکی نیست",
            )
    return manifest, len(expected), size


def _first(path: Path) -> Path:
    """The file that begins the bundle at `path`."""
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if is_folder:
        return _only(path)
    match = _PART.fullmatch(path.name)
    if match is None:
        raise _missing(path, "there is no such file or folder", "چنین فایل یا پوشه‌ای نیست")
    number = match["number"]
    first = path.with_name(f"{match['base']}.tar.{'0' * len(number)}") if number else path
    if _size(first) is None:
        if number and first != path and _size(path) is not None:
            raise BundlePartMissing(parts=first.name, path=str(path.parent))
        raise _missing(path, "there is no such file", "چنین فایلی نیست")
    return first


def _only(folder: Path) -> Path:
    """The first file of the only bundle in a folder."""
    firsts: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= _MAX_ENTRIES:
                    raise _missing(
                        folder,
                        f"the folder has more than {_MAX_ENTRIES} entries; name one of the parts",
                        f"پوشه بیش از {_MAX_ENTRIES} فایل دارد؛ یکی از پاره‌ها را بنویسید",
                    )
                match = _PART.fullmatch(entry.name)
                if match is not None:
                    number = match["number"]
                    end = f".{'0' * len(number)}" if number else ""
                    firsts.add(f"{match['base']}.tar{end}")
    except OSError:
        raise _missing(folder, "it cannot be read", "خواندنی نیست") from None
    if len(firsts) > 1:
        shown = ", ".join(sorted(firsts)[:5])
        raise _missing(
            folder,
            f"there are several, name one of them ({shown})",
            f"چند بسته هست؛ یکی را بنویسید ({shown})",
        )
    if not firsts:
        raise _missing(folder, "no file there is a part of one", "هیچ فایلی آنجا پارهٔ بسته نیست")
    first = folder / firsts.pop()
    if _size(first) is None:
        raise BundlePartMissing(parts=first.name, path=str(folder))
    return first


def _numbered(path: Path) -> bool:
    match = _PART.fullmatch(path.name)
    return match is not None and match["number"] is not None


def _base(path: Path) -> str:
    match = _PART.fullmatch(path.name)
    return match["base"] if match else path.name


def _size(path: Path) -> int | None:
    """The size of a plain file; None for all else, links too."""
    try:
        facts = path.lstat()
    except (OSError, ValueError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


@contextmanager
def open_part(path: Path) -> Iterator[BinaryIO]:
    """A part, opened without following a link or waiting for a pipe's writer.

    Raises:
        BundlePartMissing: it is not there.
        BundleUnsafe: it is no plain file.

    """
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise BundlePartMissing(parts=path.name, path=str(path.parent)) from None
    except OSError:
        raise _no_file(path) from None
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _no_file(path)
        yield handle


def _no_file(path: Path) -> BundleUnsafe:
    return BundleUnsafe(
        reason=f"{path.name[:80]} is no plain file that can be read",
        reason_fa=f"{path.name[:80]} فایلی ساده و خواندنی نیست",
    )


def _missing(path: Path, reason: str, reason_fa: str) -> BundleMissing:
    shown = str(path)[:400].replace("\x00", "␀")
    return BundleMissing(path=shown, reason=reason, reason_fa=reason_fa)
