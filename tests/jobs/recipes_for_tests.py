"""Small real recipes for the job engine's tests; workers import them through PYTHONPATH."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_persian_ai.errors import TrainingDiverged
from jupyter_persian_ai.protocol.base import iso, now
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.worker import WorkerContext, WorkStopped


def newest(job_dir: Path) -> int:
    """The newest checkpoint's step; 0 when there is none."""
    return max((int(p.name[5:]) for p in job_dir.glob("*/checkpoints/step-*")), default=0)


def count(ctx: WorkerContext) -> dict[str, Any]:
    """Count to `steps`, with a checkpoint every `every` steps, from the newest one on."""
    options = ctx.spec.options
    steps, every = options.get("steps", 20), options.get("every", 5)
    begin = newest(ctx.job_dir)
    ctx.emit(EventType.LOG, {"level": "info", "message": f"from step {begin}"})
    ctx.emit(EventType.STATE, {"state": "running"})
    for step in range(begin + 1, steps + 1):
        if ctx.should_stop():
            raise WorkStopped
        if options.get("kill_at", {}).get(str(ctx.spec.attempt)) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(options.get("delay", 0.0))
        values = {"loss": 1.0 / step, "learning_rate": 0.1}
        ctx.emit(EventType.METRICS, {"step": step, "values": values})
        ctx.emit(EventType.PROGRESS, {"done": step, "total": steps})
        if step % every == 0:
            (ctx.attempt_dir / "checkpoints" / f"step-{step:08d}").mkdir(parents=True)
            checkpoint = {
                "job_id": ctx.spec.job_id,
                "attempt": ctx.spec.attempt,
                "step": step,
                "bytes": 10,
                "eval_loss": 1.0 / step,
                "best": True,
                "created": iso(now()),
            }
            ctx.emit(EventType.CHECKPOINT, checkpoint)
            sample = {"step": step, "prompt": "بنی‌آدم", "text": "اعضای یک پیکرند"}
            ctx.emit(EventType.SAMPLE, sample)
    return {"model_path": str(ctx.attempt_dir / "model"), "figures": {"loss": 1.0 / steps}}


def burst(ctx: WorkerContext) -> dict[str, Any]:
    """Report as fast as possible."""
    ctx.emit(EventType.STATE, {"state": "running"})
    for n in range(ctx.spec.options["lines"]):
        ctx.emit(EventType.LOG, {"level": "info", "message": f"line {n}"})
        ctx.emit(EventType.METRICS, {"step": n, "values": {"loss": float(n)}})
        if "delay" in ctx.spec.options:
            time.sleep(ctx.spec.options["delay"])
    return {}


def tells_labels_apart(ctx: WorkerContext) -> dict[str, Any]:
    """Report how each of `labels` labels is told, and what the user must see."""
    ctx.emit(EventType.STATE, {"state": "running"})
    labels = [f"برچسب {n}" for n in range(ctx.spec.options["labels"])]
    confusion = [
        [9 if a == b else int(a + b == 3) for b in range(len(labels))] for a in range(len(labels))
    ]
    scores = [
        {"label": label, "precision": 0.9, "recall": 0.8, "f1": 0.85, "support": sum(row)}
        for label, row in zip(labels, confusion, strict=True)
    ]
    evaluation = {"step": 5, "labels": labels, "confusion": confusion, "per_label": scores}
    ctx.emit(EventType.EVALUATION, evaluation)
    message = {"en": "line one\nline two", "fa": "خطا\x00بالا رفت"}
    ctx.emit(EventType.NOTICE, {"code": "divergence", "step": 5, "message": message})
    return {}


def stubborn(ctx: WorkerContext) -> dict[str, Any]:
    """Never stop, with a child, and a grandchild in a session of its own."""
    ctx.emit(EventType.STATE, {"state": "running"})
    grandchild = "import time; time.sleep(600)"
    child = (
        "import subprocess, sys, time, os;"
        f"p = subprocess.Popen([sys.executable, '-c', {grandchild!r}], start_new_session=True);"
        "print(os.getpid(), p.pid, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, text=True)
    pids = process.stdout.readline().strip()
    ctx.emit(EventType.LOG, {"level": "info", "message": f"pids {os.getpid()} {pids}"})
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def dies(ctx: WorkerContext) -> dict[str, Any]:
    """Get nowhere."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def diverges(ctx: WorkerContext) -> dict[str, Any]:
    """Fail with one of our errors."""
    ctx.emit(EventType.STATE, {"state": "running"})
    raise TrainingDiverged(value="nan", step=3)


def broken(ctx: WorkerContext) -> dict[str, Any]:
    """Fail with a bug."""
    raise ValueError("a bug\nwith \x1b[31mcolour")


def fills_disk(ctx: WorkerContext) -> dict[str, Any]:
    """Save a checkpoint, then find no room for the next."""
    ctx.spec.options.update(steps=5, every=5)
    count(ctx)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_room_to_speak(ctx: WorkerContext) -> dict[str, Any]:
    """Not even the spool can be written any more."""
    ctx.spec.options.update(steps=5, every=5)
    count(ctx)
    file = os.open("/dev/full", os.O_WRONLY)
    for link in list(Path("/proc/self/fd").iterdir()):
        if link.resolve().name == "spool.jsonl":
            os.dup2(file, int(link.name))
    ctx.emit(EventType.LOG, {"level": "info", "message": "is there room?"})
    return {}


def environment(ctx: WorkerContext) -> dict[str, Any]:
    """Tell what it was given."""
    return {
        "environment": dict(os.environ),
        "stdin": sys.stdin.readline().strip(),
        "cwd": str(Path.cwd()),
        "argv": sys.argv,
    }
