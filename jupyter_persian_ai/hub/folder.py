"""The files of an untrusted folder: which there are, where they really lie, how they are opened.

Owns the rule for symbolic links: none may lead out of the folder, except into the `blobs` folder
of the Hub cache that the folder is a snapshot of.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import ModelNotAFolder, ModelUnsafe, PathOutside
from ..paths import safe_join

MAX_ENTRIES = 10_000
MAX_JSON_BYTES = 32 * 2**20
MAX_DEPTH = 64


def files_of(folder: Path) -> dict[str, Path]:
    """File names directly in `folder` to the places where the files really lie.

    Raises:
        ModelNotAFolder: it is none, cannot be read, or holds too many entries.
        ModelUnsafe: a symbolic link leads out of it.

    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except (OSError, ValueError) as error:
        raise not_a_folder(
            folder, "there is no readable folder", "پوشهٔ خواندنی‌ای آنجا نیست"
        ) from error
    if len(names) > MAX_ENTRIES:
        raise not_a_folder(folder, f"it has {len(names)} entries", f"{len(names)} فایل دارد")
    root = _root(folder)
    inside = folder.resolve().relative_to(root)
    found = {}
    for name in names:
        try:
            place = safe_join(root, str(inside / name))
        except PathOutside:
            raise _leads_out(folder, name) from None
        if not (_within(place, folder) or _within(place, root / "blobs")):
            raise _leads_out(folder, name)
        if place.is_file():
            found[name] = place
        elif not place.is_dir():
            raise not_a_folder(folder, f"{name} is no file", f"{name} فایل نیست")
    return found


def _root(folder: Path) -> Path:
    """The repository of a Hub cache when `folder` is one of its snapshots, else the folder."""
    real = folder.resolve()
    repository = real.parent.parent
    if real.parent.name == "snapshots" and (repository / "blobs").is_dir():
        return repository
    return real


def _within(place: Path, folder: Path) -> bool:
    return folder.resolve() in place.parents


def _leads_out(folder: Path, name: str) -> ModelUnsafe:
    return ModelUnsafe(
        path=str(folder),
        file=name,
        reason=f"{name[:80]} leads out of the folder",
        reason_fa=f"{name[:80]} به بیرون از پوشه می‌رسد",
    )


def not_a_folder(folder: Path, reason: str, reason_fa: str) -> ModelNotAFolder:
    """The error that says why `folder` is no model folder."""
    shown = str(folder).replace("\x00", "␀")
    return ModelNotAFolder(path=shown, reason=reason, reason_fa=reason_fa)


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """A regular file, opened without waiting for a pipe's writer.

    Raises:
        ModelNotAFolder: it cannot be read or is no regular file.

    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _unreadable(path) from error
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(path)
        yield handle


def read_json(path: Path, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """A JSON object, at most `limit` bytes and `MAX_DEPTH` deep.

    Raises:
        ModelNotAFolder: it is not one; the reason names the file.

    """
    raw = read_some(path, limit + 1)
    if len(raw) > limit:
        raise _no_json(path, f"is larger than {limit} bytes", f"از {limit} بایت بزرگ‌تر است")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise _no_json(path, "is not JSON", "JSON درستی نیست") from None
    if not isinstance(value, dict):
        raise _no_json(path, "is not a JSON object", "شیء JSON نیست")
    if _deeper(value, MAX_DEPTH):
        raise _no_json(path, "is nested too deeply", "بیش از اندازه تودرتو است")
    return value


def read_some(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file."""
    with open_regular(path) as handle:
        return handle.read(limit)


def _deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _no_json(path: Path, reason: str, reason_fa: str) -> ModelNotAFolder:
    return not_a_folder(path.parent, f"{path.name} {reason}", f"{path.name} {reason_fa}")


def _unreadable(path: Path) -> ModelNotAFolder:
    return not_a_folder(path.parent, f"{path.name} cannot be read", f"{path.name} خواندنی نیست")
