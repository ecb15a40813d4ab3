"""Folders that appear on disk whole or not at all.

Stage under a hidden name, fsync every file, write a manifest of sizes and sha256, fsync the
folder, rename, fsync the parent. SIGKILL or a power cut at any moment leaves the old state or the
new one. Must not know what the files mean.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from ..errors import DiskFull

MANIFEST = "manifest.json"
_STAGING = ".staging-"
_TRASH = ".trash-"
_REFUSED = ".refused-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_BLOCK = 1 << 20


@contextmanager
def disk_errors(folder: Path, needed: int = 0) -> Iterator[None]:
    """Turn “no space left” of Python or of safetensors into `DiskFull`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(needed=needed, free=free_bytes(folder)) from error
        raise
    except SafetensorError as error:
        if any(f"(os error {number})" in str(error) for number in _FULL):
            raise DiskFull(needed=needed, free=free_bytes(folder)) from error
        raise


def free_bytes(folder: Path) -> int:
    """Free bytes of the disk that holds `folder` or will."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


@contextmanager
def staged(final: Path, *, needed: int = 0) -> Iterator[Path]:
    """A folder to fill; it becomes `final`, complete and on disk, when the block ends well.

    Args:
        final: must not exist, or is replaced.
        needed: about how many bytes will be written; refused at once if they are not free.

    Raises:
        DiskFull: before or while writing; nothing of it stays, and `final` is as it was.

    """
    parent = final.parent
    with disk_errors(parent, needed):
        parent.mkdir(parents=True, exist_ok=True)
        if needed > free_bytes(parent):
            raise DiskFull(needed=needed, free=free_bytes(parent))
        staging = parent / f"{_STAGING}{final.name}-{secrets.token_hex(4)}"
        try:
            staging.mkdir(mode=0o700)
            yield staging
            _seal(staging)
            if final.exists():
                discard(final)
            staging.rename(final)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        fsync_path(parent)


def _seal(folder: Path) -> None:
    """Put every file on disk, then the manifest, then the folders themselves."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            fsync_path(path)
            files[path.relative_to(folder).as_posix()] = {
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
            }
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"version": 1, "files": files}, indent=1), encoding="utf-8")
    fsync_path(manifest)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        fsync_path(path)
    fsync_path(folder)


def verify(folder: Path) -> str:
    """Why `folder` is not what was sealed; empty when every byte is as it was."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["version"] != 1:
            return f"{MANIFEST} is of an unknown version"
        listed = manifest["files"]
        for name, facts in listed.items():
            path = folder / name
            if path.is_symlink() or path.stat().st_size != facts["bytes"]:
                return f"{name} has another size"
            if sha256(path) != facts["sha256"]:
                return f"{name} has another sha256"
        found = {
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    extra = found - set(listed) - {MANIFEST}
    return f"unexpected file {min(extra)}" if extra else ""


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def discard(folder: Path) -> None:
    """Remove `folder`; first out of sight in one step, so that no half of it is ever found."""
    trash = folder.with_name(f"{_TRASH}{folder.name}-{secrets.token_hex(4)}")
    folder.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)


def set_aside(folder: Path) -> None:
    """Rename a damaged `folder` so that it is not found again, and can still be looked at."""
    folder.rename(folder.with_name(f"{_REFUSED}{folder.name}-{secrets.token_hex(4)}"))


def sweep(parent: Path) -> None:
    """Remove what a killed process left half-made or half-removed in `parent`."""
    for pattern in (_STAGING, _TRASH):
        for path in parent.glob(f"{pattern}*"):
            shutil.rmtree(path, ignore_errors=True)


def fsync_path(path: Path) -> None:
    """Put a file or a folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
