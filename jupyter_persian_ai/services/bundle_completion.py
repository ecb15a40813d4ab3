"""What a completed job of bundles leaves behind: a dataset; the model of one is `adoption`'s.

Owns the hook that runs in the transaction which takes the worker's last word, so that no job is
complete without what it brought, and nothing is made twice.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from ..curation.staging import staged
from ..protocol.base import now
from ..protocol.data import Dataset, DatasetReport
from ..protocol.jobs import Job, JobKind, JobState
from ..protocol.normaliser import NormaliserRecipe
from ..settings import Settings
from ..store import datasets as dataset_rows
from ..store import jobs as job_rows
from ..store import versions
from ..store.versions import Made
from .bundle_uploads import BundleUploads
from .contents import Contents


class Unbundled:
    """The hook; see the module's docstring."""

    def __init__(self, settings: Settings, contents: Contents, uploads: BundleUploads) -> None:
        self._settings = settings
        self._contents = contents
        self._uploads = uploads

    def job_changed(self, session: Session, job: Job) -> None:
        """Make known what a completed job brought; let go of the parts that were sent for it."""
        if job.kind is not JobKind.BUNDLE or job.state is not JobState.COMPLETED:
            return
        user_id = job_rows.owner(session, job.id)
        if "report" in job.result and not versions.by_job(session, user_id, job.id):
            self._dataset(session, user_id, job)
        if job.recipe == "unpack":
            self._uploads.let_go(Path(job.inputs["path"]))

    def _dataset(self, session: Session, user_id: str, job: Job) -> None:
        report = DatasetReport.model_validate(job.result["report"])
        recipe = job.result.get("normaliser")
        dataset = Dataset(
            id=job.id,
            name=job.name,
            shape=report.shape,
            source="bundle",
            sha256=job.result["sha256"],
            bytes=job.result["bytes"],
            report=report,
            license=str(job.result.get("license", "")),
            normaliser=NormaliserRecipe.model_validate(recipe) if recipe else None,
            created=now(),
        )
        rows = staged(self._settings.data_dir, job)
        path = self._contents.keep(session, rows, dataset.sha256)
        dataset_rows.insert(session, user_id, dataset, str(path), Made(job_id=job.id))
