"""Routes of datasets and samples; of what is in them, `dataset_insight` and others."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.base import Page
from ..protocol.data import DatasetAsk, Rename, SampleAsk, SampleInfo
from ..services.checking import checked
from .base import Handler
from .queries import DownloadQuery, ForceQuery, PageQuery
from .uploads import RESOURCE, FileHandler

#: Media types of downloads by format.
MEDIA = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class DatasetsHandler(FileHandler):
    """`datasets`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(PageQuery)
        self.answer(await self.service.datasets.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Import an upload, a sample, or a file of this machine."""
        datasets, owner = self.service.datasets, await self.owner()
        if self.is_upload:
            file, ask = self.uploaded()
            dataset = await datasets.add_upload(owner, file, ask)
        elif isinstance(data := self.json_body(), dict) and "sample" in data:
            dataset = await datasets.add_sample(owner, checked(SampleAsk, data).sample)
        else:
            dataset = await datasets.add_path(owner, checked(DatasetAsk, data))
        self.answer(dataset, status=201)


class ValidateHandler(FileHandler):
    """`datasets/validate`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """What an import would say; nothing is kept."""
        if self.is_upload:
            self.answer(await self.service.datasets.validate(*self.uploaded()))
        else:
            self.answer(await self.service.datasets.validate_path(self.body(DatasetAsk)))


class DatasetHandler(Handler):
    """`datasets/{dataset_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """One dataset."""
        self.answer(await self.service.datasets.get(await self.owner(), dataset_id))

    @web.authenticated
    @authorized
    async def patch(self, dataset_id: str) -> None:
        """Rename it."""
        name = self.body(Rename).name
        self.answer(await self.service.datasets.rename(await self.owner(), dataset_id, name))

    @web.authenticated
    @authorized
    async def delete(self, dataset_id: str) -> None:
        """Delete it."""
        force = self.query(ForceQuery).force
        await self.service.datasets.delete(await self.owner(), dataset_id, force=force)
        self.done()


class UsersHandler(Handler):
    """`datasets/{dataset_id}/users`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Who would miss it."""
        self.answer(await self.service.datasets.users(await self.owner(), dataset_id))


class DatasetDownloadHandler(Handler):
    """`datasets/{dataset_id}/download`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Its rows as a file."""
        query = self.query(DownloadQuery)
        name, pieces = await self.service.datasets.download(
            await self.owner(), dataset_id, query.version, query.format
        )
        await self.send_stream(pieces, MEDIA[query.format], name)


class SamplesHandler(Handler):
    """`samples`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Sample datasets that can be imported."""
        self.answer(Page[SampleInfo](items=self.service.datasets.samples))
