"""How many threads a run computes with. Imports no torch.

Small products end in microseconds, and all threads wait for the slowest: when the browser or the
server takes a core for a moment, every thread spins until it comes back. On two busy cores, two
threads then took 0.4 to 1.5 s for a step that takes one thread 0.06 s (0.04 s when all is quiet).
So small models leave one core to the rest of the machine; large ones take all.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

# Multiply-adds of one product from which on it outlasts a scheduler's slice of a few ms.
_LARGE_PRODUCT = 1 << 28
_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def available_cores(limit: Path = _CGROUP_LIMIT) -> int:
    """Physical cores that this process may use, by its affinity and its container's limit."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    try:
        quota, period = limit.read_text(encoding="ascii").split()
        cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        pass
    return max(1, cores)


def threads_for(positions: int, hidden_size: int, cores: int) -> int:
    """Threads for micro-batches of `positions` tokens through a model of width `hidden_size`."""
    large = positions * hidden_size * hidden_size >= _LARGE_PRODUCT
    return cores if large else max(1, cores - 1)
