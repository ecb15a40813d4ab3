"""Datasets: what is known of each; their content lies in the data root under `path`."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..protocol.base import Page
from ..protocol.data import Dataset, DatasetReport, DatasetShape
from ..protocol.events import EventType
from ..protocol.jobs import JobState
from . import events, pages
from .schema import DatasetRow, JobRow

TOPIC = "datasets"


def _row(session: Session, user_id: str, dataset_id: str) -> DatasetRow:
    found = session.scalar(
        select(DatasetRow).where(DatasetRow.id == dataset_id, DatasetRow.user_id == user_id)
    )
    if found is None:
        raise NotFound(what="dataset", id=dataset_id)
    return found


def _dataset(row: DatasetRow, seq: int) -> Dataset:
    return Dataset(
        id=row.id,
        name=row.name,
        shape=DatasetShape(row.shape),
        source=row.source,
        sha256=row.sha256,
        bytes=row.bytes,
        report=DatasetReport.model_validate(row.report),
        license=row.license,
        created=row.created,
        seq=seq,
    )


def insert(session: Session, user_id: str, dataset: Dataset, path: str = "") -> Dataset:
    """Keep a dataset whose canonical rows lie in the folder `path`; publishes `created`."""
    row = DatasetRow(
        user_id=user_id,
        path=path,
        **dataset.model_dump(include={"id", "name", "source", "sha256", "bytes", "license"}),
        shape=dataset.shape.value,
        report=dataset.report.model_dump(mode="json"),
        created=dataset.created,
    )
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, dataset)
    session.add(row)
    session.flush()
    return _dataset(row, event.seq)


def get(session: Session, user_id: str, dataset_id: str) -> Dataset:
    """One dataset.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    return _dataset(_row(session, user_id, dataset_id), events.last(session, user_id))


def path(session: Session, user_id: str, dataset_id: str) -> str:
    """The folder of its canonical rows."""
    return _row(session, user_id, dataset_id).path


def page(
    session: Session, user_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Dataset]:
    """The user's datasets, newest first."""
    rows, following = pages.fetch(
        session,
        select(DatasetRow).where(DatasetRow.user_id == user_id),
        DatasetRow.created,
        DatasetRow.id,
        limit=limit,
        cursor=cursor,
        place=lambda row: (row.created, row.id),
    )
    seq = events.last(session, user_id)
    return Page[Dataset](items=[_dataset(row, seq) for row in rows], next_cursor=following, seq=seq)


def rename(session: Session, user_id: str, dataset_id: str, name: str) -> Dataset:
    """Give it another name; publishes `changed`."""
    row = _row(session, user_id, dataset_id)
    row.name = name
    event = events.publish(session, user_id, TOPIC, EventType.CHANGED, _dataset(row, 0))
    return _dataset(row, event.seq)


def delete(session: Session, user_id: str, dataset_id: str) -> Dataset:
    """Forget it; its files are the caller's to discard. Publishes `deleted`."""
    row = _row(session, user_id, dataset_id)
    event = events.append(session, user_id, TOPIC, EventType.DELETED, {"id": dataset_id})
    dataset = _dataset(row, event.seq)
    session.delete(row)
    session.flush()
    return dataset


def shared(session: Session, sha256: str) -> bool:
    """Whether any dataset of any user still has this content; its folder must then stay."""
    return (
        session.scalar(select(DatasetRow.id).where(DatasetRow.sha256 == sha256).limit(1))
        is not None
    )


def jobs_using(session: Session, user_id: str, dataset_id: str) -> list[str]:
    """Ids of jobs that still need this dataset: those that wait, work, or could be resumed."""
    row = _row(session, user_id, dataset_id)
    return list(
        session.scalars(
            select(JobRow.id)
            .where(
                JobRow.user_id == user_id,
                JobRow.state.not_in([JobState.COMPLETED.value]),
                or_(
                    JobRow.inputs["dataset_id"].as_string() == dataset_id,
                    JobRow.inputs["test_sha256"].as_string() == row.sha256,
                    JobRow.inputs["dataset_sha256"].as_string() == row.sha256,
                ),
            )
            .order_by(JobRow.created)
        )
    )
