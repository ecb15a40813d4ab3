"""What the supervisor asks of the store (`jobs.ledger.Ledger`), one transaction each.

Owns the fence: a report or a death counts only for the present attempt of an active job, and
only from where the last report ended.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import PersianAIError, WorkerDied
from ..jobs.ledger import Ingested, Report, Standing, Start, Waiting
from ..protocol.base import now
from ..protocol.jobs import JobKind, JobSpec, JobState
from . import queue, users
from .ingest import PAUSED, Hook, change_state, log_line, take_events, take_points
from .schema import Attempt, JobRow, UserSetting

Value = TypeVar("Value")

_ACTIVE = [state.value for state in JobState if state.active]


class Transact(Protocol):
    """`Store.read` or `Store.write`."""

    def __call__(self, fn: Callable[[Session], Value]) -> Value:
        """Run `fn` in one transaction."""
        ...


class StoreLedger:
    """The jobs of one data root; `hooks` run inside the transaction of each change of state."""

    def __init__(
        self,
        read: Transact,
        write: Transact,
        root_id: str,
        jobs_dir: Path,
        hooks: tuple[Hook, ...],
    ) -> None:
        self._read = read
        self._write = write
        self._root_id = root_id
        self._jobs_dir = jobs_dir
        self._hooks = hooks

    def active(self) -> list[Standing]:
        """Jobs that a worker has, or should have."""

        def read(session: Session) -> list[Standing]:
            found = session.execute(
                select(JobRow, Attempt)
                .join(Attempt, (Attempt.job_id == JobRow.id) & (Attempt.number == JobRow.attempt))
                .where(JobRow.root_id == self._root_id, JobRow.state.in_(_ACTIVE))
                .order_by(JobRow.created)
            )
            return [
                Standing(
                    job.id,
                    job.user_id,
                    JobKind(job.kind),
                    job.attempt,
                    job.stopping,
                    attempt.spool_offset,
                    attempt.metrics_count,
                )
                for job, attempt in found
            ]

        return self._read(read)

    def waiting(self) -> list[Waiting]:
        """The queue, first come first."""

        def read(session: Session) -> list[Waiting]:
            found = session.execute(
                select(JobRow.id, JobRow.user_id, JobRow.kind, UserSetting.chosen)
                .outerjoin(UserSetting, UserSetting.user_id == JobRow.user_id)
                .where(JobRow.root_id == self._root_id, JobRow.state == JobState.QUEUED.value)
                .order_by(JobRow.queued, JobRow.id)
            )
            return [
                Waiting(job_id, user_id, JobKind(kind), (chosen or {}).get("concurrent_jobs"))
                for job_id, user_id, kind, chosen in found
            ]

        return self._read(read)

    def start(self, job_id: str) -> Start | None:
        """Take a job out of the queue for its next attempt; None when it left the queue."""

        def write(session: Session) -> Start | None:
            job = self._job(session, job_id)
            if job is None or job.state != JobState.QUEUED.value:
                return None
            start = self._attempt(session, job, job.reason)
            queue.renumber(session, job)
            return start

        return self._write(write)

    def died(
        self, job_id: str, attempt: int, cause: str, restarts: int, error: PersianAIError | None
    ) -> Start | None:
        """The worker is gone without a word: stop, fail, or decide on another attempt."""

        def write(session: Session) -> Start | None:
            job = self._job(session, job_id)
            if job is None or job.attempt != attempt or job.state not in _ACTIVE:
                return None
            row = session.get_one(Attempt, (job_id, attempt))
            if job.stopping:
                reason = PAUSED if job.pausing else "requested"
                change_state(session, job, JobState.STOPPED, reason, self._hooks)
                return None
            job.fruitless = 0 if row.advanced else job.fruitless + 1
            failure = error
            if failure is None and (restarts == 0 or job.fruitless > restarts):
                failure = WorkerDied(reason=cause, restarts=max(0, job.fruitless - 1))
            if failure is not None:
                job.error = failure.body.model_dump(mode="json")
                log_line(session, job, "error", f"{failure.body.message} Attempt {attempt}.")
                change_state(session, job, JobState.FAILED, "worker_died", self._hooks)
                return None
            message = (
                f"The worker ended without a word ({cause}). "
                f"Starting again from the newest checkpoint: attempt {attempt + 1}."
            )
            log_line(session, job, "warning", message)
            row.ended = now()
            row.reason = cause
            return self._attempt(session, job, "restarted")

        return self._write(write)

    def ingest(self, report: Report) -> Ingested:
        """Take a report, exactly once."""

        def write(session: Session) -> Ingested:
            job = self._job(session, report.job_id)
            if job is None:
                return Ingested(True, JobState.FAILED, 0, 0)
            attempt = session.get(Attempt, (report.job_id, report.attempt))
            if attempt is None or job.attempt != report.attempt or job.state not in _ACTIVE:
                return Ingested(True, JobState(job.state), 0, 0)
            # Whoever reads from elsewhere than where we stand is told where that is.
            if attempt.metrics_count == report.metrics_before:
                take_points(session, job, attempt, report.points)
            if attempt.spool_offset == report.offset_before:
                if report.damaged:
                    message = f"{report.damaged} damaged line(s) of the spool were skipped"
                    log_line(session, job, "warning", message)
                take_events(session, job, attempt, report.events, self._hooks)
                attempt.spool_offset = report.offset
            return Ingested(False, JobState(job.state), attempt.spool_offset, attempt.metrics_count)

        return self._write(write)

    def _job(self, session: Session, job_id: str) -> JobRow | None:
        """The job, its user's row locked first; None when it is gone."""
        user_id = session.scalar(select(JobRow.user_id).where(JobRow.id == job_id))
        if user_id is None:
            return None
        users.lock(session, user_id)
        return session.scalar(
            select(JobRow)
            .where(JobRow.id == job_id, JobRow.root_id == self._root_id)
            .execution_options(populate_existing=True)
        )

    def _attempt(self, session: Session, job: JobRow, reason: str) -> Start:
        moment = now()
        job.attempt += 1
        job.started = job.started or moment
        job.queue_position = None
        job_dir = self._jobs_dir / job.id
        folder = job_dir / str(job.attempt)
        session.add(
            Attempt(
                job_id=job.id,
                number=job.attempt,
                folder=str(folder),
                spool_offset=0,
                n=0,
                metrics_count=0,
                advanced=False,
                reason="",
                started=moment,
            )
        )
        session.flush()
        change_state(session, job, JobState.STARTING, reason, self._hooks)
        spec: dict[str, Any] = {
            "job_id": job.id,
            "attempt": job.attempt,
            "kind": job.kind,
            "recipe": job.recipe,
            "name": job.name,
            "options": job.options,
            "inputs": job.inputs,
            "job_dir": str(job_dir),
        }
        return Start(job.user_id, JobSpec.model_validate(spec), job.fresh)
