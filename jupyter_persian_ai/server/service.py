"""Routes of the service itself: health, who I am, and what there is."""

from __future__ import annotations

import asyncio
import functools
import json
from contextlib import suppress
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import ensure_async
from tornado import web

from ..errors import PersianAIError
from ..protocol.service import Me
from ..version import __version__
from .base import Handler
from .docs import page

RESOURCE = "persian_ai_service"
#: What the panel asks about, to hide what a user may not do.
PERMISSIONS = {
    "jobs": "persian_ai_jobs",
    "models": "persian_ai_models",
    "datasets": "persian_ai_datasets",
    "chat": "persian_ai_chat",
    "downloads": "persian_ai_downloads",
    "bundles": "persian_ai_bundles",
}


@functools.cache
def _document(base_url: str) -> dict[str, Any]:
    """Made when it is first asked for; the route table that it describes imports this module."""
    from .openapi import document  # noqa: PLC0415

    return document(base_url)


class HealthHandler(Handler):
    """`health`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """How every part is."""
        way = None
        with suppress(PersianAIError):  # a database that is away is one of the things to tell
            way = await asyncio.to_thread(self.service.hub_settings.way, await self.owner())
        self.answer(await self.service.health.health(way))


class MeHandler(Handler):
    """`me`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Who asks, and what they may do."""
        await self.owner()
        user = self.current_user
        self.answer(
            Me(
                name=user.username,
                display_name=user.display_name or user.username,
                permissions=await self._permissions(),
                epoch=self.service.stream.epoch,
                version=__version__,
            )
        )

    async def _permissions(self) -> list[str]:
        """`area:action` for everything that the authorizer allows."""
        allowed = []
        for area, resource in PERMISSIONS.items():
            for action in ("read", "write", "execute"):
                answer = self.authorizer.is_authorized(self, self.current_user, action, resource)
                if await ensure_async(answer):
                    allowed.append(f"{area}:{action}")
        return allowed


class OpenApiHandler(Handler):
    """`openapi.json`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Every route, generated."""
        self.finish(json.dumps(_document(self.base_url), ensure_ascii=False))


class DocsHandler(Handler):
    """`docs`."""

    auth_resource = RESOURCE

    @property
    def content_security_policy(self) -> str:
        """No script and nothing from outside; only the page's own style."""
        return "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Every route, to read."""
        html = page(_document(self.base_url))
        self.finish(html, set_content_type="text/html; charset=utf-8")
