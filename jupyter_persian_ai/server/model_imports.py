"""Routes of bringing models of other formats in."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.making import ModelImportAsk
from .base import Handler
from .models import RESOURCE
from .training import JobHandlerBase


class ConfinementHandler(Handler):
    """`models/confinement`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What this machine can lock a conversion into."""
        self.answer(await self.service.model_imports.confinement())


class ModelImportsHandler(JobHandlerBase):
    """`models/imports`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make a usable model of a pickle folder or a GGUF file, as a job."""
        ask, key = self.body(ModelImportAsk), self.idempotency_key
        job, created = await self.service.model_imports.submit(await self.owner(), ask, key)
        self.answer(job, status=202 if created else 200)
