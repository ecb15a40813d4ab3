"""What a user may ask of jobs: submit, look, stop, resume, retry, delete.

Every function that changes something takes the user's row first (`users.lock`) and publishes in
the same transaction. What workers report comes in through `store.ingest`, not through here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..errors import IdempotencyMismatch, NotFound
from ..jobs import states
from ..jobs.metrics_file import Extent
from ..protocol.base import Page, new_id, now
from ..protocol.events import EventType
from ..protocol.jobs import Checkpoint, Job, JobKind, JobState, LogLine, Sample
from . import events, pages, queue, users
from .ingest import PAUSED
from .job_view import announce, brief, list_topic, publish_state, to_job, to_jobs, topic
from .schema import Attempt, CheckpointRow, EventRow, JobRow
from .types import to_json

#: What moves a job on a user's wish: `request_stop`, `request_pause`, `resume`, `retry`, ...
Move = Callable[[Session, str, str], Job]


def row(session: Session, user_id: str, job_id: str) -> JobRow:
    """The user's job, read afresh.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    found = session.scalar(
        select(JobRow)
        .where(JobRow.id == job_id, JobRow.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(what="job", id=job_id)
    return found


def submit(
    session: Session,
    user_id: str,
    *,
    kind: JobKind | str,
    recipe: str,
    name: str,
    options: dict[str, Any],
    inputs: dict[str, Any],
    idempotency_key: str | None,
    root_id: str,
) -> tuple[Job, bool]:
    """Queue a job. With a key that was used for the same request, that job and False.

    Raises:
        IdempotencyMismatch: when the key was used for another request.

    """
    kind = JobKind(kind)
    request = to_json([kind.value, recipe, name, options, inputs])
    digest = hashlib.sha256(request.encode()).hexdigest()
    users.lock(session, user_id)
    moment = now()
    job = JobRow(
        id=new_id(),
        user_id=user_id,
        root_id=root_id,
        kind=kind.value,
        recipe=recipe,
        name=name,
        state=JobState.QUEUED.value,
        reason="",
        stopping=False,
        pausing=False,
        attempt=0,
        options=options,
        inputs=inputs,
        idempotency_key=idempotency_key,
        request_sha256=digest,
        fresh=False,
        furthest=0,
        fruitless=0,
        created=moment,
        queued=moment,
        announced=moment,
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        return _earlier(session, user_id, str(idempotency_key), digest), False
    queue.renumber(session, job)
    return announce(session, job, EventType.CREATED), True


def _earlier(session: Session, user_id: str, key: str, digest: str) -> Job:
    earlier = session.scalars(
        select(JobRow).where(JobRow.user_id == user_id, JobRow.idempotency_key == key)
    ).one()
    if earlier.request_sha256 != digest:
        raise IdempotencyMismatch(job_id=earlier.id)
    return to_job(session, earlier)


def get(session: Session, user_id: str, job_id: str) -> Job:
    """One job.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    return to_job(session, row(session, user_id, job_id))


def page(
    session: Session,
    user_id: str,
    *,
    kind: JobKind | str | None = None,
    state: JobState | str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Job]:
    """The user's jobs, newest first."""
    query = select(JobRow).where(JobRow.user_id == user_id)
    if kind is not None:
        query = query.where(JobRow.kind == JobKind(kind).value)
    if state is not None:
        query = query.where(JobRow.state == JobState(state).value)
    rows, following = pages.fetch(
        session,
        query,
        JobRow.created,
        JobRow.id,
        limit=limit,
        cursor=cursor,
        place=lambda job: (job.created, job.id),
    )
    seq = events.last(session, user_id)
    items = [brief(job) for job in to_jobs(session, rows, seq)]
    return Page[Job](items=items, next_cursor=following, seq=seq)


def logs(
    session: Session, user_id: str, job_id: str, *, after: int = 0, limit: int = 1000
) -> list[LogLine]:
    """Log lines with an event number above `after`, oldest first."""
    row(session, user_id, job_id)
    found = session.scalars(
        select(EventRow)
        .where(
            EventRow.user_id == user_id,
            EventRow.topic == topic(job_id),
            EventRow.type == EventType.LOG.value,
            EventRow.seq > after,
        )
        .order_by(EventRow.seq)
        .limit(limit)
    )
    return [
        LogLine(
            seq=line.seq,
            time=line.time,
            attempt=line.data.get("attempt", 0),
            level=line.data.get("level", "info"),
            message=line.data.get("message", ""),
        )
        for line in found
    ]


def samples(session: Session, user_id: str, job_id: str, *, limit: int = 1000) -> list[Sample]:
    """What the model wrote at each evaluation, by step: the newest `limit` of them.

    A resumed job writes again after its checkpoint; the later words replace the earlier ones
    from that step on.
    """
    row(session, user_id, job_id)
    found = session.scalars(
        select(EventRow.data)
        .where(
            EventRow.user_id == user_id,
            EventRow.topic == topic(job_id),
            EventRow.type == EventType.SAMPLE.value,
        )
        .order_by(EventRow.seq.desc())
        .limit(limit)
    )
    kept: list[Sample] = []
    for data in found:
        sample = Sample.model_validate(data, extra="ignore")
        if not kept or sample.step < kept[-1].step:
            kept.append(sample)
    return kept[::-1]


def checkpoints(session: Session, user_id: str, job_id: str) -> list[Checkpoint]:
    """The job's checkpoints, oldest first."""
    row(session, user_id, job_id)
    found = session.scalars(
        select(CheckpointRow)
        .where(CheckpointRow.job_id == job_id)
        .order_by(CheckpointRow.attempt, CheckpointRow.step)
    )
    return [
        Checkpoint(
            job_id=job_id,
            attempt=one.attempt,
            step=one.step,
            bytes=one.bytes,
            eval_loss=one.eval_loss,
            best=one.best,
            created=one.created,
        )
        for one in found
    ]


def metric_extents(session: Session, user_id: str, job_id: str) -> tuple[list[Extent], int]:
    """Which points of which metrics files belong to the state as of an event number.

    Returns the extents of all attempts, oldest first, for `metrics_curve.curve`, and the number.
    """
    row(session, user_id, job_id)
    attempts = session.scalars(
        select(Attempt)
        .where(Attempt.job_id == job_id, Attempt.metrics_count > 0)
        .order_by(Attempt.number)
    )
    extents = [
        Extent(
            one.number,
            one.folder,
            one.metrics_count,
            one.first_step,
            one.started.timestamp(),
            (one.ended or now()).timestamp(),
        )
        for one in attempts
    ]
    return extents, events.last(session, user_id)


def active_count(session: Session) -> int:
    """How many jobs of all users have a worker now."""
    active = [state.value for state in JobState if state.active]
    return session.scalar(select(func.count()).where(JobRow.state.in_(active))) or 0


def request_stop(session: Session, user_id: str, job_id: str) -> Job:
    """Ask a job to stop. One that waits in the queue stops at once; twice is once.

    Raises:
        Conflict: when it has already ended.

    """
    return _stop(session, user_id, job_id, pause=False)


def request_pause(session: Session, user_id: str, job_id: str) -> Job:
    """Ask a job to stop with a mind to going on: `request_stop`, ending with reason `paused`.

    A pause under way becomes a stop when that is asked for, but not the other way round.

    Raises:
        Conflict: when it has already ended.

    """
    return _stop(session, user_id, job_id, pause=True)


def _stop(session: Session, user_id: str, job_id: str, *, pause: bool) -> Job:
    users.lock(session, user_id)
    job = row(session, user_id, job_id)
    states.require(JobState(job.state), states.STOPPABLE)
    if job.stopping and job.pausing <= pause:
        return to_job(session, job)
    if job.state == JobState.QUEUED.value:
        job.state = JobState.STOPPED.value
        job.reason = PAUSED if pause else "requested"
        job.ended = now()
        queue.renumber(session, job)
    else:
        job.stopping = True
        job.pausing = pause
    return publish_state(session, job)


def resume(session: Session, user_id: str, job_id: str) -> Job:
    """Queue a stopped or failed job again, to go on from its newest checkpoint.

    Raises:
        Conflict: in any other state.

    """
    return _requeue(session, user_id, job_id, fresh=False)


def retry(session: Session, user_id: str, job_id: str) -> Job:
    """Queue a stopped or failed job again, to start over: its checkpoints no longer count.

    Their files are set aside, not deleted. A download goes on with what it has either way.

    Raises:
        Conflict: in any other state.

    """
    return _requeue(session, user_id, job_id, fresh=True)


def _requeue(session: Session, user_id: str, job_id: str, *, fresh: bool) -> Job:
    users.lock(session, user_id)
    job = row(session, user_id, job_id)
    states.require(JobState(job.state), states.RESUMABLE)
    job.state = JobState.QUEUED.value
    job.reason = "retried" if fresh else "resumed"
    job.error = None
    job.result = None
    job.ended = None
    job.queued = now()
    job.fruitless = 0
    if fresh:
        job.fresh = True
        job.furthest = 0
        job.progress = None
        job.evaluation = None
        job.notices = None
        session.execute(sql_delete(CheckpointRow).where(CheckpointRow.job_id == job.id))
    queue.renumber(session, job)
    return publish_state(session, job)


def delete(session: Session, user_id: str, job_id: str) -> Job:
    """Forget an ended job and its events; its files are the caller's to discard.

    Raises:
        Conflict: while it waits or works.

    """
    users.lock(session, user_id)
    job = row(session, user_id, job_id)
    states.require(JobState(job.state), states.DELETABLE)
    last_view = to_job(session, job)
    session.execute(
        sql_delete(EventRow).where(EventRow.user_id == user_id, EventRow.topic == topic(job_id))
    )
    session.delete(job)
    event = events.append(session, user_id, list_topic(job.kind), EventType.DELETED, {"id": job_id})
    return last_view.model_copy(update={"seq": event.seq})


def amend_result(
    session: Session, user_id: str, job_id: str, result: dict[str, Any], *, tell: bool = True
) -> Job:
    """Say of a completed job what came of its result; told like a change of state.

    Without `tell` whoever watches is not told: what is new they know already.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    users.lock(session, user_id)
    job = row(session, user_id, job_id)
    job.result = result
    return publish_state(session, job) if tell else to_job(session, job)


def owner(session: Session, job_id: str) -> str:
    """The id of the user whose job this is; for hooks, which get only the job.

    Raises:
        NotFound: when there is none.

    """
    user_id = session.scalar(select(JobRow.user_id).where(JobRow.id == job_id))
    if user_id is None:
        raise NotFound(what="job", id=job_id)
    return user_id


def unfinished(session: Session) -> bool:
    """Whether any job of any user waits or works."""
    going = [state.value for state in JobState if not state.ended]
    return session.scalar(select(JobRow.id).where(JobRow.state.in_(going)).limit(1)) is not None
