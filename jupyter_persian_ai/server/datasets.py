"""Routes of datasets and samples."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import InvalidField, InvalidRequest, TooLarge
from ..protocol.base import Page
from ..protocol.data import DatasetAsk, Rename, SampleAsk, SampleInfo
from ..services.checking import checked
from ..services.disk import need_room
from .base import Handler
from .multipart import Upload
from .queries import PageQuery, PreviewQuery

RESOURCE = "persian_ai_datasets"


class FileHandler(Handler):
    """A handler whose body may be an upload: that goes to disk as it arrives.

    The authorizer is asked before the first byte is written, not only before the verb.
    """

    auth_resource = RESOURCE
    upload: Upload | None = None
    staged: Path | None = None

    @property
    def is_upload(self) -> bool:
        """Whether this request brings a file."""
        kind = self.request.headers.get("Content-Type", "")
        return self.request.method == "POST" and kind.startswith("multipart/form-data")

    @property
    def body_limit(self) -> int:
        """Uploads have a limit of their own."""
        settings = self.service.settings
        return settings.max_upload_bytes if self.is_upload else settings.max_body_bytes

    async def prepare(self) -> None:  # type: ignore[override]
        """Get ready for a file."""
        await super().prepare()
        if not self.is_upload:
            return
        await self.require("write")
        length = int(self.request.headers.get("Content-Length", "0") or 0)
        if length > self.body_limit:
            raise TooLarge(limit=self.body_limit)
        need_room(self.service.settings, length)
        connection: Any = self.request.connection
        connection.set_max_body_size(self.body_limit)
        self.staged = self.service.datasets.staged(".upload")
        self.upload = Upload(self.request.headers["Content-Type"], self.staged)

    async def data_received(self, chunk: bytes) -> None:  # type: ignore[override]
        """Write a piece of the file, or keep a piece of JSON."""
        if self.upload is None:
            super().data_received(chunk)
            return
        self._received += len(chunk)
        if self._received <= self.body_limit:
            await asyncio.to_thread(self.upload.write, chunk)

    def on_finish(self) -> None:
        """Drop the uploaded file; what was wanted of it has been imported."""
        super().on_finish()
        self._drop()

    def on_connection_close(self) -> None:
        """The client went away in the middle of an upload."""
        super().on_connection_close()
        self._drop()

    def _drop(self) -> None:
        if self.upload is not None:
            self.upload.discard_handle()
        if self.staged is not None:
            self.staged.unlink(missing_ok=True)

    def uploaded(self) -> tuple[Path, DatasetAsk]:
        """The file and what was asked of it.

        Raises:
            TooLarge, InvalidRequest, InvalidField: what came is not acceptable.

        """
        if self._received > self.body_limit:
            raise TooLarge(limit=self.body_limit)
        if self.upload is None or self.staged is None:
            raise InvalidRequest(field="file", reason="a file is needed")
        self.upload.close()
        if not self.upload.has_file:
            raise InvalidField(field="file", reason="the part named “file” is missing")
        fields: dict[str, Any] = {k: v for k, v in self.upload.fields.items() if v}
        if "fields" in fields:
            fields["fields"] = _object(fields["fields"])
        fields["path"] = self.upload.file_name
        return self.staged, checked(DatasetAsk, fields)


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
        elif "sample" in (data := self.json_body()):
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
        await self.service.datasets.delete(await self.owner(), dataset_id)
        self.done()


class PreviewHandler(Handler):
    """`datasets/{dataset_id}/preview`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Some of its rows."""
        query = self.query(PreviewQuery)
        self.answer(
            await self.service.datasets.preview(
                await self.owner(), dataset_id, **query.model_dump()
            )
        )


class StatsHandler(Handler):
    """`datasets/{dataset_id}/stats`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Its counts."""
        dataset = await self.service.datasets.get(await self.owner(), dataset_id)
        self.answer(dataset.report.stats)


class DatasetDownloadHandler(Handler):
    """`datasets/{dataset_id}/download`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, dataset_id: str) -> None:
        """Its rows as JSON lines."""
        name, pieces = await self.service.datasets.download(await self.owner(), dataset_id)
        await self.send_stream(pieces, "application/x-ndjson", name)


class SamplesHandler(Handler):
    """`samples`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Sample datasets that can be imported."""
        self.answer(Page[SampleInfo](items=self.service.datasets.samples))


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidField(field="fields", reason="a JSON object is needed") from error
