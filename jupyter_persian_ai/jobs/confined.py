"""Runs one of our functions on untrusted input in a child process with limits.

Owns the child: its memory, processor and file-size limits, its scrubbed environment, its end.
It must not decide what the function does, and the function must not need a secret: the child
gets no token and no database address.

Why a process for each call: a reader that eats memory, hangs, or is crashed by a hostile file
takes nothing of the server with it. What it is not: a kernel sandbox. The child runs as the same
user, so it defends against bad *data*, not against code that the user chose to run; `lockdown`
adds what keeps even that in.

The payload goes in on stdin, which then stays open: its end tells the child that nobody waits any
more. The answer, and before it any progress, comes back line by line on the pipe that was the
child's stdout, which the child first takes away from everybody else, so that a stray print
cannot corrupt it.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import inspect
import json
import logging
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import DatasetLimit, DiskFull, PersianAIError, revived
from ..protocol.worker import WorkStopped
from . import lockdown as lock

LOG = logging.getLogger(__name__)

_BOOT = f"from {__name__} import _child; _child()"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")
_OUTPUT_BYTES = 64 * 2**30
_ANSWER_BYTES = 256 * 2**20
_LATE_SECONDS = 5  # the child's own alarm, for the case that the parent is no longer there
_LOOK_SECONDS = 0.1  # how often a stop is looked for
_SAY_SECONDS = 0.1  # the least time between two reports of a child

#: Takes what a function reports while it works: done, total (bytes, or what it counts), detail.
OnProgress = Callable[[int, int, Any], None]


def call(
    target: str,
    payload: dict[str, Any],
    *,
    memory_bytes: int,
    seconds: float,
    file_bytes: int = _OUTPUT_BYTES,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] | None = None,
    lockdown: Sequence[str] = (),
) -> dict[str, Any]:
    """The answer of the function `target` to `payload`.

    `target` is `"package.module:function"` and comes from our own code, never from a user. One
    that has a parameter `tick` gets `progress` for it when somebody listens.

    Blocks; call it in a thread from asynchronous code. `memory_bytes` limits the address space,
    `file_bytes` each file that is written, where the platform can; `seconds` limits the wall
    clock everywhere: of the whole call, or with `on_progress` of the time without a report, so
    that a large file may take as long as it gets on. `payload` and the answer are JSON.

    With `lockdown`, the names of layers (`lockdown.LAYERS`), the child locks itself in once it
    has imported the function's module and opened `payload["files"]`; see `lockdown.open_files`.

    `on_progress` runs in the calling thread. When it raises, and when `should_stop` says so, the
    child ends at once.

    Raises:
        PersianAIError: of the same class and with the same details as the function raised.
        DatasetLimit: memory, time or file size ran out.
        DiskFull: the function could not write.
        WorkStopped: `should_stop` said so.
        LockdownMissing: this machine has too few of the layers.

    """
    request = {
        "target": target,
        "payload": payload,
        "memory": memory_bytes,
        "seconds": seconds,
        "file": file_bytes,
        "progress": on_progress is not None,
        "lockdown": list(lockdown),
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
        talk = _Talk(child, request)
        try:
            said = talk.answer(on_progress, should_stop)
        except TimeoutError:
            raise _over(payload, "time", f"{seconds:g} s") from None
        finally:
            _end(child, talk)
        if said is None or "crash" in said:
            raise _death(child.returncode, said, payload, memory_bytes, seconds, noise, target)
    if "error" in said:
        raise revived(**said["error"])
    result: dict[str, Any] = said["result"]
    return result


class _Talk:
    """What is said to the child and by it; a thread for each direction, for pipes may fill."""

    def __init__(self, child: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
        self._child = child
        self._seconds = float(request["seconds"])
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        question = json.dumps(request).encode() + b"\n"
        self._threads = [
            threading.Thread(target=self._ask, args=(question,), daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def answer(
        self, on_progress: OnProgress | None, should_stop: Callable[[], bool] | None
    ) -> dict[str, Any] | None:
        """Its last word; None when it died without one.

        Raises:
            TimeoutError: it took too long.
            WorkStopped: `should_stop` said so.

        """
        deadline = time.monotonic() + self._seconds
        while True:
            if should_stop is not None and should_stop():
                raise WorkStopped
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                line = self._lines.get(timeout=left if should_stop is None else _LOOK_SECONDS)
            except queue.Empty:
                continue
            said = None if line is None else _parsed(line)
            if said is None or "progress" not in said:
                if said is None:
                    # Dead, or its answer broke off: its exit code says more, once it is known.
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._child.wait(max(0.0, deadline - time.monotonic()))
                return said
            if on_progress is not None:
                deadline = time.monotonic() + self._seconds
                on_progress(*said["progress"])

    def _ask(self, question: bytes) -> None:
        pipe = self._child.stdin
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):  # it is gone; its silence says so
                pipe.write(question)
                pipe.flush()

    def _listen(self) -> None:
        pipe = self._child.stdout
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                # One that was taken over could send a line without end.
                for line in iter(lambda: pipe.readline(_ANSWER_BYTES), b""):
                    self._lines.put(line)
        self._lines.put(None)

    def join(self) -> None:
        """Wait for the threads; the child has ended, and with it nearly always its pipes."""
        for thread in self._threads:
            thread.join(_LATE_SECONDS)


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


def _end(child: subprocess.Popen[bytes], talk: _Talk) -> None:
    """Kill the child's whole group, whatever it started, and reap it."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    child.wait()
    talk.join()  # the pipes have ended with the child
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """One line of what came back; None when the child died in the middle of it."""
    try:
        said: dict[str, Any] = json.loads(line)
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
    # What it said itself comes first: it may be killed with our end of its pipe afterwards.
    if crash == "EFBIG":
        return _over(payload, "size of the output", "the file limit")
    # The kernel's out-of-memory killer says nothing; an interpreter that cannot even build the
    # exception says it on stderr.
    if crash == "MemoryError" or code == -9 or "MemoryError" in last_words[-400:]:
        return _over(payload, "memory", f"{memory_bytes} bytes")
    LOG.error("%s failed in its process (exit %s): %s", target, code, last_words)
    return PersianAIError(exit=code)


