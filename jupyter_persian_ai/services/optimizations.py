"""Merging an adapter into a model, and writing a model as files for elsewhere, as jobs.

Owns what such a request needs before it may start, and handing out what was written; `optimize`
does the work in a worker. No weight is opened here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from ..errors import Conflict, ExportUnsupported, ModelNotAFolder
from ..optimize import kinds
from ..protocol.data import Model
from ..protocol.jobs import Job, JobState
from ..protocol.making import ExportAsk, MergeAsk
from .archive import unblocked, zip_pieces
from .exports import safe_name
from .model_jobs import ModelJobs
from .models import Models


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export made: one file by itself, or the pieces of a zip of all."""

    name: str
    file: Path | None
    pieces: AsyncGenerator[bytes] | None


class Optimizations:
    """A user's merges and exports."""

    def __init__(self, models: Models, jobs: ModelJobs) -> None:
        self._models = models
        self._jobs = jobs

    async def submit(
        self, user_id: str, ask: MergeAsk | ExportAsk, key: str | None = None
    ) -> tuple[Job, bool]:
        """Queue one; the same key and request give the same job (and False).

        Raises:
            NotFound: no such model or version of this user.
            ModelNotAFolder: there is no folder where the adapter is said to be.
            ExportUnsupported: GGUF has no words for such a model.

        """
        if isinstance(ask, MergeAsk):
            await asyncio.to_thread(_need_folder, ask.adapter)
        number = ask.version if isinstance(ask, ExportAsk) else None
        model = await self._models.get(user_id, ask.model_id, number)
        if isinstance(ask, ExportAsk) and ask.format == "gguf":
            _need_words(model)
        return await self._jobs.submit(
            user_id,
            ask.recipe,
            name=(ask.name if isinstance(ask, MergeAsk) else "") or model.name,
            options=ask.model_dump(mode="json"),
            inputs={
                "model_path": model.path,
                "model_id": model.id,
                "model_name": model.name,
                "model_version": model.version,
                "license": model.license,
                "base_repo": model.repo_id,
                "base_names": [model.name, model.repo_id, model.path],
            },
            key=key,
        )

    async def exported(self, user_id: str, job_id: str) -> Exported:
        """The files that an export wrote.

        Raises:
            NotFound: no such job.
            Conflict: it is no export, it is not done, or its files are gone.

        """
        job = await self._jobs.get(user_id, job_id)
        if job.recipe != "export" or job.state is not JobState.COMPLETED:
            raise Conflict(
                reason="this job has written no files to take away",
                reason_fa="این کار فایلی برای بردن ننوشته است",
            )
        folder = Path(str(job.result["path"]))
        if not await asyncio.to_thread(folder.is_dir):
            raise Conflict(reason="its files are gone", reason_fa="فایل‌هایش از میان رفته است")
        files = [str(file["name"]) for file in job.result["files"]]
        if len(files) == 1:
            return Exported(files[0], folder / files[0], None)
        name = safe_name(job.name)
        return Exported(f"{name}.zip", None, unblocked(zip_pieces(folder, name)))


def _need_folder(path: str) -> None:
    if "\x00" in path or not Path(path).expanduser().is_dir():
        raise ModelNotAFolder(
            path=path, reason="there is no such folder", reason_fa="چنین پوشه‌ای نیست"
        )


def _need_words(model: Model) -> None:
    if kinds.of(model.model_type, model.architecture) is None:
        raise ExportUnsupported(
            model_type=model.model_type,
            architecture=model.architecture,
            known=", ".join(kinds.KNOWN),
        )
