"""Models: folders that we know, trained here, brought here or found on this machine.

Owns registering a folder after a confined process has looked at it, finding, describing and
forgetting. What jobs make is taken over by `adoption`; versions are changed by `model_versions`.
Weights are never opened in the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import Conflict, InvalidField, InvalidRequest, ModelNotAFolder
from ..hub.detection import snapshot_origin
from ..persian.fold import fold
from ..protocol.base import Page
from ..protocol.data import Model, ModelAsk
from ..protocol.registry import ModelPatch
from ..settings import Settings
from ..store import Store, model_versions
from ..store import jobs as job_rows
from ..store import models as rows
from . import model_files
from .adoption import config_of, model_of
from .archive import unblocked, zip_pieces
from .confining import confine
from .engines import Engines
from .model_removal import Removal
from .model_users import UsersOfModels, leaving, versions

_INSPECT = "jupyter_persian_ai.hub.inspect:inspect_folder"
_TAG_LENGTH = 40


class Models:
    """A user's models."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        engines: Engines,
        users: UsersOfModels,
        removal: Removal,
    ) -> None:
        self._store = store
        self._settings = settings
        self._engines = engines
        self._users = users
        self._removal = removal

    async def register(self, user_id: str, ask: ModelAsk) -> Model:
        """Know a folder of this machine as a model.

        Raises:
            ModelNotAFolder: it is no model folder.
            ModelUnsafe: loading it could run someone's code.
            ModelUnsupported: it is a model of another kind.

        """
        model = await self.detect(ask)
        return await self._store.awrite(lambda s: rows.insert(s, user_id, model))

    async def get(self, user_id: str, model_id: str, version: int | None = None) -> Model:
        """One model, as its current version is or another one.

        Raises:
            NotFound: no such model of this user, or no such version.

        """
        return await self._store.aread(
            lambda s: model_versions.described(s, user_id, model_id, version)
        )

    async def page(self, user_id: str, *, limit: int, cursor: str | None) -> Page[Model]:
        """Models, the newest first."""
        return await self._store.aread(lambda s: rows.page(s, user_id, limit=limit, cursor=cursor))

    async def find(
        self,
        user_id: str,
        *,
        q: str,
        source: str,
        tag: str,
        sort: str,
        limit: int,
        cursor: str | None,
    ) -> Page[Model]:
        """Models with every word of `q`, of a source, with a tag, in an order.

        Raises:
            InvalidRequest: the cursor is none of this list's.

        """
        if not (q or source or tag) and sort == "created":
            return await self.page(user_id, limit=limit, cursor=cursor)
        begin = _place(cursor)
        found = await self._store.aread(
            lambda s: rows.find(s, user_id, words=q, source=source, tag=tag)
        )
        ordered = _sorted(found, sort)
        end = begin + limit
        return Page[Model](
            items=ordered[begin:end],
            next_cursor=str(end) if end < len(ordered) else None,
            seq=max((model.seq for model in found), default=0),
        )

    async def patch(self, user_id: str, model_id: str, patch: ModelPatch) -> Model:
        """Change its name, notes or tags.

        Raises:
            NotFound: no such model of this user.
            InvalidField: a tag cannot be one.

        """
        if patch.tags is not None:
            patch = patch.model_copy(update={"tags": _tags(patch.tags)})
        return await self._store.awrite(lambda s: rows.patch(s, user_id, model_id, patch))

    async def delete(self, user_id: str, model_id: str) -> None:
        """Forget it with all its versions.

        Their folders go, too, when they lie in our data root and no other version is in them.

        Raises:
            NotFound: no such model of this user.
            ModelInUse: a job or a loaded engine needs it.

        """
        data_dir = self._settings.data_dir

        def write(session: Session) -> Path | None:
            self._users.need_nobody(session, user_id, model_id)
            going = versions(session, user_id, model_id, None)
            rows.delete(session, user_id, model_id)
            return self._removal.announce(leaving(session, model_id, going, data_dir)[0])

        note = await self._store.awrite(write)
        # One that was loaded meanwhile has nothing to answer for any more.
        await self._engines.unload(model_id)
        await self._removal.carry_out(note)

    async def download(
        self, user_id: str, model_id: str, version: int | None = None
    ) -> tuple[str, AsyncGenerator[bytes]]:
        """A file name and the model's folder as a zip.

        Raises:
            NotFound: no such model of this user, or no such version.
            ModelNotAFolder: the folder is gone.

        """
        model = await self.get(user_id, model_id, version)
        name = model.name if version is None else f"{model.name} v{version}"
        return archived(Path(model.path), name)

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
        payload = {"path": str(folder), "name": folder.name}
        facts = await confine(self._settings, _INSPECT, payload)
        repo_id, revision = snapshot_origin(folder)
        facts |= {"repo_id": repo_id, "revision": revision}
        return model_of(
            facts,
            folder,
            name=ask.name or repo_id or folder.name,
            source="hub" if repo_id else model_files.USERS_OWN,
        )

    async def config(self, model: Model) -> dict[str, Any]:
        """The model's `config.json`; `{}` when it cannot be read."""
        return await asyncio.to_thread(config_of, Path(model.path))


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


def _folder(path: str) -> Path:
    folder = Path(path).expanduser()
    if "\x00" in path or not folder.is_dir():
        raise ModelNotAFolder(
            path=path, reason="there is no such folder", reason_fa="چنین پوشه‌ای نیست"
        )
    return folder.resolve()


def _tags(given: list[str]) -> list[str]:
    """The tags as they are kept: trimmed, each once, in the order given."""
    tags = list(dict.fromkeys(" ".join(tag.split()) for tag in given))
    if any(not tag or len(tag) > _TAG_LENGTH for tag in tags):
        raise InvalidField(
            field="tags",
            reason=f"a tag has 1 to {_TAG_LENGTH} characters",
            reason_fa="برچسب ۱ تا ۴۰ نویسه دارد",
        )
    return tags


def _place(cursor: str | None) -> int:
    try:
        begin = int(cursor or 0)
    except ValueError:
        begin = -1
    if begin < 0:
        raise InvalidRequest(field="cursor", reason="not a cursor of this list")
    return begin


def _sorted(models: list[Model], sort: str) -> list[Model]:
    """In the order asked for: names by the alphabet, figures from the largest."""
    if sort == "name":
        return sorted(models, key=lambda model: fold(model.name))
    if sort in {"bytes", "parameters"}:
        return sorted(models, key=lambda model: getattr(model, sort), reverse=True)
    return models
