"""The worker process: `python -m jupyter_persian_ai.jobs.worker ATTEMPT_DIR`.

Reads `spec.json`, takes the lease, runs one recipe, and reports how it ended. All it shares
with the server is its attempt folder: it has no database, no token and no parent it needs. A
file named `stop` there asks it to stop; one named `fence` says that another attempt has taken
over, and it ends at once.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import re
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from ..errors import DiskFull, PersianAIError, TooLittleMemory
from ..protocol.events import EventType
from ..protocol.jobs import JobSpec, JobState
from ..protocol.worker import ENTRY_POINTS, WorkerContext, WorkStopped
from . import lease
from .emitter import Emitter, is_disk_full

SPEC = "spec.json"
#: `{"entry_point": "module:function"}`, written by a launcher that was given its own recipes.
ENTRY = "entry.json"
STOP = "stop"
FENCE = "fence"
LOG = "worker.log"

EXIT_FAILED = 1
EXIT_DISK_FULL = 28
EXIT_LEASE_TAKEN = 75
EXIT_FENCED = 76

WATCH_SECONDS = 0.1


def main(argv: list[str]) -> int:
    """Work on the attempt whose folder is named; returns the exit code."""
    folder = Path(argv[1]).resolve()
    spec = JobSpec.model_validate_json((folder / SPEC).read_bytes())
    try:
        held = lease.take(folder, spec.attempt)
    except lease.LeaseTaken:
        return EXIT_LEASE_TAKEN
    _redirect(folder)
    try:
        return _work(folder, spec)
    finally:
        held.release()


def _work(folder: Path, spec: JobSpec) -> int:
    try:
        emitter = Emitter(folder)
    except OSError as error:
        traceback.print_exc()
        return EXIT_DISK_FULL if is_disk_full(error) else EXIT_FAILED
    ending = threading.Event()
    watch = threading.Thread(target=_watch, args=(folder, emitter, ending), daemon=True)
    watch.start()
    try:
        return _run(folder, spec, emitter)
    except DiskFull:  # not even room to say so
        return EXIT_DISK_FULL
    finally:
        ending.set()
        watch.join()
        emitter.close()


def _run(folder: Path, spec: JobSpec, emitter: Emitter) -> int:
    running = False

    def emit(type: EventType, data: dict[str, Any]) -> None:
        nonlocal running
        if type is EventType.STATE:
            if data.get("state") != JobState.RUNNING.value or running:
                return  # every other state is this module's to report
            running = True
            data = {"state": JobState.RUNNING.value}
        emitter(type, data)

    stop = folder / STOP
    context = WorkerContext(spec=spec, attempt_dir=folder, emit=emit, should_stop=stop.exists)
    try:
        emitter(EventType.STATE, {"state": JobState.LOADING.value})
        result = _recipe(folder, spec)(context)
        emit(EventType.STATE, {"state": JobState.RUNNING.value})
        emitter(EventType.STATE, {"state": JobState.COMPLETED.value, "result": result})
    except WorkStopped:
        emitter(EventType.STATE, {"state": JobState.STOPPED.value, "reason": "requested"})
    except Exception as error:  # noqa: BLE001 - the recipe's failure, whatever it is, is reported
        traceback.print_exc()
        ours = explain(error, folder)
        emitter(EventType.LOG, {"level": "error", "message": ours.body.message})
        state = {"state": JobState.FAILED.value, "error": ours.body.model_dump(mode="json")}
        emitter(EventType.STATE, state)
        return EXIT_FAILED
    return 0


def explain(error: Exception, folder: Path) -> PersianAIError:
    """Any failure of a recipe as one of our errors."""
    if isinstance(error, PersianAIError):
        return error
    if isinstance(error, OSError) and is_disk_full(error):
        (folder / "ballast").unlink(missing_ok=True)
        return DiskFull(needed="?", free=shutil.disk_usage(folder).free)
    allocator = re.search(r"allocate (?:memory: you tried to allocate )?(\d+)", str(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or allocator:
        needed = int(allocator[1]) if allocator else "?"
        return TooLittleMemory(needed=needed, available=psutil.virtual_memory().available)
    return PersianAIError(exception=type(error).__name__, reason=str(error)[:500])


def _recipe(folder: Path, spec: JobSpec) -> Callable[[WorkerContext], dict[str, Any]]:
    try:
        target = json.loads((folder / ENTRY).read_text("utf-8"))["entry_point"]
    except FileNotFoundError:
        target = ENTRY_POINTS[spec.kind.value, spec.recipe]
    module, _, function = target.partition(":")
    recipe: Callable[[WorkerContext], dict[str, Any]]
    recipe = getattr(importlib.import_module(module), function)
    return recipe


def _watch(folder: Path, emitter: Emitter, ending: threading.Event) -> None:
    """Report held progress; end the process when the attempt is fenced off."""
    fence = folder / FENCE
    while not ending.wait(WATCH_SECONDS):
        if fence.exists():
            os._exit(EXIT_FENCED)
        try:
            emitter.flush()
        except DiskFull:
            time.sleep(WATCH_SECONDS)  # the recipe's own next report says so


def _redirect(folder: Path) -> None:
    """Send what is printed to the attempt's log, and crashes of the interpreter too."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    log = os.open(folder / LOG, flags, 0o600)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(log, stream.fileno())
    os.close(log)
    faulthandler.enable()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
