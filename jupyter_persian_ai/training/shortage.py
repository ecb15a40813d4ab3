"""Running out of memory in spite of every estimate: how it is known, and what is done.

An allocation that fails is an exception: the step is taken back and taken again in smaller
micro-batches. The kernel's killer leaves no exception; then the next attempt finds, beside the
dead one's checkpoints, what the kernel had counted when it began, and starts smaller. Equal
effective batch in both cases. Must not touch weights.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from pathlib import Path

import torch

from ..protocol.base import Note

_FILE = "memory.json"
_COUNTS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class RanOut(Exception):
    """Memory ran out on one of several ranks: all of them must begin again, with less."""

    def __init__(self, positions: int) -> None:
        """`positions` were in its micro-batches."""
        super().__init__(positions)
        self.positions = positions


def is_shortage(error: BaseException) -> bool:
    """Whether `error` says that memory could not be had, on a device or on the host."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("allocate memory" in text or "bad_alloc" in text)


def smaller(positions: int, longest: int) -> int | None:
    """The next smaller micro-batch, in positions; None when one segment already fills it."""
    return max(longest, positions // 2) if positions > longest else None


def release() -> None:
    """Give back what a failed step held."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).malloc_trim(0)
        except (AttributeError, OSError):  # musl has no malloc_trim
            return


def note(before: int, after: int) -> Note:
    """What a user is told."""
    return Note(
        en=f"Memory ran out. Micro-batches of {before} tokens become {after}; a step still "
        "learns from as much as before, and takes a little longer.",
        fa=f"حافظه تمام شد. ریزدسته‌های {before} توکنی {after} توکنی می‌شوند؛ هر گام به اندازهٔ "
        "پیش می‌آموزد و کمی بیشتر طول می‌کشد.",
    )


def begin(attempt_dir: Path, positions: int) -> None:
    """Write down what the kernel has killed so far, and the size of micro-batches."""
    data = {"boot": _boot(), "kills": kills(), "positions": positions}
    (attempt_dir / _FILE).write_text(json.dumps(data), encoding="utf-8")


def end(attempt_dir: Path) -> None:
    """The attempt ended by itself, not by the kernel."""
    (attempt_dir / _FILE).unlink(missing_ok=True)


def killed_at(job_dir: Path, attempt: int) -> int | None:
    """Positions of the micro-batches of the attempt before, if the kernel killed it for memory.

    Known by the kernel's own count of such kills having grown since that attempt began, and by
    the attempt not having come to an end of its own.
    """
    path = job_dir / str(attempt - 1) / _FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        grown = data["boot"] == _boot() and kills() > int(data["kills"])
        return int(data["positions"]) if grown else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begun_with(attempt_dir: Path) -> int | None:
    """Positions of the micro-batches of an attempt that has not come to an end of its own."""
    try:
        text = (attempt_dir / _FILE).read_text(encoding="utf-8")
        return int(json.loads(text)["positions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def kills() -> int:
    """Processes that the kernel has killed for memory since it started, ours or not."""
    most = 0
    for path in _COUNTS:
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            continue
        counts = dict(line.split(maxsplit=1) for line in lines if " " in line)
        most += int(counts.get("oom_kill", 0))
    return most


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
