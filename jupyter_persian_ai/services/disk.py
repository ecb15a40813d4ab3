"""Room on the disk, asked before something big begins.

Owns the one comparison against the reserve that is never used up. It is a courtesy, not a
guarantee: what runs out of disk later still fails cleanly where it writes.
"""

from __future__ import annotations

from ..errors import DiskFull
from ..settings import Settings
from .machine import free_bytes


def usable_bytes(settings: Settings) -> int:
    """Free bytes of the data root's disk, less the reserve; never negative."""
    return max(0, free_bytes(settings.data_dir) - settings.disk_reserve_bytes)


def need_room(settings: Settings, needed: int) -> None:
    """Make sure that `needed` bytes can be written.

    Raises:
        DiskFull: when they cannot.

    """
    free = usable_bytes(settings)
    if needed > free:
        raise DiskFull(needed=needed, free=free)
