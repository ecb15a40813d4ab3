"""Places in the queue: one queue per user, data root and kind, first come, first served."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..protocol.jobs import JobState
from .job_view import publish_state
from .schema import JobRow


def waiting(row: JobRow) -> Select[JobRow]:
    """The queue that `row` belongs to, in order."""
    return (
        select(JobRow)
        .where(
            JobRow.user_id == row.user_id,
            JobRow.root_id == row.root_id,
            JobRow.kind == row.kind,
            JobRow.state == JobState.QUEUED.value,
        )
        .order_by(JobRow.queued, JobRow.id)
    )


def renumber(session: Session, row: JobRow) -> None:
    """Give everyone in `row`'s queue their place, telling those whose place changed.

    `row` itself is not told: whoever moved it publishes its new state.
    """
    session.flush()
    for place, other in enumerate(session.scalars(waiting(row)).all(), start=1):
        if other.queue_position != place:
            other.queue_position = place
            if other.id != row.id:
                publish_state(session, other)
    if row.state != JobState.QUEUED.value:
        row.queue_position = None
