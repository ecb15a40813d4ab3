"""Who owns a partial file: a name that tells every other process whether its owner still lives.

No lock is asked: `flock` succeeds for everybody on some network file systems. A process proves
itself by machine, boot, process id and start time; across machines only by its heartbeat.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import psutil

_NAME = re.compile(r"([0-9a-f]{12})-([0-9a-f]{12})-(\d+)-(\d+)-([0-9a-f]{8})")


@cache
def boot() -> str:
    """The boot that we run in; what was written before it and not synced may be lost."""
    try:
        said = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except OSError:
        said = str(round(psutil.boot_time() / 60))  # moves a little when the clock is set
    return _short(said)


@cache
def _machine() -> str:
    """The machine, or container, that we run in: process ids are compared within one only."""
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return _short(f"{platform.node()} {namespace}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Owner:
    """A process on a machine; `started` in milliseconds since the epoch."""

    machine: str
    boot: str
    pid: int
    started: int
    nonce: str

    @property
    def name(self) -> str:
        """As part of a file name."""
        return f"{self.machine}-{self.boot}-{self.pid}-{self.started}-{self.nonce}"

    @property
    def surely_dead(self) -> bool:
        """Whether it ran in this boot of this machine and runs no more."""
        if self.pid == 0:  # let go by its owner: see `released`
            return True
        if (self.machine, self.boot) != (_machine(), boot()):
            return False
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() * 1000 - self.started) < 1000
            return not same or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def this_process() -> Owner:
    """A new owner's name for this process."""
    started = round(psutil.Process().create_time() * 1000)
    return Owner(_machine(), boot(), os.getpid(), started, secrets.token_hex(4))


def released() -> Owner:
    """The name of a partial that its owner has let go: anyone may take it at once."""
    return replace(this_process(), pid=0)


def parse(name: str) -> Owner | None:
    """The owner that a file name names."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    machine, booted, pid, started, nonce = found.groups()
    return Owner(machine, booted, int(pid), int(started), nonce)
