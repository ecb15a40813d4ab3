"""Routes of Persian text."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.normaliser import NormaliseAsk
from .base import Handler

RESOURCE = "persian_ai_datasets"


class NormalisersHandler(Handler):
    """`persian/normalisers`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Steps and back ends."""
        self.answer(await self.service.persian.normalisers())


class NormaliseHandler(Handler):
    """`persian/normalise`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """A text normalised; nothing is kept."""
        self.answer(await self.service.persian.normalise(self.body(NormaliseAsk)))
