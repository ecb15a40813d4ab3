"""Versions: what steps would do, making one, splitting, forgetting one.

Owns what a worker is told of the version that it begins from and of others that steps compare
it with. Rows are read by confined processes only.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import Conflict, InvalidField
from ..persian.backends import pinned
from ..protocol.base import Page
from ..protocol.data import Dataset
from ..protocol.jobs import Job, JobKind
from ..protocol.versions import (
    DatasetVersion,
    NormaliseStep,
    PartStep,
    SplitAsk,
    VersionAsk,
    VersionDiff,
    VersionPreview,
    WithoutStep,
)
from ..settings import Settings
from ..store import Store, dataset_users, users, versions
from ..store import datasets as rows
from ..store import jobs as job_rows
from .confining import confine
from .contents import Contents
from .dataset_imports import worker_limits
from .disk import need_room
from .queueing import NewJob, Queue

_PREVIEW = "jupyter_persian_ai.datasets.steps:preview"
_DIFF = "jupyter_persian_ai.datasets.diffing:compare"
_PREVIEW_SECONDS = 60.0


class Versions:
    """A user's versions of datasets."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        queue: Queue,
        contents: Contents,
    ) -> None:
        self._store = store
        self._settings = settings
        self._queue = queue
        self._contents = contents

    async def page(self, user_id: str, dataset_id: str) -> Page[DatasetVersion]:
        """Every version of a dataset, the newest first."""
        return await self._store.aread(lambda s: versions.page(s, user_id, dataset_id))

    async def get(self, user_id: str, dataset_id: str, number: int | None) -> DatasetVersion:
        """One version; the newest without a number."""
        found = await self._store.aread(lambda s: versions.get(s, user_id, dataset_id, number))
        return found[0]

    async def folder(
        self, user_id: str, dataset_id: str, number: int | None
    ) -> tuple[DatasetVersion, Path]:
        """One version and where its canonical rows lie."""
        version, path = await self._store.aread(
            lambda s: versions.get(s, user_id, dataset_id, number)
        )
        return version, Path(path)

    async def delete(self, user_id: str, dataset_id: str, number: int, *, force: bool) -> None:
        """Forget a version; its content goes with the last version that has it.

        Raises:
            NotFound: there is no such version.
            Conflict: it is the only one, or somebody needs it.

        """

        def write(session: Session) -> tuple[None, Iterable[str]]:
            users.lock(session, user_id)
            need_nobody(session, user_id, dataset_id, number, force=force)
            gone = versions.delete(session, user_id, dataset_id, number)
            return None, [gone.sha256]

        await self._contents.dropping(self._store, write)

    async def preview(self, user_id: str, dataset_id: str, ask: VersionAsk) -> VersionPreview:
        """What the steps would do to the beginning of a version; nothing is kept.

        Raises:
            NotFound: no such dataset or version, or none that a step names.
            DatasetProblem: a step does not fit the data.

        """
        _, inputs = await self._store.aread(
            lambda s: self._inputs(s, user_id, dataset_id, ask.version, ask)
        )
        payload = {
            "source_dir": inputs["source_dir"],
            "steps": [step.model_dump(mode="json") for step in ask.steps],
            "name": inputs["dataset_name"],
            "others": inputs["other_dirs"],
        }
        answer = await confine(self._settings, _PREVIEW, payload, seconds=_PREVIEW_SECONDS)
        return VersionPreview.model_validate(answer)

    async def make(
        self, user_id: str, dataset_id: str, ask: VersionAsk, key: str | None
    ) -> tuple[Job, bool]:
        """Queue the making of a version; the same key and request give the same job.

        Raises:
            NotFound: no such dataset or version, or none that a step names.
            NormaliserMissing, NormaliserVersion: a step's back end is not here as it says.
            DiskFull: there is no room for it.

        """
        _settle_parts(ask)
        _pin_normalisers(ask)
        return await self._submit(user_id, dataset_id, "version", ask, key)

    async def split(
        self, user_id: str, dataset_id: str, ask: SplitAsk, key: str | None
    ) -> tuple[Job, bool]:
        """Queue a split; each part becomes a dataset.

        Raises:
            NotFound: no such dataset or version.
            InvalidField: the shares do not sum to 1, or a part has no name.
            DiskFull: there is no room for it.

        """
        _sound_parts(ask.parts, "parts")
        return await self._submit(user_id, dataset_id, "split", ask, key)

    async def near_duplicates(
        self, user_id: str, dataset_id: str, number: int | None
    ) -> tuple[Job, bool]:
        """Queue the search for rows that are almost the same; one that waits or works is that one.

        Raises:
            NotFound: no such dataset or version.

        """
        return await self._submit(user_id, dataset_id, "near_duplicates", None, None, number)

    async def diff(
        self, user_id: str, dataset_id: str, before: int, after: int, *, offset: int, limit: int
    ) -> VersionDiff:
        """How one version came to be another.

        Raises:
            NotFound: no such dataset, or one of the versions is not there.

        """

        def read(session: Session) -> tuple[str, str, bool]:
            _, from_dir = versions.get(session, user_id, dataset_id, before)
            to, to_dir = versions.get(session, user_id, dataset_id, after)
            made = (to.parent_dataset_id, to.parent_number) == (dataset_id, before)
            return from_dir, to_dir, made

        from_dir, to_dir, made = await self._store.aread(read)
        payload = {"from_dir": from_dir, "to_dir": to_dir, "made_of_it": made}
        answer = await confine(self._settings, _DIFF, payload | {"offset": offset, "limit": limit})
        return VersionDiff.model_validate(answer)

    async def _submit(
        self,
        user_id: str,
        dataset_id: str,
        recipe: str,
        ask: VersionAsk | SplitAsk | None,
        key: str | None,
        number: int | None = None,
    ) -> tuple[Job, bool]:
        wanted = ask.version if ask else number

        def write(session: Session) -> tuple[Job, bool]:
            dataset, inputs = self._inputs(
                session, user_id, dataset_id, wanted, ask if isinstance(ask, VersionAsk) else None
            )
            if recipe != "near_duplicates":
                need_room(self._settings, inputs["dataset_bytes"])
            elif there := _under_way(session, user_id, recipe, inputs["dataset_sha256"]):
                return there, False
            new = NewJob(
                user_id=user_id,
                kind=JobKind.DATASET,
                recipe=recipe,
                name=dataset.name,
                options=ask.model_dump(mode="json") if ask else {},
                inputs=inputs,
                key=key,
            )
            return self._queue.add(session, new)

        return await self._queue.committed(write)

    def _inputs(
        self,
        session: Session,
        user_id: str,
        dataset_id: str,
        number: int | None,
        ask: VersionAsk | None,
    ) -> tuple[Dataset, dict[str, Any]]:
        dataset = rows.get(session, user_id, dataset_id)
        version, path = versions.get(session, user_id, dataset_id, number)
        others, dirs = [], {}
        for step in ask.steps if ask else ():
            if isinstance(step, WithoutStep):
                other, folder = versions.get(session, user_id, step.dataset_id, step.version)
                others.append(
                    {"id": step.dataset_id, "version": other.number, "sha256": other.sha256}
                )
                dirs[other_key(step)] = folder
        return dataset, worker_limits(self._settings) | {
            "dataset_id": dataset_id,
            "dataset_version": version.number,
            "dataset_sha256": version.sha256,
            "dataset_name": dataset.name,
            "dataset_bytes": version.bytes,
            "source_dir": path,
            "others": others,
            "other_dirs": dirs,
        }


