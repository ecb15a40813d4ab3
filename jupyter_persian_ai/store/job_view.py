"""A stored job as the wire's `Job`, and the events that tell of its changes.

A change of state is a STATE event on `job:ID` and the whole job on its list's topic; progress
puts the whole job on the list at most about once a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import ErrorBody
from ..protocol.base import now
from ..protocol.events import EventType
from ..protocol.jobs import Evaluation, Job, JobKind, JobState, Notice, Progress, Sample
from . import events
from .schema import JobRow, MetricRow

#: Seconds between two appearances of one job on its list because of progress alone.
ANNOUNCE_SECONDS = 1.0
#: The topic of the list that shows jobs of each kind.
_LISTS = {
    JobKind.TRAINING: "jobs",
    JobKind.DOWNLOAD: "downloads",
    JobKind.DATASET: "dataset_jobs",
    JobKind.MODEL: "model_jobs",
    JobKind.BUNDLE: "bundles",
}
#: Where a job of each kind is shown, as links in the panel name it.
_PLACES = {
    JobKind.TRAINING: "job:{}",
    JobKind.DOWNLOAD: "download:{}",
    JobKind.DATASET: "job:{}",
    JobKind.MODEL: "models/jobs",
    JobKind.BUNDLE: "downloads/bundles",
}


def place(kind: str, job_id: str) -> str:
    """The link to a job in the panel."""
    return _PLACES[JobKind(kind)].format(job_id)


def topic(job_id: str) -> str:
    """The topic of one job's details."""
    return f"job:{job_id}"


def list_topic(kind: str) -> str:
    """The topic of the list that shows jobs of this kind."""
    return _LISTS[JobKind(kind)]


def to_jobs(session: Session, rows: Iterable[JobRow], seq: int) -> list[Job]:
    """The rows as the wire shows them, with the figures of their metrics."""
    rows = list(rows)
    figures: dict[str, list[MetricRow]] = {}
    if rows:
        ids = [row.id for row in rows]
        for metric in session.scalars(select(MetricRow).where(MetricRow.job_id.in_(ids))):
            figures.setdefault(metric.job_id, []).append(metric)
    return [_job(row, figures.get(row.id, ()), seq) for row in rows]


def to_job(session: Session, row: JobRow) -> Job:
    """One row, with the present event number of its user."""
    return to_jobs(session, [row], events.last(session, row.user_id))[0]


def brief(job: Job) -> Job:
    """The job as lists carry it: without what only its own page shows."""
    return job.model_copy(update={"evaluation": None, "notices": []})


def _job(row: JobRow, metrics: Sequence[MetricRow], seq: int) -> Job:
    return Job(
        id=row.id,
        kind=JobKind(row.kind),
        recipe=row.recipe,
        name=row.name,
        state=JobState(row.state),
        reason=row.reason,
        stopping=row.stopping,
        pausing=row.pausing,
        attempt=row.attempt,
        options=row.options,
        inputs=row.inputs,
        progress=Progress.model_validate(row.progress or {}),
        latest={metric.name: metric.last for metric in metrics},
        best={metric.name: metric.lowest for metric in metrics},
        sample=Sample.model_validate(row.sample) if row.sample else None,
        evaluation=Evaluation.model_validate(row.evaluation) if row.evaluation else None,
        notices=[Notice.model_validate(notice) for notice in row.notices or ()],
        error=ErrorBody.model_validate(row.error) if row.error else None,
        result=row.result or {},
        queue_position=row.queue_position,
        created=row.created,
        started=row.started,
        ended=row.ended,
        seq=seq,
    )


def publish_state(session: Session, row: JobRow) -> Job:
    """Tell of the row's present state, on its own topic and on its list."""
    data: dict[str, Any] = {
        "state": row.state,
        "attempt": row.attempt,
        "stopping": row.stopping,
        "pausing": row.pausing,
        "queue_position": row.queue_position,
    }
    if row.reason:
        data["reason"] = row.reason
    if row.error:
        data["error"] = row.error
    if row.result:
        data["result"] = row.result
    events.append(session, row.user_id, topic(row.id), EventType.STATE, data)
    return announce(session, row)


def announce(session: Session, row: JobRow, type: EventType = EventType.CHANGED) -> Job:
    """Put the whole job on its list's topic."""
    row.announced = now()
    session.flush()
    job = to_jobs(session, [row], 0)[0]
    event = events.publish(session, row.user_id, list_topic(row.kind), type, brief(job))
    return job.model_copy(update={"seq": event.seq})


def announce_progress(session: Session, row: JobRow) -> None:
    """`announce`, unless the list heard of this job within the last second."""
    if (now() - row.announced).total_seconds() >= ANNOUNCE_SECONDS:
        announce(session, row)
