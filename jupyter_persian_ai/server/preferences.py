"""Routes of a user's settings."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.service import UserSettingsPatch
from .base import Handler


class SettingsHandler(Handler):
    """`settings`."""

    auth_resource = "persian_ai_settings"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What the user has chosen."""
        self.answer(await self.service.preferences.get(await self.owner()))

    @web.authenticated
    @authorized
    async def patch(self) -> None:
        """Change what is given."""
        patch = self.body(UserSettingsPatch)
        self.answer(await self.service.preferences.patch(await self.owner(), patch))
