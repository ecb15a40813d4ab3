"""Models: folders that we know, trained here or found on this machine.

Owns registering a folder after a confined process has looked at it. What jobs make is taken over
by `adoption`. Weights are never opened in the server.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import Conflict, ModelNotAFolder
from ..jobs import confined
from ..protocol.base import Page
from ..protocol.data import Model, ModelAsk
from ..settings import Settings
from ..store import Store
from ..store import jobs as job_rows
from ..store import models as rows
from .adoption import config_of, model_of
from .archive import repository, unblocked, zip_pieces
from .engines import Engines

_INSPECT = "jupyter_persian_ai.hub.inspect:inspect_folder"


class Models:
    """A user's models."""

    def __init__(self, store: Store, settings: Settings, engines: Engines) -> None:
        self._store = store
        self._settings = settings
        self._engines = engines

    async def register(self, user_id: str, ask: ModelAsk) -> Model:
        """Know a folder of this machine as a model.

        Raises:
            ModelNotAFolder: it is no model folder.
            ModelUnsafe: loading it could run someone's code.
            ModelUnsupported: it is a model of another kind.

        """
        model = await self.detect(ask)
        return await self._store.awrite(lambda s: rows.insert(s, user_id, model))

    async def get(self, user_id: str, model_id: str) -> Model:
        """One model."""
        return await self._store.aread(lambda s: rows.get(s, user_id, model_id))

    async def page(self, user_id: str, *, limit: int, cursor: str | None) -> Page[Model]:
        """Models, the newest first."""
        return await self._store.aread(lambda s: rows.page(s, user_id, limit=limit, cursor=cursor))

    async def rename(self, user_id: str, model_id: str, name: str) -> Model:
        """Give it another name."""
        return await self._store.awrite(lambda s: rows.rename(s, user_id, model_id, name))

    async def delete(self, user_id: str, model_id: str) -> None:
        """Forget it. Its folder goes too when it lies in our data root and is no other model's."""
        await self.get(user_id, model_id)
        await self._engines.unload(model_id)

        def write(session: Session) -> Path | None:
            path = rows.delete(session, user_id, model_id).path
            return None if rows.path_in_use(session, path) else Path(path)

        folder = await self._store.awrite(write)
        if folder is not None:
            await asyncio.to_thread(_remove_own, folder, self._settings.data_dir)

    async def download(self, user_id: str, model_id: str) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name and the model's folder as a zip.

        Raises:
            ModelNotAFolder: the folder is gone.

        """
        model = await self.get(user_id, model_id)
        return archived(Path(model.path), model.name)

    async def result(self, user_id: str, job_id: str) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name and the model that a training made, as a zip.

        Raises:
            NotFound: no such training.
            Conflict: it has made no model, or the model was deleted.

        """

        def read(session: Session) -> list[Model]:
            job_rows.get(session, user_id, job_id)
            return rows.by_job(session, user_id, job_id)

        made = await self._store.aread(read)
        if not made:
            raise Conflict(reason="it has no result", reason_fa="نتیجه‌ای ندارد")
        return archived(Path(made[0].path), made[0].name)

    async def detect(self, ask: ModelAsk) -> Model:
        """What `register` would say; nothing is kept.

        Raises:
            ModelNotAFolder, ModelUnsafe, ModelUnsupported: as `register`.

        """
        folder = await asyncio.to_thread(_folder, ask.path)
        facts = await self._inspect(folder)
        return model_of(facts, folder, name=ask.name or folder.name, source="path")

    async def config(self, model: Model) -> dict[str, Any]:
        """The model's `config.json`; `{}` when it cannot be read."""
        return await asyncio.to_thread(config_of, Path(model.path))

    async def _inspect(self, folder: Path) -> dict[str, Any]:
        return await asyncio.to_thread(
            confined.call,
            _INSPECT,
            {"path": str(folder), "name": folder.name},
            memory_bytes=self._settings.dataset_memory_bytes,
            seconds=self._settings.dataset_seconds,
        )


def _folder(path: str) -> Path:
    folder = Path(path).expanduser()
    if "\x00" in path or not folder.is_dir():
        raise ModelNotAFolder(
            path=path, reason="there is no such folder", reason_fa="چنین پوشه‌ای نیست"
        )
    return folder.resolve()


def _remove_own(folder: Path, data_dir: Path) -> None:
    """Delete a model's folder if it lies in our data root; what a user keeps elsewhere stays.

    With its last snapshot a repository of the Hub's cache goes, for there the bytes are.
    """
    if data_dir.resolve() not in folder.resolve().parents:
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.name == "snapshots" and not any(folder.parent.glob("*")):
        shutil.rmtree(repository(folder), ignore_errors=True)


def archived(folder: Path, name: str) -> tuple[str, AsyncGenerator[bytes]]:
    """A file name and a folder as a zip.

    Raises:
        ModelNotAFolder: there is no such folder.

    """
    if not folder.is_dir():
        raise ModelNotAFolder(
            path=str(folder), reason="the folder is gone", reason_fa="پوشه از میان رفته است"
        )
    root = name.replace("/", "-").replace("\\", "-") or "model"
    return f"{root}.zip", unblocked(zip_pieces(folder, root))
