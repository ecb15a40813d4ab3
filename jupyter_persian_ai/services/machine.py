"""Readings of this machine: processor, memory, disk, accelerators.

Owns the calls to psutil and to `nvidia-smi`; all of them block, so they run in threads. Knows
nothing of users, jobs or the store.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import psutil

from ..protocol.base import now
from ..protocol.service import Gpu, System

#: The size of the data root is counted again after this many seconds.
SIZE_SECONDS = 60.0
_QUERY = "--query-gpu=name,memory.used,memory.total,utilization.gpu"


class Machine:
    """Readings, some of them remembered for a while because they are dear."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._size = 0
        self._size_at = float("-inf")
        self._nvidia = shutil.which("nvidia-smi")
        psutil.cpu_percent(interval=None)

    def read(self, *, workers: int, engines: int) -> System:
        """One reading (blocks; call it in a thread)."""
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(str(self._data_dir))
        return System(
            time=now(),
            cpu_percent=psutil.cpu_percent(interval=None),
            cpu_count=psutil.cpu_count() or 1,
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            disk_used=disk.total - disk.free,
            disk_total=disk.total,
            data_bytes=self._data_bytes(),
            gpus=self.gpus(),
            workers=workers,
            engines=engines,
        )

    def _data_bytes(self) -> int:
        if time.monotonic() - self._size_at > SIZE_SECONDS:
            self._size = folder_bytes(self._data_dir)
            self._size_at = time.monotonic()
        return self._size

    def gpus(self) -> list[Gpu]:
        """The graphics cards that the driver knows (blocks)."""
        if self._nvidia is None:
            return []
        try:
            run = subprocess.run(
                [self._nvidia, _QUERY, "--format=csv,noheader,nounits"],
                capture_output=True,
                text=True,
                timeout=5,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            # The driver is there and the card is not, or it hangs: there is nothing to show.
            return []
        return [gpu for line in run.stdout.splitlines() if (gpu := gpu_of(line))]


def gpu_of(line: str) -> Gpu | None:
    """One line of `nvidia-smi`'s CSV (MiB, percent); None when it holds no card."""
    parts = [part.strip() for part in line.rsplit(",", 3)]
    if len(parts) != 4 or not (parts[1].isdigit() and parts[2].isdigit()):
        return None
    name, used, total, busy = parts
    return Gpu(
        name=name,
        memory_used=int(used) * 2**20,
        memory_total=int(total) * 2**20,
        utilisation=float(busy) if busy.isdigit() else None,
    )


def folder_bytes(folder: Path) -> int:
    """Bytes of the regular files under `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue
        total += status.st_size
    return total


def free_bytes(folder: Path) -> int:
    """Free bytes of the disk that holds `folder`."""
    return psutil.disk_usage(str(folder)).free


def available_memory() -> int:
    """Bytes that a new process may take without swapping."""
    return psutil.virtual_memory().available
