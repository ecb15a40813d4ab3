"""What workers report, taken into the tables: the one way in for events of a spool.

Runs inside the caller's transaction, which also moves the attempt's offsets, so each line and
each point counts exactly once. Lines that make no sense are told of in the job's log and
skipped: a worker must not be able to stop its own ingest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ..errors import ErrorBody
from ..jobs import states
from ..jobs.evaluation import condense
from ..jobs.metrics_file import Point
from ..protocol.base import now
from ..protocol.events import Emitted, EventType
from ..protocol.jobs import (
    Checkpoint,
    Evaluation,
    Job,
    JobKind,
    JobState,
    Notice,
    Progress,
    Sample,
)
from . import events
from .job_view import announce_progress, publish_state, topic
from .schema import Attempt, CheckpointRow, JobRow, MetricRow

log = logging.getLogger(__name__)

Hook = Callable[[Session, Job], None]

#: The most points that one event covers.
POINTS_PER_EVENT = 2000
#: How many notices a job shows; all are in its events for a while.
NOTICES = 20
#: The reason of a job that stopped because its user wants to go on later.
PAUSED = "paused"


def change_state(
    session: Session, job: JobRow, state: JobState, reason: str, hooks: Sequence[Hook]
) -> None:
    """Move a job, tell of it, and run the hooks, each in a savepoint of its own."""
    if not states.legal(JobState(job.state), state):
        raise ValueError(f"a job does not go from {job.state} to {state.value}")
    job.state = state.value
    job.reason = reason
    if state.ended:
        job.ended = now()
        job.stopping = job.pausing = False
        attempt = session.get(Attempt, (job.id, job.attempt))
        if attempt is not None:
            attempt.ended = job.ended
            attempt.reason = reason
    view = publish_state(session, job)
    for hook in hooks:
        try:
            with session.begin_nested():
                hook(session, view)
        except DBAPIError:
            raise  # the database's trouble: the whole transaction is tried again
        except Exception:  # a hook's bug must not keep the job from ending
            log.exception("a hook failed on job %s becoming %s", job.id, state.value)


def log_line(session: Session, job: JobRow, level: str, message: str) -> None:
    """A line of ours in the job's log."""
    data = {"attempt": job.attempt, "level": level, "message": message}
    events.append(session, job.user_id, topic(job.id), EventType.LOG, data)


def take_points(session: Session, job: JobRow, attempt: Attempt, points: Sequence[Point]) -> None:
    """Count new points of the metrics file, keep last and lowest values, and tell of them."""
    if not points:
        return
    if attempt.first_step is None:
        attempt.first_step = points[0][1]
    fresh: dict[str, MetricRow] = {}
    for name, step, value in points:
        row = fresh.get(name)
        if row is None:
            row = session.get(MetricRow, (job.id, name))
            if row is None:
                row = MetricRow(job_id=job.id, name=name, last=None, last_step=0, lowest=None)
                session.add(row)
            fresh[name] = row
        row.last, row.last_step = value, step
        if value is not None and (row.lowest is None or value < row.lowest):
            row.lowest, row.lowest_step = value, step
    for begin in range(0, len(points), POINTS_PER_EVENT):
        count = min(POINTS_PER_EVENT, len(points) - begin)
        data = {"attempt": attempt.number, "first": attempt.metrics_count + begin, "count": count}
        events.append(session, job.user_id, topic(job.id), EventType.METRICS, data)
    attempt.metrics_count += len(points)
    if job.kind == JobKind.TRAINING.value:  # whose progress counts steps, too
        _reached(job, attempt, max(step for _, step, _ in points))


def _reached(job: JobRow, attempt: Attempt, done: int) -> None:
    """Note how far the job got; an attempt that gets further than any before is not in vain."""
    if done > job.furthest:
        job.furthest = done
        attempt.advanced = True


