"""How large a file a disk takes, as far as the operating system tells.

Sticks mostly come with FAT32; without asking, one would hear of its limit after four gigabytes.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

#: What operating systems call FAT32 and its elders.
_FAT = frozenset({"vfat", "msdos", "fat", "fat16", "fat32", "msdosfs"})
FAT_BYTES = 2**32 - 1


def largest_file(folder: Path) -> int | None:
    """The size of the largest file that can be written there; None where no limit is known."""
    place = folder.resolve()
    try:
        mounts = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return None
    holding = [one for one in mounts if _holds(Path(one.mountpoint), place)]
    nearest = max(holding, key=lambda one: len(Path(one.mountpoint).parts), default=None)
    if nearest is None or nearest.fstype.lower() not in _FAT:
        return None
    return FAT_BYTES


def _holds(mount: Path, place: Path) -> bool:
    return os.path.normcase(mount) == os.path.normcase(place) or mount in place.parents
