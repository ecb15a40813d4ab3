"""Where versions of models came from and where they lie. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ..protocol.registry import ModelVersion
from .model_view import to_version
from .schema import ModelRow, ModelVersionRow


def by_job(session: Session, user_id: str, job_id: str) -> list[tuple[str, ModelVersion]]:
    """The versions that a job made and that are still there, each with its model's id."""
    return _versions(session, user_id, ModelVersionRow.job_id == job_id)


def names(session: Session, model_id: str, number: int) -> dict[str, str]:
    """What that which made a version was called then; see `Made`."""
    row = session.get(ModelVersionRow, (model_id, number))
    return dict(row.names) if row else {}


def made_from(
    session: Session, user_id: str, model_id: str, number: int
) -> list[tuple[str, ModelVersion]]:
    """The user's versions that were made from this one, each with its model's id."""
    return _versions(
        session,
        user_id,
        ModelVersionRow.parent_id == model_id,
        # Before there were versions nobody wrote down which.
        func.coalesce(ModelVersionRow.parent_version, 1) == number,
    )


def at_path(session: Session, user_id: str, path: str) -> list[tuple[str, ModelVersion]]:
    """The user's versions that lie in this folder, each with its model's id."""
    return _versions(session, user_id, ModelVersionRow.path == path)


def of_repository(session: Session, user_id: str, repo_id: str) -> list[str]:
    """Ids of the user's models that have a version from this Hub repository, the oldest first."""
    return list(
        session.scalars(
            select(ModelRow.id)
            .where(
                ModelRow.user_id == user_id,
                ModelRow.id.in_(
                    select(ModelVersionRow.model_id).where(ModelVersionRow.repo_id == repo_id)
                ),
            )
            .order_by(ModelRow.created, ModelRow.id)
        )
    )


def path_in_use(session: Session, path: str, *, besides: Collection[tuple[str, int]] = ()) -> bool:
    """Whether a version of any user's lies in this folder; it must then stay.

    `besides` are model ids and numbers that do not count.
    """
    found = session.execute(
        select(ModelVersionRow.model_id, ModelVersionRow.number).where(ModelVersionRow.path == path)
    )
    return any((model_id, number) not in besides for model_id, number in found)


def paths_within(session: Session, folder: str) -> list[str]:
    """Folders of any user's versions that lie below `folder`."""
    below = ModelVersionRow.path.startswith(folder.rstrip("/") + "/", autoescape=True)
    return list(session.scalars(select(ModelVersionRow.path).where(below).distinct()))


def _versions(
    session: Session, user_id: str, *wanted: ColumnElement[bool]
) -> list[tuple[str, ModelVersion]]:
    """The user's versions of which all this is true, oldest first, each with its model's id."""
    found = session.execute(
        select(ModelVersionRow, ModelRow)
        .join(ModelRow, ModelRow.id == ModelVersionRow.model_id)
        .where(ModelRow.user_id == user_id, *wanted)
        .order_by(ModelVersionRow.created, ModelVersionRow.model_id, ModelVersionRow.number)
    )
    return [(model.id, to_version(row, model)) for row, model in found]
