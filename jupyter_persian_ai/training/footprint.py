"""How much memory this process has taken, and how much there is. Imports no torch.

Owns the readings of the operating system; an accelerator's own memory is read where torch is.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_CGROUP_MAX = Path("/sys/fs/cgroup/memory.max")
_CGROUP_NOW = Path("/sys/fs/cgroup/memory.current")
_CGROUP_STAT = Path("/sys/fs/cgroup/memory.stat")


def resident_bytes() -> int:
    """What this process holds in memory now."""
    return int(psutil.Process().memory_info().rss)


def peak_resident_bytes() -> int:
    """The most that this process ever held, or has held since `forget_peak`.

    Not `ru_maxrss` where it can be helped: on Linux a child inherits that of its parent.
    """
    peak = _field("VmHWM")
    if peak:
        return peak
    info = psutil.Process().memory_info()
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return int(getattr(info, "peak_wset", info.rss))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def forget_peak() -> None:
    """Begin a new peak from what is held now, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")


def data_bytes() -> int:
    """Private writable memory of this process, touched or not; 0 where it is not told."""
    return _field("VmData")


def available_bytes() -> int:
    """What a new process may take without swapping, by the machine and by the container."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = int(_CGROUP_MAX.read_text(encoding="ascii"))
        used = int(_CGROUP_NOW.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return free
    return min(free, max(0, limit - used + _reclaimable()))


def _reclaimable() -> int:
    """Bytes of the container's file cache that it gives back when asked."""
    with contextlib.suppress(OSError, ValueError):
        for line in _CGROUP_STAT.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "inactive_file":
                return int(value)
    return 0


def _field(name: str) -> int:
    """A size of `/proc/self/status` in bytes; 0 where there is none."""
    try:
        text = _STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
