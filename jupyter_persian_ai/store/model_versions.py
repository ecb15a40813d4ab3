"""Versions of models: adding one, making one current, going back, forgetting one.

A version never changes once it is there. The model's own row repeats what its current version
says; keeping the two in step is owned here. Folders are the caller's; `model_origins` says whether
one is still needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Conflict
from ..protocol.data import Model
from ..protocol.events import EventType
from ..protocol.registry import ModelVersion
from . import events, users
from .model_view import DESCRIBED, model_row, recipe_of, to_model, to_version, version_row
from .schema import ModelRow, ModelVersionRow

TOPIC = "models"
#: How far back rollbacks lead.
_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Made:
    """How a version came to be, beside what a `Model` says of that.

    `names` holds what `job`, `recipe`, `parent`, `dataset` and `file` are called: they may be
    deleted.
    """

    parent_version: int | None = None
    note: str = ""
    names: dict[str, str] = field(default_factory=dict)


def get(session: Session, user_id: str, model_id: str, number: int | None = None) -> ModelVersion:
    """One version, the current one without a number.

    Raises:
        NotFound: no such model of this user, or no such version of it.

    """
    model = model_row(session, user_id, model_id)
    return to_version(
        version_row(session, model, model.version if number is None else number), model
    )


def described(session: Session, user_id: str, model_id: str, number: int | None = None) -> Model:
    """The model as one of its versions is, the current one without a number.

    Raises:
        NotFound: as `get`.

    """
    row = model_row(session, user_id, model_id)
    model = to_model(session, row, events.last(session, user_id))
    if number is None or number == row.version:
        return model
    version = version_row(session, row, number)
    told = {name: getattr(version, name) for name in DESCRIBED if name != "normaliser"}
    more = {"version": number, "normaliser": recipe_of(version.normaliser)}
    return model.model_copy(update=told | more)


def of_model(session: Session, user_id: str, model_id: str) -> list[ModelVersion]:
    """Every version of a model, the newest first.

    Raises:
        NotFound: no such model of this user.

    """
    model = model_row(session, user_id, model_id)
    return [to_version(row, model) for row in _rows(session, model_id)]


def first(session: Session, model: Model, made: Made) -> None:
    """Version 1 of a model whose row was just added."""
    session.add(_new(model.id, model, 1, made))
    session.flush()


def add(
    session: Session,
    user_id: str,
    model_id: str,
    model: Model,
    made: Made,
    *,
    current: bool = False,
) -> ModelVersion:
    """Another version of the model `model_id`; publishes `changed`.

    Of `model` counts what `DESCRIBED` names, and `created`. It becomes the current one only when
    `current` says so.

    Raises:
        NotFound: no such model of this user.

    """
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    row.numbered += 1
    added = _new(model_id, model, row.numbered, made)
    session.add(added)
    session.flush()
    if current:
        _make_current(row, added)
    _tell(session, user_id, row)
    return to_version(added, row)


def copy(session: Session, user_id: str, model_id: str, source_id: str, note: str) -> ModelVersion:
    """What is current of the model `source_id` becomes a version of `model_id`, too.

    Raises:
        NotFound: one of them is no model of this user.
        Conflict: they are the same, or it is a version of this model already.

    """
    users.lock(session, user_id)
    source = model_row(session, user_id, source_id)
    current = version_row(session, source, source.version)
    model = to_model(session, source, 0)
    if any(there.path == current.path for there in _rows(session, model_id)):
        raise Conflict(
            reason="it is a version of this model already",
            reason_fa="هم‌اکنون نسخه‌ای از همین مدل است",
        )
    made = Made(current.parent_version, note, dict(current.names))
    return add(session, user_id, model_id, model, made)


def promote(session: Session, user_id: str, model_id: str, number: int) -> Model:
    """Make a version the current one; the one before is remembered. Publishes `changed`.

    Raises:
        NotFound: no such model of this user, or no such version of it.

    """
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    chosen = version_row(session, row, number)
    if chosen.number == row.version:
        return to_model(session, row, events.last(session, user_id))
    _make_current(row, chosen)
    return _tell(session, user_id, row)


def roll_back(session: Session, user_id: str, model_id: str) -> Model:
    """Make the version current again that was it before. Publishes `changed`.

    Raises:
        NotFound: no such model of this user.
        Conflict: none was.

    """
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    if not row.earlier:
        raise Conflict(
            reason="no other version was current before",
            reason_fa="پیش از این نسخهٔ دیگری جاری نبوده است",
        )
    *earlier, number = row.earlier
    _describe(row, version_row(session, row, number))
    row.earlier = earlier
    return _tell(session, user_id, row)


def delete(session: Session, user_id: str, model_id: str, number: int) -> ModelVersion:
    """Forget one version; publishes `changed`. Its folder is the caller's to discard.

    Raises:
        NotFound: there is no such version.
        Conflict: it is the current one.

    """
    users.lock(session, user_id)
    model = model_row(session, user_id, model_id)
    gone = version_row(session, model, number)
    if number == model.version:
        raise Conflict(
            reason="it is the current version; promote another one first, or delete the model",
            reason_fa="نسخهٔ جاری است؛ نخست نسخهٔ دیگری را جاری کنید، یا خود مدل را حذف کنید",
        )
    version = to_version(gone, model)
    session.delete(gone)
    session.flush()
    model.earlier = _stack([one for one in model.earlier if one != number], model.version)
    _tell(session, user_id, model)
    return version


def refresh(session: Session, user_id: str, model_id: str, number: int, model: Model) -> None:
    """Say anew what lies in a version's folder, when more files of the same were fetched."""
    users.lock(session, user_id)
    row = model_row(session, user_id, model_id)
    version = version_row(session, row, number)
    for name in ("architecture", "model_type", "dtype", "parameters", "bytes", "license"):
        setattr(version, name, getattr(model, name))
    if number == row.version:
        _describe(row, version)
        _tell(session, user_id, row)


