"""Routes of the way to the Hub: token, addresses, proxy, limits. No answer holds a secret."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.hub import HubSettingsPatch, TokenAsk
from .base import Handler

RESOURCE = "persian_ai_settings"


class HubTokenHandler(Handler):
    """`settings/huggingface-token`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What may be said of it."""
        self.answer(await self.service.hub_token.get(await self.owner()))

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Set it."""
        ask = self.body(TokenAsk)
        self.answer(await self.service.hub_token.put(await self.owner(), ask))

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Remove it."""
        self.answer(await self.service.hub_token.remove(await self.owner()))


class HubTokenValidateHandler(Handler):
    """`settings/huggingface-token/validate`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Ask the Hub about it."""
        self.answer(await self.service.hub_token.validate(await self.owner()))


class HubSettingsHandler(Handler):
    """`settings/hub`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What the user has chosen."""
        self.answer(await self.service.hub_settings.get(await self.owner()))

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        """Change what is given."""
        patch = self.body(HubSettingsPatch)
        self.answer(await self.service.hub_settings.patch(await self.owner(), patch))


class HubCheckHandler(Handler):
    """`settings/hub/check`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Try every address."""
        self.answer(await self.service.hub_settings.check(await self.owner()))
