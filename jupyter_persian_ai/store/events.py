"""The numbered event stream of each user.

Numbers are per user, strictly one apart, and given inside the transaction that changes things
(a transactional outbox): there is no moment at which a change is stored and its event is not.
METRICS events are stored as the range `{attempt, first, count}` of points; `jobs.metrics_file`
fills in the points for whoever reads.

The stream keeps itself short: of each user about `KEPT` events stay, and beyond them only those
that are a record of their own (`RECORDS`). Whoever asks from further back is told to take a
snapshot long before (`services.stream.LAG` is half of `KEPT`), so nobody meets the hole.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.base import Wire, now
from ..protocol.events import Event, EventType
from .schema import EventRow, User

TOUCHED = "touched_users"
#: How many of a user's newest events are surely there.
KEPT = 40_000
#: Every so many events the oldest as many are cleared away.
SWEEP = 500
#: Events that pages read long after: nothing else keeps what they say.
RECORDS = (EventType.LOG.value, EventType.SAMPLE.value)


def append(
    session: Session,
    user_id: str,
    topic: str,
    type: EventType,
    data: dict[str, Any],
    time: datetime | None = None,
) -> Event:
    """Give `data` the user's next number and store it; `time` is when it happened, else now.

    Data that has a `seq` of its own (a job, a dataset, ...) is a snapshot: it gets the event's.

    Raises:
        NotFound: when there is no such user.

    """
    seq = session.scalar(
        update(User)
        .where(User.id == user_id)
        .values(last_seq=User.last_seq + 1)
        .returning(User.last_seq)
        .execution_options(synchronize_session=False)
    )
    if seq is None:
        raise NotFound(what="user", id=user_id)
    if seq % SWEEP == 0:
        _sweep(session, user_id, seq - KEPT)
    if "seq" in data:
        data = {**data, "seq": seq}
    event = Event(seq=seq, time=time or now(), topic=topic, type=type, data=data)
    session.add(
        EventRow(
            user_id=user_id,
            seq=seq,
            time=event.time,
            topic=topic,
            type=type.value,
            data=data,
        )
    )
    session.info.setdefault(TOUCHED, set()).add(user_id)
    return event


def _sweep(session: Session, user_id: str, upto: int) -> None:
    """Forget what is up to `upto`; every earlier multiple of `SWEEP` was swept before."""
    if upto <= 0:
        return
    session.execute(
        delete(EventRow)
        .where(
            EventRow.user_id == user_id,
            EventRow.seq > upto - SWEEP,
            EventRow.seq <= upto,
            EventRow.type.not_in(RECORDS),
        )
        .execution_options(synchronize_session=False)
    )


def publish(session: Session, user_id: str, topic: str, type: EventType, thing: Wire) -> Event:
    """`append` for a word on the wire."""
    return append(session, user_id, topic, type, thing.model_dump(mode="json"))


def after(
    session: Session, user_id: str, seq: int, topics: Collection[str], limit: int
) -> list[Event]:
    """At most `limit` events of these topics later than `seq`, in order."""
    if not topics:
        return []
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.user_id == user_id, EventRow.seq > seq, EventRow.topic.in_(list(topics)))
        .order_by(EventRow.seq)
        .limit(limit)
    )
    return [
        Event(seq=row.seq, time=row.time, topic=row.topic, type=EventType(row.type), data=row.data)
        for row in rows
    ]


def last(session: Session, user_id: str) -> int:
    """The number of the user's newest event; 0 before the first, and for a user unknown."""
    return session.scalar(select(User.last_seq).where(User.id == user_id)) or 0
