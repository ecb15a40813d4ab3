"""Finding and killing all processes of an attempt, however they were started.

A worker's environment carries the folder of its attempt, and its children inherit it, so they
are found even when their parent is gone or they made a session of their own; no process of
anyone else can match.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import psutil

from . import lease


def of_attempt(folder: Path) -> list[psutil.Process]:
    """The living processes of the attempt in `folder`, the worker among them."""
    found: dict[int, psutil.Process] = {}
    mark = str(folder)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if (
                process.environ().get(lease.MARK) == mark
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found[process.pid] = process
    holder = lease.holder(folder)
    leader = lease.process(folder, holder) if holder else None
    if leader is not None:
        with contextlib.suppress(psutil.Error):
            for process in [leader, *leader.children(recursive=True), *_session(leader.pid)]:
                found[process.pid] = process
    found.pop(os.getpid(), None)
    return list(found.values())


def kill(folder: Path, seconds: float = 5.0) -> bool:
    """Kill every process of the attempt; True when none is left within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        left = of_attempt(folder)
        if not left:
            return True
        if time.monotonic() > deadline:
            return False
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.2)


def _session(leader: int) -> list[psutil.Process]:
    """Members of the session that the living process `leader` leads; none on Windows."""
    if not hasattr(os, "getsid"):
        return []
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == leader:
                members.append(psutil.Process(pid))
    return members if any(member.pid == leader for member in members) else []