def take_events(
    session: Session,
    job: JobRow,
    attempt: Attempt,
    lines: Sequence[Emitted],
    hooks: Sequence[Hook],
) -> None:
    """Take the lines of a spool in their order; of several progress lines only the last."""
    latest = max((line.n for line in lines if line.type is EventType.PROGRESS), default=0)
    for line in lines:
        if line.n <= attempt.n:
            continue  # taken before
        attempt.n = line.n
        if line.type is EventType.PROGRESS and line.n != latest:
            continue
        if JobState(job.state).ended:
            break  # nothing counts after the end
        try:
            _take(session, job, attempt, line, hooks)
        except ValueError as error:
            where = str(error)[:200]
            if isinstance(error, ValidationError):
                where = ".".join(str(part) for part in error.errors()[0]["loc"])
            message = f"the worker reported a {line.type.value} that makes no sense ({where})"
            log_line(session, job, "warning", message)


def _take(
    session: Session, job: JobRow, attempt: Attempt, line: Emitted, hooks: Sequence[Hook]
) -> None:
    data: dict[str, Any]
    if line.type is EventType.STATE:
        _take_state(session, job, line.data, hooks)
        return
    if line.type is EventType.PROGRESS:
        progress = Progress.model_validate(line.data)
        data = job.progress = progress.model_dump(mode="json")
        _reached(job, attempt, progress.done)
    elif line.type is EventType.SAMPLE:
        data = job.sample = Sample.model_validate(line.data).model_dump(mode="json")
    elif line.type is EventType.EVALUATION:
        evaluation = condense(Evaluation.model_validate(line.data))
        data = job.evaluation = evaluation.model_dump(mode="json")
    elif line.type is EventType.NOTICE:
        mine = {**line.data, "attempt": attempt.number, "time": line.time}
        data = Notice.model_validate(mine).model_dump(mode="json")
        job.notices = [*(job.notices or []), data][-NOTICES:]
    elif line.type is EventType.CHECKPOINT:
        mine = {**line.data, "job_id": job.id, "attempt": attempt.number}
        checkpoint = Checkpoint.model_validate(mine)
        _keep(session, checkpoint)
        attempt.advanced = True
        data = checkpoint.model_dump(mode="json")
    elif line.type is EventType.LOG:
        data = {
            "attempt": attempt.number,
            "level": str(line.data.get("level", "info")),
            "message": str(line.data.get("message", "")),
        }
    else:
        return
    events.append(session, job.user_id, topic(job.id), line.type, data, line.time)
    if line.type is EventType.PROGRESS:
        announce_progress(session, job)


def _take_state(session: Session, job: JobRow, data: dict[str, Any], hooks: Sequence[Hook]) -> None:
    try:
        state = JobState(str(data.get("state")))
    except ValueError:
        state = JobState.QUEUED  # never a worker's to say: refused below
    if state.value == job.state:
        return
    if state is JobState.STARTING or not states.legal(JobState(job.state), state):
        log_line(session, job, "warning", f"the worker reported a state out of turn: {state.value}")
        return
    if state is JobState.FAILED:
        job.error = ErrorBody.model_validate(data.get("error")).model_dump(mode="json")
    if state is JobState.LOADING:
        job.fresh = False  # the launcher did set earlier checkpoints aside
    result = data.get("result")
    if state is JobState.COMPLETED and isinstance(result, dict):
        job.result = result
    reason = str(data.get("reason", ""))
    if state is JobState.STOPPED and job.pausing:
        reason = PAUSED
    change_state(session, job, state, reason, hooks)


def _keep(session: Session, checkpoint: Checkpoint) -> None:
    if checkpoint.best:
        session.execute(
            update(CheckpointRow)
            .where(CheckpointRow.job_id == checkpoint.job_id)
            .values(best=False)
            .execution_options(synchronize_session="fetch")
        )
    session.merge(CheckpointRow(**checkpoint.model_dump()))
    session.flush()
