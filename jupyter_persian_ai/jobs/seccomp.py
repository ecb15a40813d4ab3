"""A seccomp filter that lets a process read, compute and write what it has open, and no more.

Owns the list of allowed system calls and the making of the BPF program; see `lockdown`. Sources:
seccomp(2), linux/filter.h, linux/audit.h, the kernel's tables of system calls.
"""

from __future__ import annotations

import ctypes
import errno
import platform
from typing import Any

_SET_MODE_FILTER, _TSYNC = 1, 1
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32  # offsets in struct seccomp_data
_PROT_EXEC = 4
_X32 = 0x40000000  # calls of the x32 ABI have this bit, and other meanings

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_MACHINES = ("x86_64", "aarch64")
#: Numbers by name, in the order of `_MACHINES`.
_CALLS: dict[str, tuple[int, int]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66),
    "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101),
    "setitimer": (38, 103), "getpid": (39, 172), "exit": (60, 93), "fsync": (74, 82),
    "fdatasync": (75, 83), "ftruncate": (77, 46), "gettimeofday": (96, 169),
    "getrusage": (98, 165), "sigaltstack": (131, 132), "gettid": (186, 178), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "restart_syscall": (219, 128), "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115), "exit_group": (231, 94), "set_robust_list": (273, 99),
    "getrandom": (318, 278), "membarrier": (324, 283), "rseq": (334, 293),
}  # fmt: skip
#: Needed to lock in, and not allowed afterwards.
_ELSE: dict[str, tuple[int, int]] = {"seccomp": (317, 277), "pivot_root": (155, 41)}
#: Those that may make memory executable; only without that.
_MAPPING = ("mmap", "mprotect")


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def number(call: str, machine: str = "") -> int:
    """The number of a system call.

    Raises:
        OSError: the machine is none whose numbers we have.

    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, machine)
    return (_CALLS | _ELSE)[call][_MACHINES.index(machine)]


def filter_calls(libc: Any, machine: str) -> None:
    """Put the filter on all threads of this process; `no_new_privs` is set already.

    Raises:
        OSError: the kernel takes none, or the machine is unknown.

    """
    program = _program(machine)
    array = (_Instruction * len(program))(*program)
    asked = _Program(len(program), array)
    number_of_seccomp = number("seccomp", machine)
    if libc.syscall(number_of_seccomp, _SET_MODE_FILTER, _TSYNC, ctypes.byref(asked)) != 0:
        raise OSError(ctypes.get_errno() or errno.EPERM, "seccomp")


def _program(machine: str) -> list[_Instruction]:
    """Wrong architecture: killed. Allowed: goes on. All else: refused with EPERM."""
    plain = [number(call, machine) for call in _CALLS if call not in _MAPPING]
    mapping = [number(call, machine) for call in _MAPPING]
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_ABOVE, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for call in plain:
        lines += [(_JUMP_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ALLOW)]
    for call in mapping:
        lines += [
            (_JUMP_EQUAL, 0, 4, call),
            (_LOAD, 0, 0, _THIRD_ARGUMENT),
            (_JUMP_SET, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    lines.append((_RETURN, 0, 0, _REFUSE))
    return [_Instruction(*line) for line in lines]
