"""Who works on an attempt: a file lock, and the process id with its start time beside it.

The lock keeps two workers from one attempt; the process id with its start time says whether the
holder lives, also where locks silently do nothing (some network disks) and where a child that
inherited the lock outlived the worker. A process id alone proves nothing: it is used again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

import psutil
from filelock import FileLock, Timeout

LOCK = "lease"
FILE = "lease.json"
#: The environment variable that marks every process of an attempt with its folder.
MARK = "JUPYTER_PERSIAN_AI_ATTEMPT"


class Holder(NamedTuple):
    """The process that took the lease; `started` in seconds since the epoch."""

    pid: int
    started: float
    attempt: int


class LeaseTaken(Exception):
    """Another process has this attempt."""


class Lease:
    """A lease held by this process until `release` or its end."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let it go."""
        self._lock.release()


def take(folder: Path, attempt: int) -> Lease:
    """Take the lease of the attempt in `folder` for this process.

    Raises:
        LeaseTaken: when another process has it.

    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LeaseTaken(str(folder)) from error
    earlier = alive(folder)
    if earlier is not None and earlier.pid != os.getpid():
        lock.release()
        raise LeaseTaken(str(folder))
    holder = Holder(os.getpid(), psutil.Process().create_time(), attempt)
    draft = folder / f"{FILE}.new"
    draft.write_text(json.dumps(holder._asdict()), "ascii")
    draft.replace(folder / FILE)
    return Lease(lock)


def holder(folder: Path) -> Holder | None:
    """Who took the lease last, alive or not; None when nobody did yet."""
    try:
        return Holder(**json.loads((folder / FILE).read_text("ascii")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def process(folder: Path, holder: Holder) -> psutil.Process | None:
    """The holder's process; None when it has ended, is a zombie, or its id is another's now."""
    try:
        found = psutil.Process(holder.pid)
        same = abs(found.create_time() - holder.started) < 0.5
        # Setting the clock moves start times; the mark in the environment stays.
        if (same or _marked(found, folder)) and found.status() != psutil.STATUS_ZOMBIE:
            return found
    except psutil.NoSuchProcess:
        pass
    return None


def _marked(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(folder)
    except (psutil.AccessDenied, OSError):
        return False


def alive(folder: Path) -> Holder | None:
    """The holder of the attempt's lease if its process lives."""
    found = holder(folder)
    return found if found is not None and process(folder, found) is not None else None
