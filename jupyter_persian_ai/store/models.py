"""Models of a user: keeping, finding, renaming, forgetting. Their versions: `model_versions`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..persian.fold import fold
from ..protocol.base import Page
from ..protocol.data import Model
from ..protocol.events import EventType
from ..protocol.registry import ModelPatch
from . import events, model_origins, model_versions, pages, users
from .model_versions import TOPIC, Made
from .model_view import DESCRIBED, model_row, to_model, to_models
from .schema import ModelRow

#: The most models that are looked through at once; a user has some dozens.
_MOST = 5000


def insert(session: Session, user_id: str, model: Model, made: Made | None = None) -> Model:
    """Keep a model, as its version 1; publishes `created`."""
    said = {name: getattr(model, name) for name in DESCRIBED if name != "normaliser"}
    row = ModelRow(
        id=model.id,
        user_id=user_id,
        name=model.name,
        notes=model.notes,
        tags=list(model.tags),
        **said,
        normaliser=model.normaliser.model_dump(mode="json") if model.normaliser else None,
        version=1,
        numbered=1,
        earlier=[],
        created=model.created,
    )
    session.add(row)
    session.flush()
    model_versions.first(session, model, made or Made())
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, to_model(session, row, 0))
    return to_model(session, row, event.seq)


def get(session: Session, user_id: str, model_id: str) -> Model:
    """One model.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    row = model_row(session, user_id, model_id)
    return to_model(session, row, events.last(session, user_id))


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
    items = to_models(session, rows, seq)
    return Page[Model](items=items, next_cursor=following, seq=seq)


def find(
    session: Session, user_id: str, *, words: str = "", source: str = "", tag: str = ""
) -> list[Model]:
    """The user's models that have every word, folded, in what is said of them; newest first."""
    query = select(ModelRow).where(ModelRow.user_id == user_id)
    if source:
        query = query.where(ModelRow.source == source)
    rows = session.scalars(query.order_by(ModelRow.created.desc(), ModelRow.id.desc()).limit(_MOST))
    wanted = fold(words).split()
    found = [
        row
        for row in rows
        if (not tag or tag in row.tags) and all(word in _sought(row) for word in wanted)
    ]
    return to_models(session, found, events.last(session, user_id))


def by_job(session: Session, user_id: str, job_id: str) -> list[Model]:
    """The models that a job made, each as the version is that it made."""
    return [
        model_versions.described(session, user_id, model_id, version.number)
        for model_id, version in model_origins.by_job(session, user_id, job_id)
    ]


def patch(session: Session, user_id: str, model_id: str, patch: ModelPatch) -> Model:
    """Change what is given; publishes `changed`.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    for name, value in patch.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    session.flush()
    event = events.publish(session, user_id, TOPIC, EventType.CHANGED, to_model(session, row, 0))
    return to_model(session, row, event.seq)


def rename(session: Session, user_id: str, model_id: str, name: str) -> Model:
    """Give it another name; publishes `changed`."""
    return patch(session, user_id, model_id, ModelPatch(name=name))


def delete(session: Session, user_id: str, model_id: str) -> Model:
    """Forget it with its versions; their folders are the caller's to discard.

    Publishes `deleted`.
    """
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    event = events.append(session, user_id, TOPIC, EventType.DELETED, {"id": model_id})
    model = to_model(session, row, event.seq)
    session.delete(row)
    session.flush()
    return model


def _sought(row: ModelRow) -> str:
    said = [row.name, row.repo_id, row.architecture, row.model_type, row.license, row.notes]
    return fold(" ".join([*said, *row.tags]))
