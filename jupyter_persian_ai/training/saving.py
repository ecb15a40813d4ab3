"""When a checkpoint is written, and by whom: a thread of its own where memory allows a copy.

The copy is taken between two steps, so a checkpoint is of one moment whatever the run does
meanwhile. One checkpoint is written at a time, in order; a failure is told at the next
opportunity. Must not decide when one is due: `fit` does.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psutil
import torch

from ..protocol.events import EventType
from ..protocol.worker import WorkerContext
from . import checkpoint
from .world import here

#: A copy may take at most this share of the memory that is free.
_SHARE = 0.25


class Saver:
    """Writes the checkpoints of one attempt."""

    def __init__(self, ctx: WorkerContext, *, keep: int, tokenizer: Any | None) -> None:
        """`keep` newest checkpoints stay; `tokenizer` is kept in them when this run made it."""
        self._ctx = ctx
        self._keep = keep
        self._tokenizer = tokenizer
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        #: Step of the newest checkpoint that was begun.
        self.step = -1
        #: When it was begun, in monotonic seconds.
        self.at = time.monotonic()

    def save(
        self,
        model: Any,
        optimizer: torch.optim.Optimizer,
        state: checkpoint.TrainingState,
        rng: checkpoint.RandomState,
        *,
        now: bool = False,
    ) -> None:
        """Checkpoint the last finished step, once (together); `now` waits until it is on disk.

        Raises:
            DiskFull: this one or the one before could not be written; older ones are untouched.

        """
        self.wait()
        if self.step == state.step:
            return
        loss = state.evaluations.get(str(state.step))
        best = loss is not None and loss == state.best_loss
        if best:
            state.best_saved = state.step
        taken = checkpoint.snapshot(
            model=model, optimizer=optimizer, state=state, rng=rng, tokenizer=self._tokenizer
        )
        self.step, self.at = state.step, time.monotonic()
        if not here().leads:
            return
        told = (taken, loss, best, state.best_saved)
        if now or taken.bytes > _SHARE * psutil.virtual_memory().available:
            self._write(*told)
            return
        told = (taken.copied(), loss, best, state.best_saved)
        self._thread = threading.Thread(target=self._attempt, args=told, name="checkpoint")
        self._thread.start()

    def wait(self) -> None:
        """Until the checkpoint that is being written is on disk.

        Raises:
            DiskFull: it could not be written.

        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        failure, self._failure = self._failure, None
        if failure is not None:
            self.step = -1
            raise failure

    def close(self) -> None:
        """Let the thread end; for a run that has failed already, whatever it says."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _attempt(self, *told: Any) -> None:
        try:
            self._write(*told)
        except BaseException as error:  # noqa: BLE001 - raised again in the run's own thread
            self._failure = error

    def _write(
        self, taken: checkpoint.Snapshot, loss: float | None, best: bool, best_step: int | None
    ) -> None:
        folder = Path(self._ctx.attempt_dir) / "checkpoints"
        path = checkpoint.save_checkpoint(folder, taken)
        checkpoint.prune(self._ctx.job_dir, keep=self._keep, best=best_step)
        spec = self._ctx.spec
        made = checkpoint.announce(path, spec.job_id, spec.attempt, loss, best=best)
        self._ctx.emit(EventType.CHECKPOINT, made.model_dump(mode="json"))
