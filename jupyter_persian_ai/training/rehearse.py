"""A rehearsal outside of any job: sets a recipe up, takes one real step, and tells.

Runs in a process like a worker's (through `jobs.confined`), which may end by running out of
memory; that is an answer, too. Importing this module imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from ..protocol.events import EventType
from ..protocol.jobs import JobKind, JobSpec
from ..protocol.worker import ENTRY_POINTS, WorkerContext
from . import footprint

# As a worker's environment sets it: 32 MiB is the largest threshold that glibc accepts.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = (-3, 32 << 20), (-1, 1 << 30)


def one_step(payload: dict[str, Any]) -> dict[str, Any]:
    """Set up and take one step.

    Args:
        payload: `folder` (empty, absolute; the caller removes it), `recipe`, `options`, `inputs`
            as in `JobSpec`.

    Returns:
        `fits`, `memory_bytes`, and where it fits `seconds_per_step`, `steps`, `tokens`,
        `dataset_tokens`, `loss` (None when it is no number).

    Raises:
        PersianAIError: what a user can mend, as the job itself would say.

    """
    os.environ.pop("OMP_NUM_THREADS", None)
    os.environ["HF_HUB_OFFLINE"] = "1"
    _like_a_worker()
    _die_first()
    recipe = str(payload["recipe"])
    attempt = Path(payload["folder"]) / "1"
    attempt.mkdir(parents=True)
    spec = JobSpec(
        job_id="rehearsal",
        attempt=1,
        kind=JobKind.TRAINING,
        recipe=recipe,
        name="rehearsal",
        options=payload["options"],
        inputs=payload["inputs"],
        job_dir=str(attempt.parent),
    )
    context = WorkerContext(spec, attempt, _silent, lambda: False)
    module = importlib.import_module(ENTRY_POINTS[JobKind.TRAINING.value, recipe].partition(":")[0])
    from .rehearsal import rehearse  # noqa: PLC0415 - torch, which only this process may load
    from .shortage import is_shortage  # noqa: PLC0415

    _limit_memory()
    work = _recipe(module)(context)
    try:
        work.load_checkpoint()
        work.setup()
        run = work.run
        took = rehearse(run)
    except Exception as error:
        if not is_shortage(error):
            raise
        return {"fits": False, "memory_bytes": footprint.peak_resident_bytes()}
    finally:
        with contextlib.suppress(Exception):
            work.cleanup()
    return {
        "fits": True,
        "memory_bytes": took.peak_memory_bytes,
        "seconds_per_step": took.seconds_per_step,
        "steps": run.plan.steps,
        "tokens": took.tokens,
        "dataset_tokens": run.corpus.positions,
        "loss": took.loss if took.loss == took.loss else None,
    }


def _silent(type: EventType, data: dict[str, Any]) -> None:
    """Nobody listens to a rehearsal."""


def _recipe(module: Any) -> Any:
    """The recipe's class: the one of its module that can be set up."""
    return next(
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and thing.__module__ == module.__name__
        and hasattr(thing, "setup")
    )


def _like_a_worker() -> None:
    """Let glibc keep freed memory as it does in a worker, or the peak would be another."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(AttributeError, OSError):  # musl has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            mallopt(parameter, value)


def _die_first() -> None:
    """If memory runs out all the same, the kernel is to take this process and no other."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit_memory() -> None:
    """Let an allocation beyond what is free fail here, before the kernel has to act."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    held = footprint.data_bytes()
    if not held or not hasattr(resource, "RLIMIT_DATA"):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = held + footprint.available_bytes()
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
