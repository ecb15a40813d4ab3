"""What a recipe says while it works: progress, metrics, log lines, samples.

Metrics go out at every step, progress at most four times a second. Must not decide anything
about training.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil
import torch

from ..protocol.base import Note
from ..protocol.events import EventType
from ..protocol.worker import WorkerContext, WorkStopped

_PROGRESS_SECONDS = 0.25
_SMOOTHING = 0.1
_MOST_COMPLAINTS = 5


class Reporter:
    """The voice of one attempt."""

    def __init__(self, ctx: WorkerContext) -> None:
        self._ctx = ctx
        self._begun = time.monotonic()
        self._told = 0.0
        self._training_begun: float | None = None
        self._first_step = 0
        self._step_ended = 0.0
        self._detail = ""
        self._done = 0
        self._total = 0
        self._epoch = 0.0
        self._epochs = 0.0
        #: Tokens per second, smoothed over about ten steps.
        self.speed = 0.0
        #: Operations a second that the device's matrix products reach; 0 when not measured.
        self.peak = 0.0
        self._memory = _memory_reader()
        self._complaints = 0

    def log(self, message: str, level: str = "info") -> None:
        """One line for the job's log."""
        data = {"attempt": self._ctx.spec.attempt, "level": level, "message": message}
        self._ctx.emit(EventType.LOG, data)

    def complain(self, message: str) -> None:
        """A row cannot be used: the first few are told one by one."""
        self._complaints += 1
        if self._complaints <= _MOST_COMPLAINTS:
            self.log(f"A row is left out: {message}", "warning")

    def running(self) -> None:
        """The work has begun."""
        self._ctx.emit(EventType.STATE, {"state": "running", "attempt": self._ctx.spec.attempt})

    def phase(self, detail: str) -> None:
        """What is going on now: `tokenizer`, `packing`, `model`, `training`, `export`."""
        if detail != self._detail:
            self._detail = detail
            self.progress(force=True)

    def check_stop(self, _: int = 0) -> None:
        """Raise `WorkStopped` if a stop was asked for; for phases with nothing to save."""
        self.progress()
        if self._ctx.should_stop():
            raise WorkStopped

    def training(self, done: int, total: int, epoch: float, epochs: float) -> None:
        """Steps begin now, `done` of `total` being done already."""
        self._first_step = self._done = done
        self._total, self._epoch, self._epochs = total, epoch, epochs
        self._training_begun = self._step_ended = time.monotonic()
        self.phase("training")

    def step(
        self, done: int, epoch: float, tokens: int, operations: float, values: dict[str, float]
    ) -> None:
        """The step that made `done` steps is done.

        It read `tokens` tokens and did `operations` useful floating-point operations.
        """
        now = time.monotonic()
        seconds = max(1e-9, now - self._step_ended)
        speed = tokens / seconds
        self._step_ended = now
        if self.peak:
            values = {**values, "mfu": operations / seconds / self.peak}
        self.speed = speed if not self.speed else self.speed + _SMOOTHING * (speed - self.speed)
        self._done, self._epoch = done, epoch
        more = {"tokens_per_second": self.speed, "memory_bytes": self._memory()}
        self.metrics(done, {**values, **more})
        self.progress(force=done == self._total)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Values of named metrics at `step`."""
        self._ctx.emit(EventType.METRICS, {"step": step, "values": values})

    def evaluation(self, step: int, table: dict[str, Any]) -> None:
        """How labels were told apart at `step`."""
        self._ctx.emit(EventType.EVALUATION, {"step": step, **table})

    def notice(self, code: str, step: int, message: Note) -> None:
        """Something that a user must see, besides its line in the log."""
        self.log(f"{code} at step {step}: {message.en}", "warning")
        data = {"code": code, "step": step, "message": message.model_dump()}
        self._ctx.emit(EventType.NOTICE, data)

    def resume_clock(self) -> None:
        """Leave the time since the last step (an evaluation, a checkpoint) out of the speed."""
        self._step_ended = time.monotonic()

    def sample(self, step: int, prompt: str, text: str, temperature: float) -> None:
        """What the model writes now."""
        data = {"step": step, "prompt": prompt, "text": text, "temperature": temperature}
        self._ctx.emit(EventType.SAMPLE, data)

    def progress(self, *, force: bool = False) -> None:
        """Where the work stands, unless it was said a moment ago."""
        now = time.monotonic()
        if not force and now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        eta = None
        fresh = self._done - self._first_step
        if self._training_begun is not None and fresh > 0:
            eta = (now - self._training_begun) / fresh * (self._total - self._done)
        data = {
            "done": self._done,
            "total": self._total,
            "unit": "step",
            "epoch": self._epoch,
            "epochs": self._epochs,
            "speed": self.speed,
            "eta_seconds": eta,
            "elapsed_seconds": now - self._begun,
            "detail": self._detail,
        }
        self._ctx.emit(EventType.PROGRESS, data)


def _memory_reader() -> Callable[[], float]:
    """Bytes that this process holds now: of the GPU where there is one, else of the host."""
    if torch.cuda.is_available():
        return lambda: float(torch.cuda.memory_allocated())
    process = psutil.Process()
    return lambda: float(process.memory_info().rss)
