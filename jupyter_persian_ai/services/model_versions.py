"""Versions of a user's models: looking, adding, promoting, going back, deleting."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.orm import Session

from ..protocol.base import Page
from ..protocol.data import Model
from ..protocol.registry import ModelVersion, VersionAdd
from ..settings import Settings
from ..store import Store
from ..store import model_versions as rows
from .model_removal import Removal
from .model_users import UsersOfModels, leaving


class ModelVersions:
    """A user's versions of models."""

    def __init__(
        self, store: Store, settings: Settings, users: UsersOfModels, removal: Removal
    ) -> None:
        self._store = store
        self._settings = settings
        self._users = users
        self._removal = removal

    async def page(self, user_id: str, model_id: str) -> Page[ModelVersion]:
        """Every version of a model, the newest first.

        Raises:
            NotFound: no such model of this user.

        """
        found = await self._store.aread(lambda s: rows.of_model(s, user_id, model_id))
        items = await asyncio.to_thread(lambda: [_looked_at(version) for version in found])
        return Page[ModelVersion](items=items)

    async def add(self, user_id: str, model_id: str, ask: VersionAdd) -> ModelVersion:
        """What another model of the user is now becomes a version of this one as well.

        Raises:
            NotFound: one of them is no model of this user.
            Conflict: it is a version of this model already.

        """

        def write(session: Session) -> ModelVersion:
            added = rows.copy(session, user_id, model_id, ask.model_id, ask.note)
            if ask.promote:
                rows.promote(session, user_id, model_id, added.number)
            return rows.get(session, user_id, model_id, added.number)

        return await self._store.awrite(write)

    async def promote(self, user_id: str, model_id: str, number: int) -> Model:
        """Use a version from now on; answers under way end as they began.

        Raises:
            NotFound: no such model of this user, or no such version.

        """
        return await self._store.awrite(lambda s: rows.promote(s, user_id, model_id, number))

    async def roll_back(self, user_id: str, model_id: str) -> Model:
        """Return to the version that was current before.

        Raises:
            NotFound: no such model of this user.
            Conflict: none was.

        """
        return await self._store.awrite(lambda s: rows.roll_back(s, user_id, model_id))

    async def delete(self, user_id: str, model_id: str, number: int) -> None:
        """Forget a version; its folder goes when it is ours and no other version's.

        Raises:
            NotFound: no such model of this user, or no such version.
            Conflict: it is the current one.
            ModelInUse: a job needs it.

        """
        data_dir = self._settings.data_dir

        def write(session: Session) -> Path | None:
            self._users.need_nobody(session, user_id, model_id, number)
            gone = rows.delete(session, user_id, model_id, number)
            return self._removal.announce(leaving(session, model_id, [gone], data_dir)[0])

        await self._removal.carry_out(await self._store.awrite(write))


def _looked_at(version: ModelVersion) -> ModelVersion:
    """The version, saying whether its folder is still there."""
    return version.model_copy(update={"present": Path(version.path).is_dir()})
