"""Bundles: packing what is here, and taking in what was carried here.

Owns what a worker is told, and whose parts may be fetched and looked at. Bundles are opened by
confined processes and workers only; parts that were packed here are sent as they are. What came
out of a bundle is made known by `bundle_completion` (datasets) and `adoption` (models).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..bundling.packing import files, root_of
from ..bundling.unpacking import staging
from ..errors import (
    BundleFileLimit,
    BundleMissing,
    BundlePartMissing,
    BundleSourceChanged,
    InvalidField,
    NotFound,
)
from ..hub.bundles import pack
from ..hub.bundles.disks import largest_file
from ..hub.bundles.manifest import MAX_PARTS
from ..protocol.bundles import Bundle, BundleAsk, UnbundleAsk
from ..protocol.jobs import Job, JobKind
from ..settings import Settings
from ..store import Store, model_versions, versions
from ..store import datasets as dataset_rows
from ..store import jobs as job_rows
from .bundle_uploads import INCOMING, BundleUploads
from .confining import confine
from .dataset_imports import worker_limits
from .disk import need_room
from .jobs import Jobs
from .queueing import NewJob, Queue

_LOOK = "jupyter_persian_ai.hub.bundles.look:look"
#: A look reads a few megabytes at most; a stick may have to wake up first.
_LOOK_SECONDS = 60.0
#: The smallest part; smaller ones would be too many to carry.
LEAST_PART = 1_000_000


class Bundles:
    """A user's bundles."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        queue: Queue,
        jobs: Jobs,
        uploads: BundleUploads,
    ) -> None:
        self._store = store
        self._settings = settings
        self._queue = queue
        self._jobs = jobs
        self._uploads = uploads

    async def start(self) -> None:
        """Sweep what an earlier server left: sets that waited too long, and deleted jobs' work."""

        def ownerless(session: Session) -> list[Path]:
            return [folder for job_id, folder in left.items() if not _is_known(session, job_id)]

        await asyncio.to_thread(self._uploads.sweep)
        left = await asyncio.to_thread(self._work)
        for folder in await self._store.aread(ownerless):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _work(self) -> dict[str, Path]:
        """Folders of ours that belong to a job, by its id."""
        root = self._settings.data_dir
        packed = {path.name: path for path in root.glob("bundles/*") if path.name != INCOMING}
        unpacked = {path.name.split(".")[1]: path for path in root.glob("models/.*.unpacking")}
        return packed | unpacked

    # --- packing --------------------------------------------------------------------------------

    async def pack(self, user_id: str, ask: BundleAsk, key: str | None) -> tuple[Job, bool]:
        """Queue the packing; the same key and request give the same job (and False).

        Raises:
            NotFound: no such model or dataset, or version.
            InvalidField: parts of this size cannot be, or there is no such folder.
            BundleFileLimit: the disk of that folder takes no files so large.
            BundleNotPackable, ModelProblem: the model's folder is not as it should be.
            DiskFull: there is no room for it.

        """
        out = await asyncio.to_thread(self._out, ask.folder)
        name, inputs = await self._store.aread(lambda s: _source(s, user_id, ask))
        size = await asyncio.to_thread(_size, ask.subject, Path(inputs["source_dir"]))
        _check_parts(ask.part_bytes, size)
        if out is None:
            need_room(self._settings, size)
        else:
            await asyncio.to_thread(_need_small_files, out, ask.part_bytes, size)
        inputs |= {
            "out_dir": str(out or self._settings.data_dir / "bundles"),
            "chosen_folder": out is not None,
            "part_bytes": ask.part_bytes,
            "disk_reserve_bytes": self._settings.disk_reserve_bytes,
        }
        return await self._submit(user_id, "pack", name, ask, inputs, key)

    async def part(self, user_id: str, job_id: str, name: str) -> Path:
        """The file of a part that a completed job packed.

        Raises:
            NotFound: it packed no such part, or it is no longer there.

        """
        job = await self._jobs.get(user_id, job_id)
        names = {str(part["name"]) for part in job.result.get("parts", ())}
        if job.recipe != "pack" or name not in names:
            raise NotFound(what="part", what_fa="پاره", id=name)
        path = Path(str(job.result["path"])).with_name(name)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound(what="part", what_fa="پاره", id=name)
        return path

    # --- unpacking ------------------------------------------------------------------------------

    async def look(self, user_id: str, path: str) -> Bundle:
        """What bundle lies at a path, and which of its parts are there.

        Raises:
            BundleProblem: one of its kinds.

        """
        place = await asyncio.to_thread(_real, path)
        if place is None or not await self._may_see(user_id, place):
            raise BundleMissing(
                path=path.replace("\x00", "␀")[:400],
                reason="there is nothing there",
                reason_fa="چیزی آنجا نیست",
            )
        answer = await confine(
            self._settings, _LOOK, {"path": str(place), "name": place.name}, seconds=_LOOK_SECONDS
        )
        return Bundle.model_validate(answer)

    async def unpack(self, user_id: str, ask: UnbundleAsk, key: str | None) -> tuple[Job, bool]:
        """Queue the taking in; the same key and request give the same job (and False).

        Raises:
            BundleProblem: one of its kinds, such as a part that is missing.
            DiskFull: there is no room for it.

        """
        bundle = await self.look(user_id, ask.path)
        if missing := [part.name for part in bundle.parts if not part.present]:
            raise BundlePartMissing(parts=", ".join(missing[:20]), path=ask.path)
        need_room(self._settings, bundle.files_bytes)
        inputs = worker_limits(self._settings) | {
            "path": bundle.path,
            "bundle_id": bundle.id,
            "subject": bundle.subject,
            "models_dir": str(self._settings.data_dir / "models"),
        }
        name = (ask.name or bundle.name or Path(bundle.path).name)[:120]
        return await self._submit(user_id, "unpack", name, ask, inputs, key)

    # --- jobs -----------------------------------------------------------------------------------

    async def delete(self, user_id: str, job_id: str) -> None:
        """Delete an ended job, with parts in the data root and with what is half done anywhere.

        What was packed into a folder of the user's stays, and so does what was taken in.
        """
        job = await self._jobs.get(user_id, job_id)
        await self._jobs.delete(user_id, job_id)
        await asyncio.to_thread(self._discard, job)

    def _discard(self, job: Job) -> None:
        if job.recipe == "unpack":
            shutil.rmtree(staging(self._settings.data_dir / "models", job.id), ignore_errors=True)
            return
        shutil.rmtree(self._settings.data_dir / "bundles" / job.id, ignore_errors=True)
        if job.inputs.get("chosen_folder"):
            root = root_of(job.inputs["root"], job.id)
            for left in pack.leftovers(Path(job.inputs["out_dir"]), root):
                left.unlink(missing_ok=True)

    async def _submit(
        self,
        user_id: str,
        recipe: str,
        name: str,
        ask: BundleAsk | UnbundleAsk,
        inputs: dict[str, Any],
        key: str | None,
    ) -> tuple[Job, bool]:
        return await self._queue.submit(
            NewJob(
                user_id=user_id,
                kind=JobKind.BUNDLE,
                recipe=recipe,
                name=name,
                options=ask.model_dump(mode="json"),
                inputs=inputs,
                key=key,
            )
        )

    # --- places ---------------------------------------------------------------------------------

    def _out(self, folder: str) -> Path | None:
        """The user's folder to write into; None for one of ours."""
        if not folder:
            return None
        out = _real(folder)
        if out is None or not out.is_dir():
            raise _bad_folder("there is no such folder", "چنین پوشه‌ای نیست")
        if self._is_ours(out):
            raise _bad_folder("it lies in the data root", "در پوشهٔ داده‌های خود سرویس است")
        if not os.access(out, os.W_OK | os.X_OK):
            raise _bad_folder("it cannot be written to", "نوشتنی نیست")
        return out

    async def _may_see(self, user_id: str, place: Path) -> bool:
        """Whether a path may be looked at: within the data root only what is the user's own."""
        if not self._is_ours(place) or self._uploads.owns(user_id, place):
            return True
        packed = (self._settings.data_dir / "bundles").resolve()
        folder = place if place.parent == packed else place.parent
        if folder.parent != packed:
            return False
        try:
            await self._jobs.get(user_id, folder.name)
        except NotFound:
            return False
        return True

    def _is_ours(self, place: Path) -> bool:
        root = self._settings.data_dir.resolve()
        return place == root or root in place.parents


