"""Model folders that we know: trained here, downloaded, or named by a path."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.base import Page
from ..protocol.data import Model
from ..protocol.events import EventType
from ..protocol.normaliser import NormaliserRecipe
from . import events, pages
from .schema import ModelRow

TOPIC = "models"
_FIELDS = frozenset(ModelRow.__table__.columns.keys()) - {"user_id", "normaliser"}


def _row(session: Session, user_id: str, model_id: str) -> ModelRow:
    found = session.scalar(
        select(ModelRow).where(ModelRow.id == model_id, ModelRow.user_id == user_id)
    )
    if found is None:
        raise NotFound(what="model", id=model_id)
    return found


def _model(row: ModelRow, seq: int) -> Model:
    told = row.normaliser
    normaliser = None if told is None else NormaliserRecipe.model_validate(told)
    plain = {name: getattr(row, name) for name in _FIELDS}
    return Model(**plain, normaliser=normaliser, seq=seq)


def insert(session: Session, user_id: str, model: Model) -> Model:
    """Keep a model; publishes `created`."""
    row = ModelRow(
        user_id=user_id,
        normaliser=model.normaliser.model_dump(mode="json") if model.normaliser else None,
        **{name: getattr(model, name) for name in _FIELDS},
    )
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, model)
    session.add(row)
    session.flush()
    return _model(row, event.seq)


def get(session: Session, user_id: str, model_id: str) -> Model:
    """One model.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    return _model(_row(session, user_id, model_id), events.last(session, user_id))


def page(
    session: Session, user_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Model]:
    """The user's models, newest first."""
    rows, following = pages.fetch(
        session,
        select(ModelRow).where(ModelRow.user_id == user_id),
        ModelRow.created,
        ModelRow.id,
        limit=limit,
        cursor=cursor,
        place=lambda row: (row.created, row.id),
    )
    seq = events.last(session, user_id)
    return Page[Model](items=[_model(row, seq) for row in rows], next_cursor=following, seq=seq)


def by_job(session: Session, user_id: str, job_id: str) -> list[Model]:
    """The models that a job made; they may lie in its folder."""
    seq = events.last(session, user_id)
    rows = session.scalars(
        select(ModelRow).where(ModelRow.user_id == user_id, ModelRow.job_id == job_id)
    )
    return [_model(row, seq) for row in rows]


def rename(session: Session, user_id: str, model_id: str, name: str) -> Model:
    """Give it another name; publishes `changed`."""
    row = _row(session, user_id, model_id)
    row.name = name
    event = events.publish(session, user_id, TOPIC, EventType.CHANGED, _model(row, 0))
    return _model(row, event.seq)


def delete(session: Session, user_id: str, model_id: str) -> Model:
    """Forget it; its files are the caller's to discard. Publishes `deleted`."""
    row = _row(session, user_id, model_id)
    event = events.append(session, user_id, TOPIC, EventType.DELETED, {"id": model_id})
    model = _model(row, event.seq)
    session.delete(row)
    session.flush()
    return model


def path_in_use(session: Session, path: str) -> bool:
    """Whether any model of any user lies in this folder; it must then stay."""
    return session.scalar(select(ModelRow.id).where(ModelRow.path == path).limit(1)) is not None