def fertility(session: Session, user_id: str, model_id: str) -> dict[str, Any] | None:
    """What is remembered of the current version's tokenizer."""
    model = model_row(session, user_id, model_id)
    return version_row(session, model, model.version).fertility


def keep_fertility(
    session: Session, user_id: str, model_id: str, number: int, told: dict[str, Any]
) -> None:
    """Remember what a version's tokenizer makes of Persian (a `Fertility` and what it was of)."""
    version_row(session, model_row(session, user_id, model_id), number).fertility = told


def _rows(session: Session, model_id: str) -> list[ModelVersionRow]:
    query = select(ModelVersionRow).where(ModelVersionRow.model_id == model_id)
    return list(session.scalars(query.order_by(ModelVersionRow.number.desc())))


def _new(model_id: str, model: Model, number: int, made: Made) -> ModelVersionRow:
    said = {name: getattr(model, name) for name in DESCRIBED if name != "normaliser"}
    return ModelVersionRow(
        model_id=model_id,
        number=number,
        **said,
        normaliser=model.normaliser.model_dump(mode="json") if model.normaliser else None,
        parent_version=made.parent_version,
        names=dict(made.names),
        note=made.note,
        created=model.created,
    )


def _make_current(model: ModelRow, chosen: ModelVersionRow) -> None:
    model.earlier = _stack([*model.earlier, model.version], chosen.number)
    _describe(model, chosen)


def _stack(earlier: list[int], current: int) -> list[int]:
    """`earlier` without steps that would lead to where one is."""
    kept: list[int] = []
    for number in earlier:
        if not kept or kept[-1] != number:
            kept.append(number)
    while kept and kept[-1] == current:
        kept.pop()
    return kept[-_REMEMBERED:]


def _describe(model: ModelRow, current: ModelVersionRow) -> None:
    """Let the model's row say what its current version says."""
    model.version = current.number
    for name in DESCRIBED:
        setattr(model, name, getattr(current, name))


def _tell(session: Session, user_id: str, row: ModelRow) -> Model:
    session.flush()
    event = events.publish(session, user_id, TOPIC, EventType.CHANGED, to_model(session, row, 0))
    return to_model(session, row, event.seq)
