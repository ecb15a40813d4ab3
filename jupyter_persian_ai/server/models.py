"""Routes of models."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.data import ModelAsk
from ..protocol.registry import ModelPatch, ScanAsk
from .base import Handler
from .queries import ModelsQuery, ModelVersionQuery

RESOURCE = "persian_ai_models"


class ModelsHandler(Handler):
    """`models`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(ModelsQuery)
        self.answer(await self.service.models.find(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Know a folder of this machine as a model."""
        ask = self.body(ModelAsk)
        self.answer(await self.service.models.register(await self.owner(), ask), status=201)


class DetectHandler(Handler):
    """`models/detect`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """What a folder holds; nothing is kept."""
        self.answer(await self.service.models.detect(self.body(ModelAsk)))


class ScanHandler(Handler):
    """`models/scan`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Models of this machine."""
        ask = self.body(ScanAsk)
        self.answer(await self.service.scanning.scan(await self.owner(), ask))


class ModelHandler(Handler):
    """`models/{model_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """One model."""
        self.answer(await self.service.models.get(await self.owner(), model_id))

    @web.authenticated
    @authorized
    async def patch(self, model_id: str) -> None:
        """Change its name, notes or tags."""
        patch = self.body(ModelPatch)
        self.answer(await self.service.models.patch(await self.owner(), model_id, patch))

    @web.authenticated
    @authorized
    async def delete(self, model_id: str) -> None:
        """Forget it."""
        await self.service.models.delete(await self.owner(), model_id)
        self.done()


class ModelDownloadHandler(Handler):
    """`models/{model_id}/download`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """Its folder as a zip."""
        version = self.query(ModelVersionQuery).version
        owner = await self.owner()
        name, pieces = await self.service.models.download(owner, model_id, version)
        await self.send_stream(pieces, "application/zip", name)
