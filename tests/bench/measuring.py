"""What the benchmarks measure with: memory, CPU time, the peak of matrix products, tables.

Linux only for memory (`/proc`). Must know nothing of trainers or workloads.
"""

from __future__ import annotations

import re
import resource
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def resident_bytes() -> int:
    """Resident memory of this process now."""
    return _kilobytes("VmRSS") * 1024


def peak_bytes() -> int:
    """The most that was resident since `forget_peak`, or since the process began."""
    return _kilobytes("VmHWM") * 1024


def forget_peak() -> None:
    """Let the high-water mark begin again at what is resident now."""
    _CLEAR.write_text("5", encoding="ascii")


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{_STATUS} has no {name}")
    return int(found[1])


def cpu_seconds() -> float:
    """User and system time of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def gemm_peak(
    dtype: Any, sizes: Sequence[int] = (1024, 1536), seconds: float = 1.5
) -> tuple[float, float]:
    """The best rate of square matrix products here, in GFLOP/s of wall and of CPU time."""
    import torch

    best, best_cpu = 0.0, 0.0
    for size in sizes:
        a = torch.randn(size, size).to(dtype)
        b = torch.randn(size, size).to(dtype)
        end = time.perf_counter() + seconds / len(sizes)
        runs = 0
        while runs < 5 or (time.perf_counter() < end and runs < 50):
            begun, used = time.perf_counter(), cpu_seconds()
            torch.mm(a, b)
            wall, cpu = time.perf_counter() - begun, cpu_seconds() - used
            best = max(best, 2 * size**3 / wall / 1e9)
            best_cpu = max(best_cpu, 2 * size**3 / max(cpu, 1e-4) / 1e9)
            runs += 1
    return best, best_cpu


def median(values: Sequence[float]) -> float:
    """The median; not a number when there is nothing."""
    return statistics.median(values) if values else float("nan")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the lowest and highest where there are several."""
    if not values:
        return "–"
    middle = f"{median(values):,.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers and lean right."""
    lines = [
        "| " + " | ".join(head) + " |",
        "| " + " | ".join(["---", *["---:"] * (len(head) - 1)]) + " |",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    return "\n".join(lines)