def _is_known(session: Session, job_id: str) -> bool:
    try:
        job_rows.owner(session, job_id)
    except NotFound:
        return False
    return True


def _source(session: Session, user_id: str, ask: BundleAsk) -> tuple[str, dict[str, Any]]:
    """The name of what is to be packed, and where and what it is."""
    if ask.subject == "model":
        model = model_versions.described(session, user_id, ask.id, ask.version)
        name, licence, folder, number = model.name, model.license, model.path, model.version
        about = {"architecture": model.architecture}
    else:
        dataset = dataset_rows.get(session, user_id, ask.id)
        version, folder = versions.get(session, user_id, ask.id, ask.version)
        name, licence, number = dataset.name, dataset.license, version.number
        about = {"shape": dataset.shape.value}
        if version.normaliser is not None:
            about["normaliser"] = version.normaliser.model_dump_json()
    return name, {
        "subject": ask.subject,
        "source_dir": folder,
        "name": name[:120],
        "license": licence[:400],
        "root": _root(name, number),
        "about": about,
    }


def _root(name: str, number: int) -> str:
    """What the files are called: ASCII, so that any disk and any tool takes it."""
    kept = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40].strip("-")
    return f"{kept or 'bundle'}-v{number}"


def _size(subject: str, folder: Path) -> int:
    """Bytes of what is packed of a folder; only names and sizes are looked at."""
    size = 0
    for name, path in files(subject, folder):
        try:
            size += path.stat().st_size
        except OSError:
            raise BundleSourceChanged(file=name) from None
    return size


