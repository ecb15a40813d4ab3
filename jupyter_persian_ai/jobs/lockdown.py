"""Locks the calling process in for good: it keeps its open files, and can do nothing else.

Owns three layers of Linux, each of which holds without the others: fresh namespaces (no network,
an empty root), Landlock (no path may be opened) and a seccomp filter (only the calls that reading,
computing and writing need). What a function needs is opened before, by `open_files`; what it
imports must be imported before, too. There is no way back, so this runs only in a child of
`confined`, while it has one thread.

Sources: namespaces(7), pivot_root(2), landlock(7), seccomp(2); numbers of system calls from the
kernel's own tables. Must not decide what is worth being locked in.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import LockdownMissing
from . import seccomp

LAYERS = ("namespaces", "landlock", "seccomp")

_CLONE = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x40000000  # NS UTS IPC USER NET
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
_MNT_DETACH = 2
_PR_SET_NO_NEW_PRIVS = 38
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same on every architecture
#: Rights that each version of Landlock adds: of files (bits), of the network (bits), scopes.
_LANDLOCK_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
_LANDLOCK_NET, _LANDLOCK_SCOPED = 4, 6


def enter(layers: Sequence[str] = LAYERS, *, last: Callable[[], None] | None = None) -> list[str]:
    """Lock this process in with the layers that this machine has; which those are.

    `layers` leaves some of them out, so that each can be tried by itself. `last` is called while
    threads can still be started, and what it starts is locked in as well.

    Raises:
        LockdownMissing: less holds than `enough` asks for; the process must end.

    """
    held = []
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    for name, step in (("namespaces", _unshare), ("landlock", _landlock), ("seccomp", _seccomp)):
        if name == "seccomp" and last is not None:
            last()
        if libc is not None and name in layers:
            with contextlib.suppress(OSError):
                step(libc)
                held.append(name)
    reason = missing(held)
    if reason is not None:
        raise LockdownMissing(reason=reason[0], reason_fa=reason[1], held=held)
    return held


def missing(held: list[str]) -> tuple[str, str] | None:
    """Why these layers are not enough to open a pickle (English, Persian); None when they are.

    The filter of system calls is always needed, for without it a process can start others; one
    of the other two has to back it, so that no single mistake of it opens the way.
    """
    if sys.platform != "linux":
        return (
            "only Linux can lock a process in as it takes",
            "تنها لینوکس می‌تواند پردازه را چنان که باید دربسته کند",
        )
    if "seccomp" not in held:
        return (
            "system calls cannot be filtered (seccomp)",
            "فراخوانی‌های سیستم را نمی‌توان محدود کرد (seccomp)",
        )
    if "namespaces" not in held and "landlock" not in held:
        return (
            "neither user namespaces nor Landlock are to be had",
            "نه فضای نام کاربر در دسترس است و نه Landlock",
        )
    return None


def open_files(payload: dict[str, Any]) -> dict[str, Any]:
    """`payload` with each of its `files` opened: `source` to read, `target` to write anew.

    Paths become numbers of open files. `target` must not be there yet.
    """
    opened = []
    for file in payload.get("files", []):
        one = dict(file)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        one["source"] = os.open(file["source"], flags)
        if "target" in file:
            one["target"] = os.open(file["target"], os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        opened.append(one)
    return payload | {"files": opened}


def probe(payload: dict[str, Any]) -> dict[str, Any]:
    """What a locked-in process finds that it cannot do. For `confined.call(..., lockdown=)`.

    Returns:
        `network`, `home`, `system_calls`, `memory`: whether each was tried and refused.

    """
    return {
        "network": _refused(_reach),
        "home": all(_refused(os.listdir, place) for place in ("/", payload["home"])),
        "system_calls": _refused(os.fork) and _refused(os.execv, "/bin/true", ["true"]),
        "memory": _refused(bytearray, int(payload["memory_bytes"]) + 1),
    }


def _reach() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        # Where there is a network this is refused by nobody or taken by someone: either is one.
        if line.connect_ex(("127.0.0.1", 9)) in {0, 111}:
            return
        raise OSError


def _refused(act: Any, *arguments: Any) -> bool:
    try:
        made = act(*arguments)
    except (OSError, MemoryError):
        return True
    if act is os.fork and made == 0:
        os._exit(0)
    return False


# --- layers ------------------------------------------------------------------------------------


def _call(libc: Any, name: str, *arguments: Any) -> int:
    made = int(getattr(libc, name)(*arguments))
    if made < 0:
        raise OSError(ctypes.get_errno(), name)
    return made


def _unshare(libc: Any) -> None:
    """No network but a loopback that is down, and a root with nothing in it."""
    user, group = os.geteuid(), os.getegid()
    root = os.fsencode(tempfile.gettempdir())
    _call(libc, "unshare", _CLONE)
    with contextlib.suppress(OSError):  # older kernels have no such file
        Path("/proc/self/setgroups").write_bytes(b"deny")
    Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (user, user))
    Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (group, group))
    _call(libc, "mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _call(libc, "mount", b"none", root, b"tmpfs", flags, b"size=4k,mode=0500")
    os.chdir(root)
    _call(libc, "syscall", seccomp.number("pivot_root"), b".", b".")
    _call(libc, "umount2", b".", _MNT_DETACH)
    os.chdir("/")
    _call(libc, "mount", None, b"/", None, 32 | flags | _MS_RDONLY, None)  # 32: MS_REMOUNT


def _landlock(libc: Any) -> None:
    """No file may be opened, made, run or removed; no port bound or reached."""
    version = _call(libc, "syscall", _LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    bits = max(count for since, count in _LANDLOCK_FILES.items() if since <= version)
    rights = [(1 << bits) - 1]
    if version >= _LANDLOCK_NET:
        rights.append(0b11)
    if version >= _LANDLOCK_SCOPED:
        rights.append(0b11)
    ruleset = (ctypes.c_uint64 * len(rights))(*rights)
    size = ctypes.c_size_t(ctypes.sizeof(ruleset))
    _call(libc, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    rules = _call(libc, "syscall", _LANDLOCK_CREATE, ctypes.byref(ruleset), size, 0)
    try:
        _call(libc, "syscall", _LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _seccomp(libc: Any) -> None:
    """Only what reading, computing and writing need; on architectures whose numbers we have."""
    _call(libc, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    seccomp.filter_calls(libc, platform.machine())
