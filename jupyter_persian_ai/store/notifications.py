"""Stored, live notices."""

from __future__ import annotations

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.base import Note, Page, new_id, now
from ..protocol.events import EventType
from ..protocol.service import Notification
from . import events, pages
from .schema import NotificationRow

TOPIC = "notifications"


def _row(session: Session, user_id: str, notification_id: str) -> NotificationRow:
    found = session.scalar(
        select(NotificationRow).where(
            NotificationRow.id == notification_id, NotificationRow.user_id == user_id
        )
    )
    if found is None:
        raise NotFound(what="notification", id=notification_id)
    return found


def _notification(row: NotificationRow, seq: int) -> Notification:
    return Notification(
        id=row.id,
        kind=row.kind,
        title=Note.model_validate(row.title),
        body=Note.model_validate(row.body),
        link=row.link,
        read=row.read,
        created=row.created,
        seq=seq,
    )


def notify(
    session: Session, user_id: str, kind: str, title: Note, body: Note, link: str = ""
) -> Notification:
    """Store a notice; publishes `created`."""
    row = NotificationRow(
        id=new_id(),
        user_id=user_id,
        kind=kind,
        title=title.model_dump(),
        body=body.model_dump(),
        link=link,
        read=False,
        created=now(),
    )
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, _notification(row, 0))
    session.add(row)
    session.flush()
    return _notification(row, event.seq)


def get(session: Session, user_id: str, notification_id: str) -> Notification:
    """One notice.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    return _notification(_row(session, user_id, notification_id), events.last(session, user_id))


def page(
    session: Session,
    user_id: str,
    *,
    unread: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Notification]:
    """The user's notices, newest first; with `unread`, those not read yet."""
    query = select(NotificationRow).where(NotificationRow.user_id == user_id)
    if unread:
        query = query.where(NotificationRow.read.is_(False))
    rows, following = pages.fetch(
        session,
        query,
        NotificationRow.created,
        NotificationRow.id,
        limit=limit,
        cursor=cursor,
        place=lambda row: (row.created, row.id),
    )
    seq = events.last(session, user_id)
    return Page[Notification](
        items=[_notification(row, seq) for row in rows], next_cursor=following, seq=seq
    )


def unread_count(session: Session, user_id: str) -> int:
    """How many are not read yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(NotificationRow)
            .where(NotificationRow.user_id == user_id, NotificationRow.read.is_(False))
        )
        or 0
    )


def mark_read(session: Session, user_id: str, notification_id: str) -> Notification:
    """Mark one as read; publishes `changed` when it was not."""
    row = _row(session, user_id, notification_id)
    if row.read:
        return _notification(row, events.last(session, user_id))
    row.read = True
    event = events.publish(session, user_id, TOPIC, EventType.CHANGED, _notification(row, 0))
    return _notification(row, event.seq)


def mark_all_read(session: Session, user_id: str) -> int:
    """Mark all as read; publishes one `changed` for each. Returns how many."""
    rows = session.scalars(
        select(NotificationRow).where(
            NotificationRow.user_id == user_id, NotificationRow.read.is_(False)
        )
    ).all()
    for row in rows:
        row.read = True
        events.publish(session, user_id, TOPIC, EventType.CHANGED, _notification(row, 0))
    return len(rows)


def delete(session: Session, user_id: str, notification_id: str) -> None:
    """Delete one; publishes `deleted`."""
    session.delete(_row(session, user_id, notification_id))
    events.append(session, user_id, TOPIC, EventType.DELETED, {"id": notification_id})


def delete_all(session: Session, user_id: str) -> int:
    """Delete all; publishes one `deleted` for each. Returns how many."""
    ids = session.scalars(
        select(NotificationRow.id).where(NotificationRow.user_id == user_id)
    ).all()
    session.execute(sql_delete(NotificationRow).where(NotificationRow.user_id == user_id))
    for one in ids:
        events.append(session, user_id, TOPIC, EventType.DELETED, {"id": one})
    return len(ids)