def _check_parts(part_bytes: int, size: int) -> None:
    if part_bytes and part_bytes < LEAST_PART:
        raise InvalidField(
            field="part_bytes",
            reason=f"a part has at least {LEAST_PART} bytes",
            reason_fa=f"هر پاره دست‌کم {LEAST_PART} بایت است",
            least=LEAST_PART,
        )
    if part_bytes and size // part_bytes >= MAX_PARTS:
        raise InvalidField(
            field="part_bytes",
            reason=f"that would be more than {MAX_PARTS} parts",
            reason_fa=f"بیش از {MAX_PARTS} پاره می‌شود",
            least=size // MAX_PARTS + 1,
        )


def _need_small_files(out: Path, part_bytes: int, size: int) -> None:
    limit, largest = largest_file(out), min(part_bytes or size, size)
    if limit is not None and largest > limit:
        raise BundleFileLimit(path=str(out), part=f"{largest} B", limit=limit)


def _real(path: str) -> Path | None:
    """An absolute path that a user gave, with its folder's links followed."""
    if "\x00" in path:
        return None
    try:
        place = Path(path).expanduser()
        if not place.is_absolute():
            return None
        # Of a part only the folder: a part that is a link is refused where it is opened.
        return place.resolve() if place.is_dir() else place.parent.resolve() / place.name
    except (OSError, RuntimeError, ValueError):
        return None


def _bad_folder(reason: str, reason_fa: str) -> InvalidField:
    return InvalidField(field="folder", reason=reason, reason_fa=reason_fa)
