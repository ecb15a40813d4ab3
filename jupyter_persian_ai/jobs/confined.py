"""Runs one of our functions on untrusted input in a child process with limits.

Owns the child: its memory, processor and file-size limits, its scrubbed environment, its end.
It must not decide what the function does, and the function must not need a secret: the child
gets no token and no database address.

Why a process for each call: a reader that eats memory, hangs, or is crashed by a hostile file
takes nothing of the server with it. What it is not: a kernel sandbox. The child runs as the same
user, so it defends against bad *data*, not against code that the user chose to run.

The payload goes in on stdin; the answer comes back on the pipe that was the child's stdout, which
the child first takes away from everybody else, so that a stray print cannot corrupt it.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import logging
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import DatasetLimit, DiskFull, PersianAIError, revived

LOG = logging.getLogger(__name__)

_BOOT = f"from {__name__} import _child; _child()"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")
_OUTPUT_BYTES = 64 * 2**30
_LATE_SECONDS = 5  # the child's own alarm, for the case that the parent is no longer there


def call(
    target: str,
    payload: dict[str, Any],
    *,
    memory_bytes: int,
    seconds: float,
    file_bytes: int = _OUTPUT_BYTES,
) -> dict[str, Any]:
    """The answer of the function `target` to `payload`.

    `target` is `"package.module:function"` and comes from our own code, never from a user.

    Blocks; call it in a thread from asynchronous code. `memory_bytes` limits the address space,
    `file_bytes` each file that is written, where the platform can; `seconds` limits the wall
    clock everywhere. `payload` and the answer are JSON.

    Raises:
        PersianAIError: of the same class and with the same details as the function raised.
        DatasetLimit: memory, time or file size ran out.
        DiskFull: the function could not write.

    """
    request = {
        "target": target,
        "payload": payload,
        "memory": memory_bytes,
        "seconds": seconds,
        "file": file_bytes,
    }
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(
            [sys.executable, "-P", "-s", "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=_environment(),
            start_new_session=True,
        )
        try:
            answer, _ = child.communicate(json.dumps(request).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise _over(payload, "time", f"{seconds:g} s") from None
        finally:
            _end(child)
        said = _parsed(answer)
        if said is None or "crash" in said:
            raise _death(child.returncode, said, payload, memory_bytes, seconds, noise, target)
    if "error" in said:
        raise revived(**said["error"])
    result: dict[str, Any] = said["result"]
    return result


def _environment() -> dict[str, str]:
    """Only what an interpreter needs to start and to find what this one finds.

    The search path is handed over whole, and the folder of this package with it, so that
    editable installs and checkouts work; `-P` keeps the working folder out.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = [entry for entry in sys.path if entry and Path(entry).is_absolute()]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([*paths, root])),
        "PYTHONUTF8": "1",
        # Threads of numerical libraries reserve address space that the limit would count.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole group, whatever it started, and reap it."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    child.wait()


def _parsed(answer: bytes) -> dict[str, Any] | None:
    """The last line of what came back; None when the child died before it could answer."""
    lines = answer.splitlines()
    if not lines:
        return None
    try:
        said: dict[str, Any] = json.loads(lines[-1])
    except ValueError:
        return None
    return said


_PERSIAN = {"time": "زمان", "memory": "حافظه", "size of the output": "اندازهٔ خروجی"}


def _over(payload: dict[str, Any], what: str, limit: str) -> DatasetLimit:
    name = str(payload.get("name") or Path(str(payload.get("path", ""))).name)
    return DatasetLimit(name=name, what=what, what_fa=_PERSIAN[what], limit=limit)


def _death(
    code: int,
    said: dict[str, Any] | None,
    payload: dict[str, Any],
    memory_bytes: int,
    seconds: float,
    noise: BinaryIO,
    target: str,
) -> PersianAIError:
    """What to tell of a child that did not answer."""
    noise.seek(0)
    last_words = noise.read()[-4000:].decode(errors="replace")
    over_time = {-getattr(signal, name, 0) for name in ("SIGXCPU", "SIGALRM")} - {0}
    if code in over_time:
        return _over(payload, "time", f"{seconds:g} s")
    crash = (said or {}).get("crash", "")
    # The kernel's out-of-memory killer says nothing; an interpreter that cannot even build the
    # exception says it on stderr.
    if crash == "MemoryError" or code == -9 or "MemoryError" in last_words[-400:]:
        return _over(payload, "memory", f"{memory_bytes} bytes")
    if crash == "EFBIG":
        return _over(payload, "size of the output", "the file limit")
    LOG.error("%s failed in its process (exit %s): %s", target, code, last_words)
    return PersianAIError(exit=code)


# --- inside the child --------------------------------------------------------------------------


def _child() -> None:
    """Read one request, answer it, end. Runs only in the child."""
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        request = json.loads(sys.stdin.buffer.read())
        _limit(request["memory"], request["seconds"], request["file"])
        answer.write(json.dumps(_answered(request)).encode() + b"\n")


def _limit(memory: int, seconds: float, file: int) -> None:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    processor = math.ceil(seconds) + 1
    for name, value in (
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", processor),
        ("RLIMIT_FSIZE", file),
        ("RLIMIT_CORE", 0),
    ):
        which = getattr(resource, name, None)
        if which is None:
            continue
        _, hard = resource.getrlimit(which)
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # macOS has the name RLIMIT_AS and refuses to set it; the time limits still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (least, hard if name == "RLIMIT_CPU" else least))
    signal.setitimer(signal.ITIMER_REAL, seconds + _LATE_SECONDS)


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    module, _, name = request["target"].partition(":")
    try:
        function: Callable[[dict[str, Any]], dict[str, Any]] = getattr(
            importlib.import_module(module), name
        )
        return {"result": function(request["payload"])}
    except PersianAIError as error:
        return {"error": {"code": error.code, "details": error.details}}
    except MemoryError:
        return {"crash": "MemoryError"}
    except OSError as error:
        if error.errno == errno.ENOSPC:
            details = {"needed": "?", "free": 0}
            return {"error": {"code": DiskFull.code, "details": details}}
        if error.errno == errno.EFBIG:
            return {"crash": "EFBIG"}
        raise
