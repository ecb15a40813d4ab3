"""Conversations and their messages; text is kept byte for byte."""

from __future__ import annotations

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..errors import Conflict, NotFound
from ..protocol.base import Page, new_id, now
from ..protocol.chat import (
    Conversation,
    ConversationAsk,
    ConversationDetail,
    ConversationPatch,
    Message,
    Role,
    Sampling,
    Usage,
)
from ..protocol.events import EventType
from . import events, pages
from .schema import ConversationRow, MessageRow

TOPIC = "chat"
STREAMING = "streaming"


def _row(session: Session, user_id: str, conversation_id: str) -> ConversationRow:
    found = session.scalar(
        select(ConversationRow).where(
            ConversationRow.id == conversation_id, ConversationRow.user_id == user_id
        )
    )
    if found is None:
        raise NotFound(what="conversation", id=conversation_id)
    return found


def _conversation(row: ConversationRow, seq: int) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        model_id=row.model_id,
        sampling=Sampling.model_validate(row.sampling),
        system=row.system,
        created=row.created,
        updated=row.updated,
        seq=seq,
    )


def _message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        role=Role(row.role),
        text=row.text,
        state=row.state,
        usage=Usage.model_validate(row.usage) if row.usage else None,
        created=row.created,
    )


def _messages(session: Session, conversation_id: str) -> list[MessageRow]:
    return list(
        session.scalars(
            select(MessageRow)
            .where(MessageRow.conversation_id == conversation_id)
            .order_by(MessageRow.position)
        )
    )


def _touch(session: Session, user_id: str, row: ConversationRow) -> int:
    """Note the use, tell the list; returns the event's number."""
    row.updated = now()
    return events.publish(session, user_id, TOPIC, EventType.CHANGED, _conversation(row, 0)).seq


def create(session: Session, user_id: str, ask: ConversationAsk) -> Conversation:
    """Begin a conversation; publishes `created`."""
    moment = now()
    row = ConversationRow(
        id=new_id(),
        user_id=user_id,
        title=ask.title,
        model_id=ask.model_id,
        sampling=ask.sampling.model_dump(mode="json"),
        system=ask.system,
        created=moment,
        updated=moment,
    )
    session.add(row)
    session.flush()
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, _conversation(row, 0))
    return _conversation(row, event.seq)


def get(session: Session, user_id: str, conversation_id: str) -> ConversationDetail:
    """One conversation with its messages, oldest first.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    row = _row(session, user_id, conversation_id)
    conversation = _conversation(row, events.last(session, user_id))
    messages = [_message(one) for one in _messages(session, conversation_id)]
    return ConversationDetail(**conversation.model_dump(), messages=messages)


def page(
    session: Session, user_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Conversation]:
    """The user's conversations, last used first."""
    rows, following = pages.fetch(
        session,
        select(ConversationRow).where(ConversationRow.user_id == user_id),
        ConversationRow.updated,
        ConversationRow.id,
        limit=limit,
        cursor=cursor,
        place=lambda row: (row.updated, row.id),
    )
    seq = events.last(session, user_id)
    return Page[Conversation](
        items=[_conversation(row, seq) for row in rows], next_cursor=following, seq=seq
    )


def patch(
    session: Session, user_id: str, conversation_id: str, changes: ConversationPatch
) -> Conversation:
    """Change what is given; publishes `changed`."""
    row = _row(session, user_id, conversation_id)
    for name, value in changes.model_dump(mode="json", exclude_none=True).items():
        setattr(row, name, value)
    seq = _touch(session, user_id, row)
    return _conversation(row, seq)


def delete(session: Session, user_id: str, conversation_id: str) -> None:
    """Delete one with its messages; publishes `deleted`."""
    session.delete(_row(session, user_id, conversation_id))
    events.append(session, user_id, TOPIC, EventType.DELETED, {"id": conversation_id})


def delete_all(session: Session, user_id: str) -> int:
    """Delete all; publishes one `deleted` for each. Returns how many."""
    mine = ConversationRow.user_id == user_id
    ids = session.scalars(select(ConversationRow.id).where(mine)).all()
    session.execute(sql_delete(ConversationRow).where(mine))
    for one in ids:
        events.append(session, user_id, TOPIC, EventType.DELETED, {"id": one})
    return len(ids)


def add_message(
    session: Session,
    user_id: str,
    conversation_id: str,
    role: Role | str,
    text: str,
    state: str = "done",
) -> Message:
    """Append a message; publishes the conversation's `changed`."""
    conversation = _row(session, user_id, conversation_id)
    _touch(session, user_id, conversation)  # takes the user's row: positions cannot collide
    last = session.scalar(
        select(func.max(MessageRow.position)).where(MessageRow.conversation_id == conversation_id)
    )
    row = MessageRow(
        id=new_id(),
        conversation_id=conversation_id,
        position=(last or 0) + 1,
        role=Role(role).value,
        text=text,
        state=state,
        created=now(),
    )
    session.add(row)
    session.flush()
    return _message(row)


def finish_message(
    session: Session,
    user_id: str,
    message_id: str,
    text: str,
    state: str,
    usage: Usage | None = None,
) -> Message:
    """Store a streamed answer's final text and state; publishes the conversation's `changed`.

    Raises:
        NotFound: when there is none, it was deleted meanwhile, or it is another user's.

    """
    found = session.execute(
        select(MessageRow, ConversationRow)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(MessageRow.id == message_id, ConversationRow.user_id == user_id)
    ).one_or_none()
    if found is None:
        raise NotFound(what="message", id=message_id)
    row, conversation = found
    row.text = text
    row.state = state
    row.usage = usage.model_dump(mode="json") if usage else None
    _touch(session, user_id, conversation)
    session.flush()
    return _message(row)


def drop_last_answer(session: Session, user_id: str, conversation_id: str) -> Message:
    """Remove the answer at the end, if there is one, and return the question it was for.

    Raises:
        Conflict: when there is no question to answer, or the answer is still being written.

    """
    conversation = _row(session, user_id, conversation_id)
    rows = _messages(session, conversation_id)
    if rows and rows[-1].state == STREAMING:
        raise Conflict(
            reason="the answer is still being written", reason_fa="پاسخ هنوز در حال نوشته شدن است"
        )
    if rows and rows[-1].role == Role.ASSISTANT.value:
        session.delete(rows.pop())
    if not rows or rows[-1].role != Role.USER.value:
        raise Conflict(
            reason="there is no question to answer", reason_fa="پرسشی نیست که پاسخ بگیرد"
        )
    _touch(session, user_id, conversation)
    session.flush()
    return _message(rows[-1])


def settle(session: Session) -> int:
    """At server start: answers that nobody writes any more become `stopped`, text kept."""
    users = session.scalars(
        select(ConversationRow.user_id)
        .join(MessageRow, MessageRow.conversation_id == ConversationRow.id)
        .where(MessageRow.state == STREAMING)
    ).all()
    session.execute(update(MessageRow).where(MessageRow.state == STREAMING).values(state="stopped"))
    return len(users)
