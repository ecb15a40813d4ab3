"""Who uses a model or one of its versions, so that deleting can say so. Changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ..protocol.jobs import JobKind, JobState
from ..protocol.registry import ModelUser
from .job_view import place
from .model_versions import get, of_model
from .model_view import model_row
from .schema import ConversationRow, JobRow, ModelRow, ModelVersionRow

#: Names under which a job's inputs and options say which model it was given, and its version.
_GIVEN = (
    ("model_id", "model_version"),
    ("parent_id", "parent_version"),
    ("base_id", "base_version"),
    ("version_of", None),
)
#: States from which a job could be resumed.
_RESUMABLE = frozenset({JobState.STOPPED.value, JobState.FAILED.value})


def of(session: Session, user_id: str, model_id: str, number: int | None = None) -> list[ModelUser]:
    """Whatever would miss the model, or only its version `number`; what blocks comes first.

    Engines are not known here.

    Raises:
        NotFound: no such model of this user, or no such version of it.

    """
    model = model_row(session, user_id, model_id)
    if number is not None:
        get(session, user_id, model_id, number)
    users = _jobs(session, user_id, model, number)
    users += _made_of_it(session, user_id, model_id, number)
    if number is None or number == model.version:
        users += _conversations(session, user_id, model_id)
    return sorted(users, key=lambda user: not user.blocks)


def being_fetched(session: Session, repo_id: str) -> bool:
    """Whether anybody's download of this Hub repository waits or works."""
    going = [state.value for state in JobState if not state.ended]
    jobs = session.scalars(
        select(JobRow.options).where(JobRow.kind == JobKind.DOWNLOAD.value, JobRow.state.in_(going))
    )
    return any((options or {}).get("repo_id") == repo_id for options in jobs)


def _jobs(session: Session, user_id: str, model: ModelRow, number: int | None) -> list[ModelUser]:
    versions = [
        version
        for version in of_model(session, user_id, model.id)
        if number is None or version.number == number
    ]
    made_by = {version.job_id for version in versions if version.job_id}
    repositories = {version.repo_id for version in versions if version.repo_id}
    current = number is None or number == model.version
    found = []
    rows = session.scalars(
        select(JobRow)
        .where(JobRow.user_id == user_id, JobRow.state != JobState.COMPLETED.value)
        .order_by(JobRow.created, JobRow.id)
    )
    for job in rows:
        ended = JobState(job.state).ended
        fetches = (
            job.kind == JobKind.DOWNLOAD.value
            and (job.options or {}).get("repo_id") in repositories
        )
        needs = _needs(job, model.id, number, current=current)
        if fetches and not ended:
            # It may be about to use the very blobs that would go.
            found.append(_job_user(job, blocks=True))
        elif needs and job.id not in made_by and (not ended or _could_go_on(job)):
            found.append(_job_user(job, blocks=not ended))
    return found


def _needs(job: JobRow, model_id: str, number: int | None, *, current: bool) -> bool:
    inputs: dict[str, Any] = job.inputs or {}
    options: dict[str, Any] = job.options or {}
    for name, version_name in _GIVEN:
        if inputs.get(name) != model_id:
            continue
        if number is None:
            return True
        version = inputs.get(version_name or "", options.get("version"))
        if version_name and (version == number or (version is None and current)):
            return True
    if job.kind != JobKind.BUNDLE.value or options.get("id") != model_id:
        return False
    version = options.get("version")
    return number is None or version == number or (version is None and current)


def _could_go_on(job: JobRow) -> bool:
    return job.kind == JobKind.TRAINING.value and job.state in _RESUMABLE


def _job_user(job: JobRow, *, blocks: bool) -> ModelUser:
    return ModelUser(
        kind="job", id=job.id, title=job.name, link=place(job.kind, job.id), blocks=blocks
    )


def _made_of_it(
    session: Session, user_id: str, model_id: str, number: int | None
) -> list[ModelUser]:
    """Other models that were made from it; they stay whole without it."""
    made = select(ModelVersionRow.model_id).where(ModelVersionRow.parent_id == model_id)
    if number is not None:
        made = made.where(
            or_(
                ModelVersionRow.parent_version == number,
                ModelVersionRow.parent_version.is_(None),
            )
        )
    rows = session.scalars(
        select(ModelRow)
        .where(ModelRow.user_id == user_id, ModelRow.id != model_id, ModelRow.id.in_(made))
        .order_by(ModelRow.created, ModelRow.id)
    )
    return [
        ModelUser(kind="model", id=row.id, title=row.name, link=f"model:{row.id}", blocks=False)
        for row in rows
    ]


def _conversations(session: Session, user_id: str, model_id: str) -> list[ModelUser]:
    rows = session.scalars(
        select(ConversationRow)
        .where(ConversationRow.user_id == user_id, ConversationRow.model_id == model_id)
        .order_by(ConversationRow.updated.desc(), ConversationRow.id)
    )
    return [
        ModelUser(
            kind="conversation",
            id=row.id,
            title=row.title,
            link=f"conversation:{row.id}",
            blocks=False,
        )
        for row in rows
    ]
