"""Who uses a dataset or one of its versions, so that deleting can say so. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ..protocol.jobs import JobKind, JobState
from ..protocol.versions import DatasetUsers
from .schema import DatasetRow, DatasetVersionRow, JobRow, ModelRow, ModelVersionRow
from .versions import dataset_row, get

#: Names under which a job's inputs say which data it was given: id, version, content.
_GIVEN = (
    ("dataset_id", "dataset_version", "dataset_sha256"),
    ("test_dataset_id", "test_dataset_version", "test_sha256"),
)


def of(session: Session, user_id: str, dataset_id: str, number: int | None = None) -> DatasetUsers:
    """Names of whatever would miss the dataset, or only its version `number`.

    Raises:
        NotFound: no such dataset of this user, or no such version of it.

    """
    jobs = _jobs(session, user_id, dataset_id, number)
    return DatasetUsers(
        jobs=[job.name for job in jobs if JobState(job.state).ended and _trains(job)],
        waiting=[job.name for job in jobs if not JobState(job.state).ended],
        models=_models(session, user_id, dataset_id, number, [job.id for job in jobs]),
        datasets=_descendants(session, user_id, dataset_id, number),
    )


def _models(
    session: Session, user_id: str, dataset_id: str, number: int | None, jobs: list[str]
) -> list[str]:
    """Names of models with a version that learned from it; the job of that may be gone."""
    learned = ModelVersionRow.dataset_id == dataset_id
    if number is not None:
        learned = and_(learned, ModelVersionRow.dataset_version == number)
    made = select(ModelVersionRow.model_id).where(or_(learned, ModelVersionRow.job_id.in_(jobs)))
    names = select(ModelRow.name).where(ModelRow.user_id == user_id, ModelRow.id.in_(made))
    return list(session.scalars(names.order_by(ModelRow.created)))


def resumable(
    session: Session, user_id: str, dataset_id: str, number: int | None = None
) -> list[str]:
    """Names of jobs that stopped or failed, and that could not be resumed without it."""
    over = {JobState.STOPPED.value, JobState.FAILED.value}
    jobs = _jobs(session, user_id, dataset_id, number)
    return [job.name for job in jobs if job.state in over and _trains(job)]


def _trains(job: JobRow) -> bool:
    """What only looked at data, or made other data of it, does not miss it once it is over."""
    return job.kind == JobKind.TRAINING.value


def _jobs(session: Session, user_id: str, dataset_id: str, number: int | None) -> list[JobRow]:
    if number is None:
        dataset_row(session, user_id, dataset_id)
        sha256 = ""
    else:
        sha256 = get(session, user_id, dataset_id, number)[0].sha256
    rows = session.scalars(
        select(JobRow).where(JobRow.user_id == user_id).order_by(JobRow.created, JobRow.id)
    )
    return [
        job
        for job in rows
        if any(
            given_id == dataset_id and (number is None or _same(version, content, number, sha256))
            for given_id, version, content in _given(job.inputs)
        )
    ]


def _given(inputs: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    for names in _GIVEN:
        yield tuple(inputs.get(name) for name in names)  # type: ignore[misc]
    for other in inputs.get("others") or ():
        yield other.get("id"), other.get("version"), other.get("sha256")


def _same(version: Any, content: Any, number: int, sha256: str) -> bool:
    """Jobs of before there were versions say only what the content was."""
    return bool(content == sha256) if version is None else bool(version == number)


def _descendants(session: Session, user_id: str, dataset_id: str, number: int | None) -> list[str]:
    made = select(DatasetVersionRow.dataset_id).where(
        DatasetVersionRow.parent_dataset_id == dataset_id
    )
    if number is not None:
        made = made.where(DatasetVersionRow.parent_number == number)
    wanted: list[ColumnElement[bool]] = [DatasetRow.id.in_(made)]
    if number is None:
        wanted.append(DatasetRow.parent_id == dataset_id)
    names = select(DatasetRow.name).where(
        DatasetRow.user_id == user_id, DatasetRow.id != dataset_id, or_(*wanted)
    )
    return list(session.scalars(names.order_by(DatasetRow.created)))
