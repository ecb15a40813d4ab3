"""Routes of versions of datasets: what made them, making and forgetting them, comparing them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import NotFound
from ..protocol.versions import LeakageAsk, SplitAsk, VersionAsk
from .base import Handler
from .queries import DiffQuery, ForceQuery, VersionQuery
from .training import JobHandlerBase
from .uploads import RESOURCE


class VersionsHandler(JobHandlerBase):
    """`datasets/{dataset_id}/versions`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """The list."""
        self.answer(await self.service.versions.page(await self.owner(), dataset_id))

    @web.authenticated
    @authorized
    async def post(self, dataset_id: str) -> None:
        """Make another."""
        ask, key = self.body(VersionAsk), self.idempotency_key
        job, created = await self.service.versions.make(await self.owner(), dataset_id, ask, key)
        self.answer(job, status=202 if created else 200)


class VersionPreviewHandler(Handler):
    """`datasets/{dataset_id}/versions/preview`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, dataset_id: str) -> None:
        """What steps would do; nothing is kept."""
        ask = self.body(VersionAsk)
        self.answer(await self.service.versions.preview(await self.owner(), dataset_id, ask))


class VersionHandler(Handler):
    """`datasets/{dataset_id}/versions/{number}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str, number: str) -> None:
        """One version."""
        self.answer(
            await self.service.versions.get(await self.owner(), dataset_id, counted(number))
        )

    @web.authenticated
    @authorized
    async def delete(self, dataset_id: str, number: str) -> None:
        """Forget it."""
        force = self.query(ForceQuery).force
        await self.service.versions.delete(
            await self.owner(), dataset_id, counted(number), force=force
        )
        self.done()


class SplitHandler(JobHandlerBase):
    """`datasets/{dataset_id}/split`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, dataset_id: str) -> None:
        """Make a dataset of each part."""
        ask, key = self.body(SplitAsk), self.idempotency_key
        job, created = await self.service.versions.split(await self.owner(), dataset_id, ask, key)
        self.answer(job, status=202 if created else 200)


class NearDuplicatesHandler(Handler):
    """`datasets/{dataset_id}/near-duplicates`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, dataset_id: str) -> None:
        """Look for rows that are almost the same."""
        number = self.query(VersionQuery).version
        job, created = await self.service.versions.near_duplicates(
            await self.owner(), dataset_id, number
        )
        self.answer(job, status=202 if created else 200)


class LeakageHandler(Handler):
    """`datasets/{dataset_id}/leakage`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, dataset_id: str) -> None:
        """Rows here that are also in other data."""
        ask = self.body(LeakageAsk)
        self.answer(await self.service.insight.leakage(await self.owner(), dataset_id, ask))


class DiffHandler(Handler):
    """`datasets/{dataset_id}/diff`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """How one version came to be another."""
        query = self.query(DiffQuery)
        self.answer(
            await self.service.versions.diff(
                await self.owner(),
                dataset_id,
                query.before,
                query.after,
                offset=query.offset,
                limit=query.limit,
            )
        )


def counted(text: str) -> int:
    """A number in an address: of a version from 1, of a row from 0.

    Raises:
        NotFound: it is none.

    """
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound(what="page", id=text)
    return int(text)
