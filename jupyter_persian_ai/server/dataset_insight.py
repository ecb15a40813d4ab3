"""Routes of what is known of a version: rows, one row, counts, tokenizers, figures."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.base import Page
from ..protocol.quality import Fertility
from ..services.dataset_searches import Sought
from .base import Handler
from .dataset_versions import counted
from .queries import DatasetFigureQuery, PreviewQuery, VersionQuery
from .uploads import RESOURCE


class PreviewHandler(Handler):
    """`datasets/{dataset_id}/preview`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Some of its rows."""
        query = self.query(PreviewQuery)
        sought = Sought(**query.model_dump(exclude={"version"}))
        owner = await self.owner()
        self.answer(await self.service.insight.preview(owner, dataset_id, sought, query.version))


class RowHandler(Handler):
    """`datasets/{dataset_id}/rows/{number}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str, number: str) -> None:
        """One row, whole."""
        version = self.query(VersionQuery).version
        self.answer(
            await self.service.insight.row(await self.owner(), dataset_id, counted(number), version)
        )


class StatsHandler(Handler):
    """`datasets/{dataset_id}/stats`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """What is known of a version."""
        version = self.query(VersionQuery).version
        self.answer(await self.service.insight.stats(await self.owner(), dataset_id, version))


class TokenizersHandler(Handler):
    """`datasets/{dataset_id}/tokenizers`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """What each installed tokenizer makes of it."""
        version = self.query(VersionQuery).version
        found = await self.service.insight.tokenizers(await self.owner(), dataset_id, version)
        self.answer(Page[Fertility](items=found))


class DatasetFigureHandler(Handler):
    """`datasets/{dataset_id}/figures/{name}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str, name: str) -> None:
        """A figure of a version as a Bokeh item, with its data."""
        query = self.query(DatasetFigureQuery)
        item = await self.service.insight.figure(
            await self.owner(), dataset_id, name, **query.model_dump()
        )
        self.finish(json.dumps(item))
