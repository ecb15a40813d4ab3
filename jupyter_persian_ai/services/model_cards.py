"""A model's card, of all that the store knows of it: base, job, data, figures, licence.

Owns where each fact is looked up; `hub.card` owns the words. What was deleted since is left out.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from ..errors import NotFound
from ..hub.card import Card
from ..protocol.data import Dataset, Model
from ..protocol.jobs import Job, JobKind
from ..store import datasets, jobs, models


def card_of(
    session: Session, user_id: str, model: Model, *, license_: str = "", repo_id: str = ""
) -> Card:
    """The card of a model; `license_` is what the user says it stands under."""
    job = _job(session, user_id, model.job_id)
    parent = _model(session, user_id, model.parent_id)
    dataset = _dataset(session, user_id, model.dataset_id)
    trained = job is not None and job.kind is JobKind.TRAINING
    base = (parent.repo_id or parent.name) if parent else ""
    return Card(
        name=model.name,
        task=model.task,
        license=license_ or model.license,
        base=base or (model.repo_id if model.repo_id != repo_id else ""),
        way=model.source,
        recipe=job.recipe if job and job.kind is not JobKind.DOWNLOAD else "",
        parameters=model.parameters,
        dtype=model.dtype,
        context_length=model.context_length,
        dataset=dataset.name if dataset else "",
        dataset_version=model.dataset_version,
        dataset_rows=dataset.report.stats.rows if dataset else 0,
        dataset_license=dataset.license if dataset else "",
        normalised=model.normaliser is not None,
        figures=_figures(model.figures),
        options=job.options if trained and job else {},
        repo_id=repo_id,
    )


def _figures(figures: dict[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _job(session: Session, user_id: str, job_id: str | None) -> Job | None:
    with suppress(NotFound):
        return jobs.get(session, user_id, job_id) if job_id else None
    return None


def _model(session: Session, user_id: str, model_id: str) -> Model | None:
    with suppress(NotFound):
        return models.get(session, user_id, model_id) if model_id else None
    return None


def _dataset(session: Session, user_id: str, dataset_id: str) -> Dataset | None:
    with suppress(NotFound):
        return datasets.get(session, user_id, dataset_id) if dataset_id else None
    return None
