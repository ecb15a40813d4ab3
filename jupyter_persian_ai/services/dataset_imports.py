"""Imports: a look at the beginning of a file, and reading all of it as a job.

Owns what a worker is told of an import, and keeping what was read as a dataset. The file itself
is opened by confined processes only.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..curation.staging import PROBLEMS, staged
from ..errors import Conflict, DatasetMissing, InvalidField, NotFound
from ..protocol.data import Dataset, ProblemPage
from ..protocol.jobs import Job, JobKind, JobState
from ..protocol.versions import ImportAsk, Peek
from ..settings import Settings
from ..store import Store, users, versions
from ..store import datasets as rows
from ..store import jobs as job_rows
from . import dataset_problems
from .archive import unblocked
from .confining import confine
from .contents import Contents
from .dataset_completion import imported
from .disk import need_room
from .downloads import need_repository
from .hub_settings import HubWay
from .queueing import NewJob, Queue
from .uploads import Uploads

_PEEK = "jupyter_persian_ai.datasets.peeking:peek"
#: A beginning that takes longer than this is no beginning.
_PEEK_SECONDS = 60.0
#: Canonical rows are JSON, which is a little larger than what they were made of.
GROWTH = 1.5


class Imports:
    """A user's imports."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        queue: Queue,
        uploads: Uploads,
        contents: Contents,
        way: HubWay,
    ) -> None:
        self._way = way
        self._store = store
        self._settings = settings
        self._queue = queue
        self._uploads = uploads
        self._contents = contents

    async def peek(self, user_id: str, ask: ImportAsk) -> Peek:
        """The beginning of a file, at once; nothing is kept.

        Raises:
            InvalidField: it names no file of this machine.
            NotFound, DatasetMissing: there is no such upload, or no readable file.
            DatasetProblem: the beginning cannot be read.

        """
        if ask.repo_id:
            raise InvalidField(
                field="repo_id",
                reason="files of the Hub are looked at once they are here: import them",
                reason_fa="فایل‌های هاب پس از دریافت دیده می‌شوند: واردشان کنید",
            )
        file = await asyncio.to_thread(self._file, user_id, ask)
        payload = reading(self._settings, ask) | {"files": [file]}
        answer = await confine(self._settings, _PEEK, payload, seconds=_PEEK_SECONDS)
        return Peek.model_validate(answer)

    async def submit(self, user_id: str, ask: ImportAsk, key: str | None) -> tuple[Job, bool]:
        """Queue the reading; the same key and request give the same job (and False).

        Raises:
            InvalidField: it names no file, or more than one kind of source.
            NotFound, DatasetMissing: there is no such upload, or no readable file.
            DiskFull: there is no room for it.

        """
        files: list[dict[str, str]] = []
        if ask.repo_id:
            _one_source(ask)
            need_repository(ask.repo_id)
            need_room(self._settings, 1)
        else:
            files = [await asyncio.to_thread(self._file, user_id, ask)]
            size = await asyncio.to_thread(os.path.getsize, files[0]["path"])
            need_room(self._settings, int(size * GROWTH))
        name = ask.name or (files[0]["name"] if files else ask.repo_id)
        inputs = worker_limits(self._settings) | {
            "files": files,
            "hub_dir": str(self._settings.data_dir / "hub"),
        }
        if ask.repo_id:
            inputs |= await asyncio.to_thread(self._way.inputs_for, user_id, "dataset", ask.repo_id)
        return await self._queue.submit(
            NewJob(
                user_id=user_id,
                kind=JobKind.DATASET,
                recipe="import",
                name=name[:120],
                options=ask.model_dump(mode="json"),
                inputs=inputs,
                key=key,
            )
        )

    async def keep(self, user_id: str, job_id: str, name: str) -> Dataset:
        """Make a dataset of what the job read; when it was made already, that one.

        Raises:
            NotFound: no such import of this user.
            Conflict: it has not read everything, or what it read is gone.

        """

        def write(session: Session) -> Dataset:
            users.lock(session, user_id)
            job = self._import(session, user_id, job_id)
            if job.state is not JobState.COMPLETED:
                raise Conflict(
                    reason=f"the reading is {job.state.value}",
                    reason_fa="خواندن هنوز کامل نشده است",
                )
            if made := versions.by_job(session, user_id, job_id):
                return rows.get(session, user_id, made[0].dataset_id)
            kept = imported(session, user_id, job, self._contents, self._staged(job), name)
            job_rows.amend_result(session, user_id, job_id, {**job.result, "dataset_id": kept.id})
            self._uploads.let_go(job.options.get("upload_id", ""))
            return kept

        return await self._store.awrite(write)

    async def folder(self, user_id: str, job_id: str) -> tuple[Path, str]:
        """Where the canonical rows that a job read lie, kept or not, and their sha256.

        Raises:
            NotFound: no such import of this user.
            Conflict: there are none, or no longer.

        """

        def read(session: Session) -> tuple[Path, str]:
            job = self._import(session, user_id, job_id)
            sha256 = str(job.result.get("sha256", ""))
            if not sha256:
                raise Conflict(reason="it has not been read yet", reason_fa="هنوز خوانده نشده است")
            return self._staged(job), sha256

        staged, sha256 = await self._store.aread(read)
        for folder in (staged, self._contents.folder(sha256)):
            if await asyncio.to_thread((folder / "rows.jsonl").is_file):
                return folder, sha256
        raise Conflict(
            reason="what was read is no longer there; read it again",
            reason_fa="آنچه خوانده شده بود دیگر نیست؛ دوباره بخوانید",
        )

    async def problems(
        self, user_id: str, job_id: str, *, offset: int, limit: int, code: str
    ) -> ProblemPage:
        """Rows that were left out, from `offset` on."""
        file = await self._problems(user_id, job_id)
        return await asyncio.to_thread(
            dataset_problems.page, file, offset=offset, limit=limit, code=code
        )

    async def problems_csv(self, user_id: str, job_id: str) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name, and every row that was left out as CSV."""
        file = await self._problems(user_id, job_id)
        job = await self._store.aread(lambda s: self._import(s, user_id, job_id))
        return f"{job.name}-problems.csv", unblocked(dataset_problems.csv_pieces(file))

    async def _problems(self, user_id: str, job_id: str) -> Path:
        job = await self._store.aread(lambda s: self._import(s, user_id, job_id))
        return self._staged(job).with_name(PROBLEMS)

    def _import(self, session: Session, user_id: str, job_id: str) -> Job:
        job = job_rows.get(session, user_id, job_id)
        if job.kind is not JobKind.DATASET or job.recipe != "import":
            raise NotFound(what="job", id=job_id)
        return job

    def _staged(self, job: Job) -> Path:
        return staged(self._settings.data_dir, job)

    def _file(self, user_id: str, ask: ImportAsk) -> dict[str, str]:
        _one_source(ask)
        if ask.upload_id:
            upload, file = self._uploads.find(user_id, ask.upload_id)
            return {"path": str(file), "name": upload.name}
        return {"path": str(readable(ask.path)), "name": Path(ask.path).name}


def worker_limits(settings: Settings) -> dict[str, Any]:
    """What every worker of datasets is told of limits."""
    return {
        "memory_bytes": settings.dataset_memory_bytes,
        "silent_seconds": settings.dataset_seconds,
        "max_line_bytes": settings.max_line_bytes,
        "disk_reserve_bytes": settings.disk_reserve_bytes,
    }


def reading(settings: Settings, ask: ImportAsk) -> dict[str, Any]:
    """How a file is to be read, for the confined reader."""
    return {
        "members": ask.members,
        "shape": ask.shape.value if ask.shape else None,
        "shapes": [shape.value for shape in ask.shapes],
        "fields": ask.fields,
        "encoding": ask.encoding,
        "max_line_bytes": settings.max_line_bytes,
        "disk_reserve_bytes": settings.disk_reserve_bytes,
    }


def readable(path: str) -> Path:
    """A regular file that can be read; the confined reader is the one to open it.

    Raises:
        DatasetMissing: there is none.

    """
    try:
        file = Path(path).expanduser()
        if "\x00" not in path and file.is_file() and os.access(file, os.R_OK):
            return file.resolve()
    except (OSError, RuntimeError, ValueError):  # too long a name, no such home, ...
        pass
    raise DatasetMissing(path=path.replace("\x00", "␀"))


def _one_source(ask: ImportAsk) -> None:
    given = [name for name in ("path", "upload_id", "repo_id") if getattr(ask, name)]
    if len(given) != 1:
        raise InvalidField(
            field=given[1] if given else "path",
            reason="name one of path, upload_id and repo_id",
            reason_fa="یکی از path و upload_id و repo_id را بدهید",
        )
