"""Datasets: what is there, and the small ones that come in while one waits.

Owns importing within a request (an upload, a path, a sample), names, pages of rows, downloads
and deleting. A large file is read by a job (`dataset_imports`); both use one reader, which is a
confined process: no file is opened in the server.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..curation import staging
from ..datasets import samples
from ..errors import NotFound
from ..paths import private_folder
from ..protocol.base import Page, new_id, now
from ..protocol.data import Dataset, DatasetAsk, DatasetReport, SampleInfo
from ..protocol.versions import DatasetUsers, ImportAsk
from ..settings import Settings
from ..store import Store, dataset_users, users, versions
from ..store import datasets as rows
from .archive import file_pieces, unblocked
from .confining import confine
from .contents import Contents
from .dataset_imports import GROWTH, readable, reading
from .dataset_versions import need_nobody
from .disk import need_room
from .uploads import KEPT_SECONDS, SOON_SECONDS, Uploads

_IMPORT = "jupyter_persian_ai.datasets.importing:import_file"
_INSPECT = "jupyter_persian_ai.datasets.importing:inspect"
_PARQUET = "jupyter_persian_ai.datasets.exporting:to_parquet"


class Datasets:
    """A user's datasets."""

    def __init__(
        self, store: Store, settings: Settings, uploads: Uploads, contents: Contents
    ) -> None:
        self._store = store
        self._settings = settings
        self._uploads = uploads
        self._contents = contents
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sweep what an earlier server left half done."""
        await asyncio.to_thread(self._uploads.sweep, KEPT_SECONDS, all_else=True)
        await asyncio.to_thread(self._contents.sweep, self._store)
        if self._sweeping is None:
            self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Sweep no more."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.to_thread(staging.sweep, self._settings.data_dir)
            await asyncio.sleep(SOON_SECONDS)
            await asyncio.to_thread(self._uploads.sweep, KEPT_SECONDS)

    # --- bringing in --------------------------------------------------------------------------

    async def add_path(self, user_id: str, ask: DatasetAsk, *, source: str = "path") -> Dataset:
        """Import a file of this machine.

        Raises:
            DatasetMissing: there is no readable file.
            DatasetProblem: it cannot be used; the class says why.
            DiskFull: there is no room for it.

        """
        return await self._add(user_id, readable(ask.path), ask, source, license="")

    async def add_upload(self, user_id: str, file: Path, ask: DatasetAsk) -> Dataset:
        """Import a file that was uploaded to `file`; `ask.path` is the name it had."""
        return await self._add(user_id, file, ask, "upload", license="")

    async def add_sample(self, user_id: str, sample_id: str) -> Dataset:
        """Import one of the sample datasets.

        Raises:
            NotFound: no sample has this id.
            SamplesMissing: the package that brings it is not installed.

        """
        sample = next((found for found in samples.samples() if found.id == sample_id), None)
        if sample is None:
            raise NotFound(what="sample", id=sample_id)
        folder = private_folder(self._uploads.staged())
        ask = DatasetAsk(path=f"{sample.id}.jsonl", name=sample.name.fa, shape=sample.shape)
        try:
            file = await asyncio.to_thread(sample.write, folder)
            return await self._add(user_id, file, ask, "sample", license=sample.license.fa)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def validate(self, file: Path, ask: DatasetAsk) -> DatasetReport:
        """What an import of `file` would say; nothing is kept."""
        answer = await confine(self._settings, _INSPECT, self._payload(file, ask))
        return DatasetReport.model_validate(answer["report"])

    async def validate_path(self, ask: DatasetAsk) -> DatasetReport:
        """`validate` for a file of this machine."""
        return await self.validate(readable(ask.path), ask)

    @property
    def samples(self) -> list[SampleInfo]:
        """Sample datasets that can be imported."""
        return [
            SampleInfo(id=sample.id, name=sample.name, shape=sample.shape, license=sample.license)
            for sample in samples.samples()
        ]

    # --- what is there ------------------------------------------------------------------------

    async def get(self, user_id: str, dataset_id: str) -> Dataset:
        """One dataset."""
        return await self._store.aread(lambda s: rows.get(s, user_id, dataset_id))

    async def page(self, user_id: str, *, limit: int, cursor: str | None) -> Page[Dataset]:
        """Datasets, the newest first."""
        return await self._store.aread(lambda s: rows.page(s, user_id, limit=limit, cursor=cursor))

    async def rename(self, user_id: str, dataset_id: str, name: str) -> Dataset:
        """Give it another name."""
        return await self._store.awrite(lambda s: rows.rename(s, user_id, dataset_id, name))

    async def users(self, user_id: str, dataset_id: str) -> DatasetUsers:
        """Who would miss it."""
        return await self._store.aread(lambda s: dataset_users.of(s, user_id, dataset_id))

    async def delete(self, user_id: str, dataset_id: str, *, force: bool = False) -> None:
        """Delete it with its versions; content goes with the last version that has it.

        Raises:
            Conflict: a job needs it; with `force` only jobs that wait or work count.

        """

        def write(session: Session) -> tuple[None, Iterable[str]]:
            users.lock(session, user_id)
            need_nobody(session, user_id, dataset_id, None, force=force)
            held = versions.contents(session, dataset_id)
            rows.delete(session, user_id, dataset_id)
            return None, held

        await self._contents.dropping(self._store, write)

    async def download(
        self, user_id: str, dataset_id: str, number: int | None, format: str
    ) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name and the rows of a version as JSON lines, CSV or parquet.

        Raises:
            NotFound: no such dataset or version.
            DiskFull: there is no room to make the file of.

        """
        dataset = await self.get(user_id, dataset_id)
        version, path = await self._store.aread(
            lambda s: versions.get(s, user_id, dataset_id, number)
        )
        name = f"{dataset.name}.{format}"
        if format == "jsonl":
            return name, unblocked(file_pieces(Path(path) / "rows.jsonl"))
        if format == "csv":
            from ..datasets import exporting  # noqa: PLC0415 - loaded when first asked for

            return name, unblocked(exporting.csv_pieces(Path(path)))
        need_room(self._settings, version.bytes)
        return name, self._parquet(Path(path))

    async def _parquet(self, folder: Path) -> AsyncGenerator[bytes]:
        """The rows as parquet, from a file that is gone afterwards."""
        made = self._uploads.staged(".parquet")
        try:
            payload = {"folder": str(folder), "path": str(made)}
            await confine(self._settings, _PARQUET, payload)
            async for piece in unblocked(file_pieces(made)):
                yield piece
        finally:
            made.unlink(missing_ok=True)

    # --- inside -------------------------------------------------------------------------------

    async def _add(
        self, user_id: str, file: Path, ask: DatasetAsk, source: str, *, license: str
    ) -> Dataset:
        size = await asyncio.to_thread(os.path.getsize, file)
        need_room(self._settings, int(size * GROWTH))
        staging = self._uploads.staged()
        try:
            payload = self._payload(file, ask) | {"out_dir": str(staging)}
            answer = await confine(self._settings, _IMPORT, payload)
            report = DatasetReport.model_validate(answer["report"])
            dataset = Dataset(
                id=new_id(),
                name=ask.name or Path(ask.path).stem[:120] or report.name,
                shape=report.shape,
                source=source,
                sha256=answer["sha256"],
                bytes=answer["bytes"],
                report=report,
                license=license,
                created=now(),
            )

            def write(session: Session) -> Dataset:
                users.lock(session, user_id)
                kept = self._contents.keep(session, staging, dataset.sha256)
                return rows.insert(session, user_id, dataset, path=str(kept))

            return await self._store.awrite(write)
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    def _payload(self, file: Path, ask: DatasetAsk) -> dict[str, Any]:
        like = ImportAsk.model_validate(ask.model_dump())
        named = {"path": str(file), "name": Path(ask.path).name}
        return reading(self._settings, like) | {"files": [named]}