def _under_way(session: Session, user_id: str, recipe: str, sha256: str) -> Job | None:
    """A job that does this with this content, if one waits or works."""
    users.lock(session, user_id)
    latest = job_rows.page(session, user_id, kind=JobKind.DATASET, limit=100).items
    return next(
        (
            job
            for job in latest
            if job.recipe == recipe
            and not job.state.ended
            and job.inputs.get("dataset_sha256") == sha256
        ),
        None,
    )


def other_key(step: WithoutStep) -> str:
    """Under what a step finds the folder of the data that it compares with."""
    return step.dataset_id if step.version is None else f"{step.dataset_id}@{step.version}"


def need_nobody(
    session: Session, user_id: str, dataset_id: str, number: int | None, *, force: bool
) -> None:
    """Make sure that nobody needs a dataset, or one version of it.

    With `force` jobs that stopped or failed may lose it; those that wait or work may not.

    Raises:
        NotFound: no such dataset or version.
        Conflict: somebody needs it; it says who.

    """
    waiting = dataset_users.of(session, user_id, dataset_id, number).waiting
    if waiting:
        raise Conflict(
            reason=f"these jobs need it: {', '.join(waiting)}",
            reason_fa=f"این کارها به آن نیاز دارند: {'، '.join(waiting)}",
            waiting=waiting,
        )
    resumable = dataset_users.resumable(session, user_id, dataset_id, number)
    if resumable and not force:
        raise Conflict(
            reason="these jobs stopped or failed and could not be resumed without it: "
            + ", ".join(resumable),
            reason_fa="این کارها متوقف یا ناکام شده‌اند و بی‌آن ازسرگرفتنی نیستند: "
            + "، ".join(resumable),
            resumable=resumable,
            force=True,
        )


def _settle_parts(ask: VersionAsk) -> None:
    for place, step in enumerate(ask.steps):
        if isinstance(step, PartStep):
            _sound_parts(step.parts, f"steps.{place}.parts")
            if step.part not in step.parts:
                raise InvalidField(field=f"steps.{place}.part", reason="it is none of the parts")


def _pin_normalisers(ask: VersionAsk) -> None:
    """Record which version of another back end will have made it."""
    for step in ask.steps:
        if isinstance(step, NormaliseStep):
            step.recipe = pinned(step.recipe)


def _sound_parts(parts: dict[str, float], field: str) -> None:
    """Names that can be shown, and shares that sum to 1."""
    if any(not name.strip() or len(name) > 60 for name in parts):
        raise InvalidField(
            field=field,
            reason="each part needs a name of at most 60 characters",
            reason_fa="هر بخش نامی حداکثر ۶۰ نویسه‌ای می‌خواهد",
        )
    if any(not 0 < share < 1 for share in parts.values()) or abs(sum(parts.values()) - 1) > 1e-6:
        raise InvalidField(
            field=field,
            reason="shares lie between 0 and 1 and sum to 1",
            reason_fa="سهم‌ها میان ۰ و ۱ هستند و جمعشان ۱ است",
        )
