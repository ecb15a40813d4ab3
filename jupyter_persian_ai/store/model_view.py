"""Models and their versions as the wire shows them. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.data import Model
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.registry import ModelVersion
from .schema import ModelRow, ModelVersionRow

#: What a version says and the model's row repeats.
DESCRIBED = (
    "source", "path", "architecture", "model_type", "dtype", "parameters", "bytes", "vocabulary",
    "context_length", "license", "job_id", "figures", "normaliser", "parent_id", "dataset_id",
    "dataset_version", "repo_id", "revision",
)  # fmt: skip
_PLAIN = ("id", "name", "version", "notes", "tags", "created")


def model_row(session: Session, user_id: str, model_id: str) -> ModelRow:
    """The user's model.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    found = session.scalar(
        select(ModelRow).where(ModelRow.id == model_id, ModelRow.user_id == user_id)
    )
    if found is None:
        raise NotFound(what="model", id=model_id)
    return found


def to_models(session: Session, rows: Iterable[ModelRow], seq: int) -> list[Model]:
    """Models as the wire shows them, as of an event number."""
    rows = list(rows)
    counts: Counter[str] = Counter()
    if rows:
        counted = (
            select(ModelVersionRow.model_id, func.count())
            .where(ModelVersionRow.model_id.in_([row.id for row in rows]))
            .group_by(ModelVersionRow.model_id)
        )
        for model_id, count in session.execute(counted):
            counts[model_id] = count
    return [
        Model(
            **{name: getattr(row, name) for name in (*_PLAIN, *DESCRIBED) if name != "normaliser"},
            normaliser=recipe_of(row.normaliser),
            versions=counts[row.id],
            can_roll_back=bool(row.earlier),
            seq=seq,
        )
        for row in rows
    ]


def to_model(session: Session, row: ModelRow, seq: int) -> Model:
    """One of `to_models`."""
    return to_models(session, [row], seq)[0]


def version_row(session: Session, model: ModelRow, number: int) -> ModelVersionRow:
    """One version of a model.

    Raises:
        NotFound: there is no such version.

    """
    found = session.get(ModelVersionRow, (model.id, number))
    if found is None:
        raise NotFound(what="version", id=str(number))
    return found


def to_version(row: ModelVersionRow, model: ModelRow) -> ModelVersion:
    """A version as the wire shows it; whether its folder is still there is not looked at."""
    own = {
        name: getattr(row, name)
        for name in ModelVersion.model_fields
        if name not in {"current", "normaliser", "present"}
    }
    return ModelVersion(
        **own, current=row.number == model.version, normaliser=recipe_of(row.normaliser)
    )


def recipe_of(stored: dict[str, Any] | None) -> NormaliserRecipe | None:
    """What texts went through, as it was kept."""
    return None if stored is None else NormaliserRecipe.model_validate(stored)
