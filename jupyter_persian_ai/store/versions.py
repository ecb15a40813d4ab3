"""Versions of datasets: adding one, looking at them, forgetting one.

A version never changes once it is there. The dataset's own row repeats what its newest version
says; keeping the two in step is owned here. Content folders are the caller's: `shared` says
whether one is still needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..errors import Conflict, NotFound
from ..protocol.base import Page
from ..protocol.data import Dataset, DatasetReport, DatasetShape
from ..protocol.events import EventType
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.versions import DatasetVersion
from . import events, users
from .schema import DatasetRow, DatasetVersionRow

TOPIC = "datasets"
#: Any number of ours: the key of PostgreSQL's advisory lock around content folders.
_CONTENT_KEY = 727_274_2


@dataclass(frozen=True, slots=True)
class Made:
    """How a version came to be, beside what it holds."""

    recipe: tuple[dict[str, Any], ...] = ()
    parent_dataset_id: str = ""
    parent_number: int | None = None
    note: str = ""
    job_id: str | None = None


def dataset_row(session: Session, user_id: str, dataset_id: str) -> DatasetRow:
    """The user's dataset.

    Raises:
        NotFound: when there is none, or it is another user's.

    """
    found = session.scalar(
        select(DatasetRow).where(DatasetRow.id == dataset_id, DatasetRow.user_id == user_id)
    )
    if found is None:
        raise NotFound(what="dataset", id=dataset_id)
    return found


def to_dataset(row: DatasetRow, seq: int) -> Dataset:
    """A dataset as the wire shows it, as of an event number."""
    return Dataset(
        id=row.id,
        name=row.name,
        shape=DatasetShape(row.shape),
        source=row.source,
        sha256=row.sha256,
        bytes=row.bytes,
        report=DatasetReport.model_validate(row.report),
        license=row.license,
        version=row.version,
        parent_id=row.parent_id,
        normaliser=_recipe(row.normaliser),
        created=row.created,
        seq=seq,
    )


def get(
    session: Session, user_id: str, dataset_id: str, number: int | None = None
) -> tuple[DatasetVersion, str]:
    """One version, the newest without a number, and the folder of its canonical rows.

    Raises:
        NotFound: no such dataset of this user, or no such version of it.

    """
    dataset = dataset_row(session, user_id, dataset_id)
    row = _row(session, dataset, dataset.version if number is None else number)
    return _version(row), row.path


def page(session: Session, user_id: str, dataset_id: str) -> Page[DatasetVersion]:
    """Every version of a dataset, the newest first."""
    dataset_row(session, user_id, dataset_id)
    rows = session.scalars(
        select(DatasetVersionRow)
        .where(DatasetVersionRow.dataset_id == dataset_id)
        .order_by(DatasetVersionRow.number.desc())
    )
    seq = events.last(session, user_id)
    return Page[DatasetVersion](items=[_version(row) for row in rows], seq=seq)


def first(session: Session, dataset: Dataset, path: str, made: Made) -> None:
    """Version 1 of a dataset whose row was just added."""
    session.add(_new(dataset, 1, path, made))
    session.flush()


def add(session: Session, user_id: str, dataset: Dataset, path: str, made: Made) -> DatasetVersion:
    """Another version of the dataset `dataset.id`, which becomes its newest; publishes `changed`.

    Of `dataset` count what describes content: shape, sha256, bytes, report, normaliser, created.
    """
    users.lock(session, user_id)
    row = dataset_row(session, user_id, dataset.id)
    row.numbered += 1
    added = _new(dataset, row.numbered, path, made)
    session.add(added)
    session.flush()
    _describe(row, added)
    events.publish(session, user_id, TOPIC, EventType.CHANGED, to_dataset(row, 0))
    return _version(added)


def delete(session: Session, user_id: str, dataset_id: str, number: int) -> DatasetVersion:
    """Forget one version; publishes `changed`. Its folder is the caller's to discard.

    Raises:
        NotFound: there is no such version.
        Conflict: it is the only one.

    """
    users.lock(session, user_id)
    dataset = dataset_row(session, user_id, dataset_id)
    gone = _row(session, dataset, number)
    rest = select(DatasetVersionRow).where(
        DatasetVersionRow.dataset_id == dataset_id, DatasetVersionRow.number != number
    )
    newest = session.scalar(rest.order_by(DatasetVersionRow.number.desc()).limit(1))
    if newest is None:
        raise Conflict(
            reason="it is the only version of this dataset; delete the dataset itself",
            reason_fa="تنها نسخهٔ این داده است؛ خود داده را حذف کنید",
        )
    version = _version(gone)
    session.delete(gone)
    session.flush()
    _describe(dataset, newest)
    events.publish(session, user_id, TOPIC, EventType.CHANGED, to_dataset(dataset, 0))
    return version


def by_job(session: Session, user_id: str, job_id: str) -> list[DatasetVersion]:
    """The versions that a job made and that are still there."""
    rows = session.scalars(
        select(DatasetVersionRow)
        .join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)
        .where(DatasetVersionRow.job_id == job_id, DatasetRow.user_id == user_id)
        .order_by(DatasetVersionRow.created, DatasetVersionRow.dataset_id)
    )
    return [_version(row) for row in rows]


def contents(session: Session, dataset_id: str) -> set[str]:
    """The sha256 of everything that versions of this dataset hold."""
    query = select(DatasetVersionRow.sha256).where(DatasetVersionRow.dataset_id == dataset_id)
    return set(session.scalars(query))


def shared(session: Session, sha256: str) -> bool:
    """Whether any version of any user has this content; its folder must then stay."""
    query = select(DatasetVersionRow.number).where(DatasetVersionRow.sha256 == sha256).limit(1)
    return session.scalar(query) is not None


def hold_contents(session: Session) -> None:
    """Let no other transaction keep or drop content folders until this one ends.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CONTENT_KEY})


def _row(session: Session, dataset: DatasetRow, number: int) -> DatasetVersionRow:
    found = session.get(DatasetVersionRow, (dataset.id, number))
    if found is None:
        raise NotFound(what="version", id=str(number))
    return found


def _new(dataset: Dataset, number: int, path: str, made: Made) -> DatasetVersionRow:
    return DatasetVersionRow(
        dataset_id=dataset.id,
        number=number,
        path=path,
        sha256=dataset.sha256,
        bytes=dataset.bytes,
        shape=dataset.shape.value,
        report=dataset.report.model_dump(mode="json"),
        recipe=list(made.recipe),
        parent_dataset_id=made.parent_dataset_id,
        parent_number=made.parent_number,
        normaliser=dataset.normaliser.model_dump(mode="json") if dataset.normaliser else None,
        note=made.note,
        job_id=made.job_id,
        created=dataset.created,
    )


def _describe(dataset: DatasetRow, newest: DatasetVersionRow) -> None:
    """Let the dataset's row say what its newest version says."""
    dataset.version = newest.number
    for name in ("shape", "sha256", "path", "bytes", "report", "normaliser"):
        setattr(dataset, name, getattr(newest, name))


def _version(row: DatasetVersionRow) -> DatasetVersion:
    return DatasetVersion.model_validate(
        {
            name: getattr(row, name)
            for name in DatasetVersion.model_fields
            if name not in {"report", "normaliser"}
        }
        | {"report": DatasetReport.model_validate(row.report)}
        | {"normaliser": _recipe(row.normaliser)}
    )


def _recipe(stored: dict[str, Any] | None) -> NormaliserRecipe | None:
    return None if stored is None else NormaliserRecipe.model_validate(stored)
