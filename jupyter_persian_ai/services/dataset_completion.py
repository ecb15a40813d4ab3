"""What a completed job of datasets leaves behind: a dataset, a version, the parts of a split.

Owns the hook that runs in the transaction which takes the worker's last word, so that no job is
complete without what it was asked for, and nothing is made twice. A server that is killed in
between takes that last word again.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from ..curation import staging
from ..protocol.base import new_id, now
from ..protocol.data import Dataset, DatasetReport
from ..protocol.jobs import Job, JobKind, JobState
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.versions import ImportAsk, NormaliseStep, VersionAsk
from ..settings import Settings
from ..store import datasets as rows
from ..store import jobs as job_rows
from ..store import versions
from ..store.versions import Made
from .contents import Contents
from .uploads import Uploads


class Completion:
    """The hook; see the module's docstring."""

    def __init__(self, settings: Settings, contents: Contents, uploads: Uploads) -> None:
        self._settings = settings
        self._contents = contents
        self._uploads = uploads

    def job_changed(self, session: Session, job: Job) -> None:
        """Make of a completed job what it was asked for."""
        if job.kind is not JobKind.DATASET or job.state is not JobState.COMPLETED:
            return
        user_id = job_rows.owner(session, job.id)
        if versions.by_job(session, user_id, job.id):
            return
        staged = staging.staged(self._settings.data_dir, job)
        if job.recipe == "import" and job.options.get("keep"):
            imported(session, user_id, job, self._contents, staged, "")
            self._uploads.let_go(job.options.get("upload_id", ""))
        elif job.recipe == "version":
            self._version(session, user_id, job, staged)
        elif job.recipe == "split":
            self._parts(session, user_id, job, staged)

    def _version(self, session: Session, user_id: str, job: Job, staged: Path) -> None:
        ask = VersionAsk.model_validate(job.options)
        dataset_id, number = job.inputs["dataset_id"], job.inputs["dataset_version"]
        parent, _ = versions.get(session, user_id, dataset_id, number)
        texts_went_through = [parent.normaliser] + [
            step.recipe for step in ask.steps if isinstance(step, NormaliseStep)
        ]
        dataset = rows.get(session, user_id, dataset_id)
        described = _described(dataset, job.result, texts_went_through[-1])
        made = Made(
            recipe=tuple(step.model_dump(mode="json") for step in ask.steps),
            parent_dataset_id=dataset_id,
            parent_number=parent.number,
            note=ask.note,
            job_id=job.id,
        )
        path = self._contents.keep(session, staged, described.sha256)
        version = versions.add(session, user_id, described, str(path), made)
        result = {
            "dataset_id": dataset_id,
            "number": version.number,
            "counts": job.result.get("counts", []),
        }
        job_rows.amend_result(session, user_id, job.id, result)

    def _parts(self, session: Session, user_id: str, job: Job, staged: Path) -> None:
        dataset_id, number = job.inputs["dataset_id"], job.inputs["dataset_version"]
        parent, _ = versions.get(session, user_id, dataset_id, number)
        whole = rows.get(session, user_id, dataset_id)
        told = []
        for place, part in enumerate(job.result["parts"]):
            described = _described(whole, part, parent.normaliser).model_copy(
                update={
                    "id": new_id(),
                    "name": f"{whole.name[: 117 - len(part['part'])]} · {part['part']}"[:120],
                    "parent_id": dataset_id,
                }
            )
            made = Made(
                recipe=(part["step"],),
                parent_dataset_id=dataset_id,
                parent_number=parent.number,
                job_id=job.id,
            )
            path = self._contents.keep(session, staged / str(place), described.sha256)
            kept = rows.insert(session, user_id, described, str(path), made)
            told.append({"id": kept.id, "part": part["part"], "rows": kept.report.stats.rows})
        job_rows.amend_result(session, user_id, job.id, {"datasets": told})


def imported(
    session: Session, user_id: str, job: Job, contents: Contents, staged: Path, name: str
) -> Dataset:
    """The dataset that an import read, kept under the job's own id."""
    ask = ImportAsk.model_validate(job.options)
    report = DatasetReport.model_validate(job.result["report"])
    source = "hub" if ask.repo_id else "upload" if ask.upload_id else "path"
    dataset = Dataset(
        id=job.id,
        name=(name or ask.name or _stem(job.name))[:120],
        shape=report.shape,
        source=source,
        sha256=job.result["sha256"],
        bytes=job.result["bytes"],
        report=report,
        created=now(),
    )
    path = contents.keep(session, staged, dataset.sha256)
    return rows.insert(session, user_id, dataset, str(path), Made(job_id=job.id))


def _stem(name: str) -> str:
    """A file's name without what says its format; of a repository all of it."""
    return name if "/" in name else Path(name).stem or name


def _described(
    dataset: Dataset, made: dict[str, object], normaliser: NormaliserRecipe | None
) -> Dataset:
    """The dataset as rows that were made of it are."""
    report = DatasetReport.model_validate(made["report"])
    return dataset.model_copy(
        update={
            "report": report,
            "shape": report.shape,
            "sha256": made["sha256"],
            "bytes": made["bytes"],
            "normaliser": normaliser,
            "created": now(),
            "version": 1,
        }
    )
