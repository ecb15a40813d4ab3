"""Datasets: what is known of each; their content lies in the data root under `path`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..protocol.base import Page
from ..protocol.data import Dataset
from ..protocol.events import EventType
from . import events, pages, versions
from .schema import DatasetRow
from .versions import TOPIC, Made
from .versions import dataset_row as _row
from .versions import to_dataset as _dataset


def insert(
    session: Session, user_id: str, dataset: Dataset, path: str = "", made: Made | None = None
) -> Dataset:
    """Keep a dataset whose canonical rows lie in the folder `path`; publishes `created`.

    What it holds is its version 1; `made` says how that came to be, of an import nothing.
    """
    row = DatasetRow(
        user_id=user_id,
        path=path,
        **dataset.model_dump(
            include={"id", "name", "source", "sha256", "bytes", "license", "parent_id"}
        ),
        shape=dataset.shape.value,
        report=dataset.report.model_dump(mode="json"),
        version=1,
        numbered=1,
        normaliser=dataset.normaliser.model_dump(mode="json") if dataset.normaliser else None,
        created=dataset.created,
    )
    event = events.publish(session, user_id, TOPIC, EventType.CREATED, dataset)
    session.add(row)
    session.flush()
    versions.first(session, dataset, path, made or Made())
    return _dataset(row, event.seq)


def get(session: Session, user_id: str, dataset_id: str) -> Dataset:
    """One dataset.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    return _dataset(_row(session, user_id, dataset_id), events.last(session, user_id))


def path(session: Session, user_id: str, dataset_id: str) -> str:
    """The folder of the canonical rows of its newest version."""
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
    """Forget it and its versions; files are the caller's to discard. Publishes `deleted`."""
    row = _row(session, user_id, dataset_id)
    event = events.append(session, user_id, TOPIC, EventType.DELETED, {"id": dataset_id})
    dataset = _dataset(row, event.seq)
    session.delete(row)
    session.flush()
    return dataset
