"""What the supervisor asks of whoever keeps the jobs; the store implements it.

A protocol, because imports point down: the engine of jobs must not know SQL. Every method is
one transaction, checks the attempt number, and may be called again after a crash at any point.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..errors import PersianAIError
from ..protocol.events import Emitted
from ..protocol.jobs import JobKind, JobSpec, JobState
from .metrics_file import Point


class Standing(NamedTuple):
    """A job that a worker has, and how far its attempt was ingested."""

    job_id: str
    user_id: str
    kind: JobKind
    attempt: int
    stopping: bool
    offset: int
    metrics_count: int


class Waiting(NamedTuple):
    """A job in the queue; `concurrent` is what its user chose, None when nothing."""

    job_id: str
    user_id: str
    kind: JobKind
    concurrent: int | None


class Start(NamedTuple):
    """An attempt that was decided on and now has to be launched."""

    user_id: str
    spec: JobSpec
    #: Start over: checkpoints of earlier attempts must be set aside first.
    fresh: bool


class Report(NamedTuple):
    """New lines and points of one attempt, from where the last report ended."""

    job_id: str
    attempt: int
    offset_before: int
    offset: int
    events: Sequence[Emitted]
    metrics_before: int
    points: Sequence[Point]
    damaged: int = 0


class Ingested(NamedTuple):
    """What became of a report."""

    #: The attempt is no longer the present one, or the job has ended: nothing was taken.
    refused: bool
    state: JobState
    offset: int
    metrics_count: int


class Ledger(Protocol):
    """The jobs of one data root. Raises `Busy` or `DiskFull` when it cannot write."""

    def active(self) -> list[Standing]:
        """Jobs that a worker has, or should have."""
        ...

    def waiting(self) -> list[Waiting]:
        """The queue, first come first."""
        ...

    def start(self, job_id: str) -> Start | None:
        """Take a job out of the queue for its next attempt; None when it left the queue."""
        ...

    def died(
        self, job_id: str, attempt: int, cause: str, restarts: int, error: PersianAIError | None
    ) -> Start | None:
        """The worker is gone without a word: stop, fail, or decide on another attempt.

        With `error`, or after `restarts` attempts in a row that got no further, the job fails.
        """
        ...

    def ingest(self, report: Report) -> Ingested:
        """Take a report, exactly once."""
        ...


class LedgerMaker(Protocol):
    """A store."""

    def ledger(self, root_id: str, jobs_dir: Path, on_change: Sequence[Any] = ()) -> Ledger:
        """The ledger of one data root; `on_change(session, job)` runs at each change of state."""
        ...
