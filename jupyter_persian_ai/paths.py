"""The only place where a path from a user or a file is joined to one of ours.

Compares resolved paths, never strings: string checks are how a root `/test` lets `/testtest` in
(jupyter_server CVE-2026-35397) and how `..` came back encoded (MLflow CVE-2024-1483). Beside it:
what any folder of ours needs, to be private and to be on the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

from .errors import PathOutside


def safe_join(root: Path, user_path: str) -> Path:
    r"""`user_path` inside `root`, resolved through symbolic links.

    Raises:
        PathOutside: when it is absolute, holds NUL, `\\` or a drive, or ends outside `root`.

    """
    if not user_path or "\x00" in user_path or "\\" in user_path or ":" in user_path:
        raise PathOutside(path=user_path)
    if Path(user_path).is_absolute():
        raise PathOutside(path=user_path)
    base = root.resolve()
    try:
        target = (base / user_path).resolve()
    except (OSError, RuntimeError) as error:
        raise PathOutside(path=user_path) from error
    if target != base and base not in target.parents:
        raise PathOutside(path=user_path)
    return target


def private_folder(path: Path) -> Path:
    """Make `path` and its parents; the folder itself is for its owner alone (0700)."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, so that a rename outlives a power cut.

    Raises:
        OSError: its file system does not know how, as some of sticks and of networks.

    """
    if os.name != "posix":
        return  # Windows has no handle of a folder to sync
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
