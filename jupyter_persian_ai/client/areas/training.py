"""`training` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...protocol.base import new_id
from ...protocol.gate import Rehearsal
from ...protocol.jobs import Checkpoint, Estimate, Fit, Job, LogLine, Metrics, Sample
from ...protocol.recipes import Recipe
from .area import Area, Asked, sent

#: Seconds for what loads and measures a model before it answers.
_SLOW = 660.0


class TrainingArea(Area):
    """`training`."""

    def recipes(self) -> list[Recipe]:
        """What can be run, with the JSON Schema of its options."""
        return self._list(Recipe, "training/recipes")

    def estimate(self, ask: Asked) -> Estimate:
        """Memory, time and tokens of a run (`TrainingAsk`), before it starts."""
        return self._one(Estimate, "POST", "training/estimate", body=sent(ask))

    def fit(self, ask: Asked) -> Fit:
        """Options under which a run (`TrainingAsk`) fits the service's machine, and why."""
        return self._one(Fit, "POST", "training/fit", body=sent(ask), timeout=_SLOW)

    def rehearse(self, ask: Asked) -> Rehearsal:
        """One real step of a run (`TrainingAsk`), measured; nothing is started or kept.

        Raises `LaunchRefused`, `DiskFull`, `Busy`, `TooSlowToTry`. A step that does not fit is
        no error: its `check` says so, with the change that would.
        """
        return self._one(Rehearsal, "POST", "training/rehearsal", body=sent(ask), timeout=_SLOW)

    def submit(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Start a run (`TrainingAsk`); a repeated key gives the same job.

        Raises `InvalidField`, `TooLittleMemory`, `DiskFull`, `LaunchRefused`, `NotFound`,
        `IdempotencyMismatch`: nothing is started then.
        """
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", "training/jobs", body=sent(ask), headers=headers)

    def all(self) -> list[Job]:
        """Every training job, newest first."""
        return list(self._pages(Job, "training/jobs", limit=200))

    def get(self, id: str) -> Job:
        """One job. Raises `NotFound`."""
        return self._one(Job, "GET", f"training/jobs/{id}")

    def stop(self, id: str) -> Job:
        """Ask it to save a checkpoint and end. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"training/jobs/{id}/stop")

    def pause(self, id: str) -> Job:
        """As `stop`, but shown as paused: to be resumed. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"training/jobs/{id}/pause")

    def resume(self, id: str) -> Job:
        """Go on from its newest valid checkpoint. Raises `Conflict`."""
        return self._one(Job, "POST", f"training/jobs/{id}/resume")

    def retry(self, id: str) -> Job:
        """Start a failed job again. Raises `Conflict`."""
        return self._one(Job, "POST", f"training/jobs/{id}/retry")

    def delete(self, id: str) -> None:
        """Delete an ended job with its checkpoints; its model stays. Raises `Conflict`."""
        self._transport.json("DELETE", f"training/jobs/{id}")

    def metrics(
        self, id: str, *, names: list[str] | None = None, max_points: int = 50_000
    ) -> Metrics:
        """Curves; every point of those that have no more than `max_points` (at most 50,000)."""
        params: dict[str, Any] = {"max_points": max_points}
        if names is not None:
            params["names"] = ",".join(names)
        return self._one(Metrics, "GET", f"training/jobs/{id}/metrics", params=params)

    def csv(self, id: str) -> Iterator[bytes]:
        """Every point of its metrics as CSV, in pieces: one line a step, one column a metric."""
        return self._transport.pieces(f"training/jobs/{id}/metrics.csv")

    def tensorboard(self, id: str) -> Iterator[bytes]:
        """Every point of its metrics for TensorBoard, in pieces: a zip of one run's folder."""
        return self._transport.pieces(f"training/jobs/{id}/tensorboard")

    def logs(self, id: str) -> list[LogLine]:
        """Its log, oldest line first."""
        lines: list[LogLine] = []
        while True:
            after = lines[-1].seq if lines else 0
            more = self._list(LogLine, f"training/jobs/{id}/logs", after=after, limit=5000)
            if not more:
                return lines
            lines += more

    def samples(self, id: str) -> list[Sample]:
        """What the model wrote at each evaluation, by step."""
        return self._list(Sample, f"training/jobs/{id}/samples")

    def checkpoints(self, id: str) -> list[Checkpoint]:
        """Its checkpoints that are still kept."""
        return self._list(Checkpoint, f"training/jobs/{id}/checkpoints")
