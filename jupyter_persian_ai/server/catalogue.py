"""Routes of the catalogue and of the live search of the Hub. Nothing here starts a download."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import Handler
from .queries import CatalogueQuery, HubQuery, RepoQuery

RESOURCE = "persian_ai_catalogue"


class CatalogueHandler(Handler):
    """`catalog`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The entries that are asked for."""
        query = self.query(CatalogueQuery).model_dump()
        self.answer(await self.service.catalogue.search(await self.owner(), **query))


class CatalogueItemHandler(Handler):
    """`catalog/{entry_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, entry_id: str) -> None:
        """One entry."""
        self.answer(await self.service.catalogue.get(await self.owner(), entry_id))


class HubSearchHandler(Handler):
    """`hub/search`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What the Hub finds."""
        query = self.query(HubQuery).model_dump()
        self.answer(await self.service.hub_search.search(await self.owner(), **query))


class HubRepoHandler(Handler):
    """`hub/repo`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What a repository holds and a download of it would fetch."""
        query = self.query(RepoQuery).model_dump()
        self.answer(await self.service.hub_search.repository(await self.owner(), **query))
