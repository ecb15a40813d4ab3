"""Datasets: from a file, an upload or a sample to canonical rows that recipes read.

Owns the way of a file into the data root: it is read by a confined process into a staging
folder, which is renamed to `datasets/<sha256>` when it is complete; the same content is kept
once. The file itself is never opened in the server.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..datasets import rows as canonical
from ..datasets import samples
from ..errors import Conflict, DatasetMissing, NotFound
from ..jobs import confined
from ..paths import private_folder
from ..protocol.base import Page, new_id, now
from ..protocol.data import (
    Dataset,
    DatasetAsk,
    DatasetReport,
    Rows,
    SampleInfo,
)
from ..settings import Settings
from ..store import Store
from ..store import datasets as rows
from .archive import file_pieces, unblocked
from .disk import need_room

_IMPORT = "jupyter_persian_ai.datasets.importing:import_file"
_INSPECT = "jupyter_persian_ai.datasets.importing:inspect"
#: Canonical rows are JSON, which is a little larger than what they were made of.
_GROWTH = 1.5


class Datasets:
    """A user's datasets."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._root = private_folder(settings.data_dir / "datasets")
        self._incoming = private_folder(settings.data_dir / "incoming")
        #: Held while content is kept or dropped, so that one does not undo the other.
        self._content = asyncio.Lock()

    async def start(self) -> None:
        """Sweep what an earlier server left half imported."""
        await asyncio.to_thread(_empty, self._incoming)

    # --- bringing in --------------------------------------------------------------------------

    async def add_path(self, user_id: str, ask: DatasetAsk, *, source: str = "path") -> Dataset:
        """Import a file of this machine.

        Raises:
            DatasetMissing: there is no readable file.
            DatasetProblem: it cannot be used; the class says why.
            DiskFull: there is no room for it.

        """
        return await self._add(user_id, _readable(ask.path), ask, source, license="")

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
        folder = private_folder(self.staged())
        ask = DatasetAsk(path=f"{sample.id}.jsonl", name=sample.name.fa, shape=sample.shape)
        try:
            file = await asyncio.to_thread(sample.write, folder)
            return await self._add(user_id, file, ask, "sample", license=sample.license.fa)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def validate(self, file: Path, ask: DatasetAsk) -> DatasetReport:
        """What an import of `file` would say; nothing is kept."""
        payload = self._payload(file, ask)
        answer = await self._confined(_INSPECT, payload)
        return DatasetReport.model_validate(answer["report"])

    async def validate_path(self, ask: DatasetAsk) -> DatasetReport:
        """`validate` for a file of this machine."""
        return await self.validate(_readable(ask.path), ask)

    def staged(self, suffix: str = "") -> Path:
        """A new name in the staging folder, for something under way."""
        return self._incoming / f"{new_id()}{suffix}"

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

    async def delete(self, user_id: str, dataset_id: str) -> None:
        """Delete it; the content goes with the last dataset that has it.

        Raises:
            Conflict: a job that has not ended needs it.

        """

        def write(session: Session) -> Path | None:
            if jobs := rows.jobs_using(session, user_id, dataset_id):
                raise Conflict(
                    reason=f"these jobs need it: {', '.join(jobs)}",
                    reason_fa=f"این کارها به آن نیاز دارند: {'، '.join(jobs)}",
                )
            gone = rows.delete(session, user_id, dataset_id)
            return None if rows.shared(session, gone.sha256) else self._root / gone.sha256

        async with self._content:
            orphan = await self._store.awrite(write)
            if orphan is not None:
                await asyncio.to_thread(shutil.rmtree, orphan, ignore_errors=True)

    async def preview(
        self, user_id: str, dataset_id: str, *, offset: int, limit: int, q: str
    ) -> Rows:
        """Rows from `offset` on, or those that hold `q`."""
        folder = await self.folder(user_id, dataset_id)
        found, total = await asyncio.to_thread(canonical.read, folder, offset, limit, q)
        return Rows(rows=found, offset=offset, total=total)

    async def download(self, user_id: str, dataset_id: str) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name and the canonical rows as JSON lines."""
        dataset = await self.get(user_id, dataset_id)
        folder = await self.folder(user_id, dataset_id)
        return f"{dataset.name}.jsonl", unblocked(file_pieces(folder / "rows.jsonl"))

    async def folder(self, user_id: str, dataset_id: str) -> Path:
        """Where the canonical rows of a dataset lie."""
        return Path(await self._store.aread(lambda s: rows.path(s, user_id, dataset_id)))

    # --- inside -------------------------------------------------------------------------------

    async def _add(
        self, user_id: str, file: Path, ask: DatasetAsk, source: str, *, license: str
    ) -> Dataset:
        size = await asyncio.to_thread(os.path.getsize, file)
        need_room(self._settings, int(size * _GROWTH))
        staging = self.staged()
        try:
            payload = self._payload(file, ask) | {"out_dir": str(staging)}
            answer = await self._confined(_IMPORT, payload)
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
            async with self._content:
                kept = str(await asyncio.to_thread(self._keep, staging, dataset.sha256))
                return await self._store.awrite(
                    lambda s: rows.insert(s, user_id, dataset, path=kept)
                )
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    def _keep(self, staging: Path, sha256: str) -> Path:
        """Move complete rows to the place that their content names."""
        target = self._root / sha256
        if not (target / "rows.jsonl").is_file():
            with suppress(FileNotFoundError):
                shutil.rmtree(target)
            staging.rename(target)
            folder = os.open(self._root, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return target

    def _payload(self, file: Path, ask: DatasetAsk) -> dict[str, Any]:
        return {
            "path": str(file),
            "name": Path(ask.path).name,
            "shape": ask.shape.value if ask.shape else None,
            "shapes": [shape.value for shape in ask.shapes],
            "fields": ask.fields,
            "encoding": ask.encoding,
            "max_line_bytes": self._settings.max_line_bytes,
            "disk_reserve_bytes": self._settings.disk_reserve_bytes,
        }

    async def _confined(self, target: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(
            confined.call,
            target,
            payload,
            memory_bytes=self._settings.dataset_memory_bytes,
            seconds=self._settings.dataset_seconds,
        )


def _readable(path: str) -> Path:
    """A regular file that can be read; the confined reader is the one to open it."""
    file = Path(path).expanduser()
    if "\x00" in path or not file.is_file() or not os.access(file, os.R_OK):
        raise DatasetMissing(path=path)
    return file.resolve()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
