"""Routes of versions of models, and of who uses them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import NotFound
from ..protocol.registry import Promote, VersionAdd
from .base import Handler
from .models import RESOURCE
from .queries import ModelVersionQuery


class ModelVersionsHandler(Handler):
    """`models/{model_id}/versions`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """Every version, the newest first."""
        self.answer(await self.service.model_versions.page(await self.owner(), model_id))

    @web.authenticated
    @authorized
    async def post(self, model_id: str) -> None:
        """Make another model a version of this one."""
        ask = self.body(VersionAdd)
        added = await self.service.model_versions.add(await self.owner(), model_id, ask)
        self.answer(added, status=201)


class ModelVersionHandler(Handler):
    """`models/{model_id}/versions/{number}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def delete(self, model_id: str, number: str) -> None:
        """Forget it."""
        if not number.isdecimal():
            raise NotFound(what="version", id=number)
        await self.service.model_versions.delete(await self.owner(), model_id, int(number))
        self.done()


class PromoteHandler(Handler):
    """`models/{model_id}/promote`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, model_id: str) -> None:
        """Use a version from now on."""
        number = self.body(Promote).version
        versions = self.service.model_versions
        self.answer(await versions.promote(await self.owner(), model_id, number))


class RollbackHandler(Handler):
    """`models/{model_id}/rollback`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, model_id: str) -> None:
        """Return to the version before."""
        self.answer(await self.service.model_versions.roll_back(await self.owner(), model_id))


class ModelUsersHandler(Handler):
    """`models/{model_id}/users`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """Who would miss it, and what deleting it frees."""
        version = self.query(ModelVersionQuery).version
        self.answer(await self.service.model_users.of(await self.owner(), model_id, version))