# --- inside the child --------------------------------------------------------------------------


class _Reports:
    """What the child says of its progress, on the pipe that its answer goes to."""

    def __init__(self, pipe: BinaryIO, seconds: float) -> None:
        self._pipe = pipe
        self._seconds = seconds
        self._said = float("-inf")

    def say(self, done: int, total: int, detail: Any) -> None:
        """Report, unless it is too soon; the time limit begins anew."""
        moment = time.monotonic()
        if moment - self._said < _SAY_SECONDS:
            return
        self._said = moment
        self._pipe.write(json.dumps({"progress": [done, total, detail]}).encode() + b"\n")
        self._pipe.flush()
        _limit_silence(self._seconds)


_reports: _Reports | None = None


def progress(done: int, total: int, detail: Any = "") -> None:
    """Report how far a function is, from inside its child; elsewhere nothing happens.

    Cheap, so that it may be called for every block of rows. `done` and `total` are bytes, or
    whatever the function counts; `total` is 0 when it is not known; `detail` is JSON.
    """
    if _reports is not None:
        _reports.say(done, total, detail)


def _child() -> None:
    """Read one request, answer it, end. Runs only in the child."""
    global _reports  # noqa: PLW0603 - one request, one process
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        request = json.loads(sys.stdin.buffer.readline())
        _limit(request["memory"], request["seconds"], request["file"])
        if not request["lockdown"]:
            _heed_parent()
        if request["progress"]:
            _reports = _Reports(answer, request["seconds"])
        else:
            # Where progress is told, work may take as long as it gets on.
            _limit_processor(request["seconds"])
        answer.write(json.dumps(_answered(request)).encode() + b"\n")
        answer.flush()
        # Not by returning: the thread above holds stdin, which closing would wait for.
        os._exit(0)


def _heed_parent() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Nobody waits for the answer once the other end of stdin is closed: end, with children."""
    with contextlib.suppress(OSError):
        while os.read(0, 1 << 16):
            pass
    with contextlib.suppress(OSError):  # one that is locked in may not even ask, and has none
        if os.name == "posix" and os.getpid() == os.getpgid(0):
            os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _limit(memory: int, seconds: float, file: int) -> None:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    for name, value in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", file), ("RLIMIT_CORE", 0)):
        which = getattr(resource, name, None)
        if which is None:
            continue
        _, hard = resource.getrlimit(which)
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # macOS has the name RLIMIT_AS and refuses to set it; the time limits still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (least, least))
    _limit_silence(seconds)


def _limit_processor(seconds: float) -> None:
    """At most so many seconds of the processor, for this process and each that it starts."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    processor = math.ceil(seconds) + 1
    least = processor if hard == resource.RLIM_INFINITY else min(processor, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (least, hard))


def _limit_silence(seconds: float) -> None:
    """From now on `seconds` and a little more of the wall clock."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds + _LATE_SECONDS)


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    module, _, name = request["target"].partition(":")
    try:
        function: Callable[..., dict[str, Any]] = getattr(importlib.import_module(module), name)
        listens = request["progress"] and "tick" in inspect.signature(function).parameters
        payload = request["payload"]
        if request["lockdown"]:
            payload = lock.open_files(payload)
            lock.enter(request["lockdown"], last=_heed_parent)
        return {"result": function(payload, **({"tick": progress} if listens else {}))}
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
