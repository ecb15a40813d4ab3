"""Routes of datasets and samples."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import DiskFull, InvalidField, InvalidRequest, PersianAIError, TooLarge
from ..protocol.base import Page
from ..protocol.data import DatasetAsk, Rename, SampleAsk, SampleInfo
from ..services.checking import checked
from ..services.disk import need_room
from .base import Handler
from .multipart import Upload
from .queries import PageQuery, PreviewQuery

RESOURCE = "persian_ai_datasets"


#: A refused upload is read and dropped up to this, so that the client hears the answer:
#: closing while it still sends would cut it off.
DRAIN_BYTES = 64 * 2**20


@web.stream_request_body
class FileHandler(Handler):
    """A handler whose body may be an upload: that goes to disk as it arrives.

    The authorizer is asked before the first byte is written, not only before the verb.
    """

    auth_resource = RESOURCE

    def initialize(self, route: str = "") -> None:
        """Nothing has arrived yet."""
        super().initialize(route)
        self._upload: Upload | None = None
        self._staged: Path | None = None
        self._refused: PersianAIError | None = None
        self._entered = False
        self._received = 0
        self._text = bytearray()

    @property
    def is_upload(self) -> bool:
        """Whether this request brings a file."""
        kind = self.request.headers.get("Content-Type", "")
        return self.request.method == "POST" and kind.startswith("multipart/form-data")

    async def prepare(self) -> None:  # type: ignore[override]
        """Get ready for a body; refuse at once one that would take long to drop."""
        await super().prepare()
        await self.require("read" if self.request.method == "GET" else "write")
        settings = self.service.settings
        self._limit = settings.max_upload_bytes if self.is_upload else settings.max_body_bytes
        connection: Any = self.request.connection
        connection.set_max_body_size(max(self._limit, DRAIN_BYTES))
        length = int(self.request.headers.get("Content-Length", "0") or 0)
        self._refused = self._refusal(length)
        if self._refused is not None and length > DRAIN_BYTES:
            raise self._refused
        if self.is_upload and self._refused is None:
            self._staged = self.service.datasets.staged(".upload")
            self._upload = Upload(self.request.headers["Content-Type"], self._staged)
        self._entered = True

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Fail; a connection whose body was not read cannot be used again."""
        if not self._entered:
            self.set_header("Connection", "close")
        super().write_error(status_code, **kwargs)

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece of the file, or keep a piece of JSON; what is refused is dropped."""
        self._received += len(chunk)
        if self._received > self._limit:
            self._refused = TooLarge(limit=self._limit)
        if self._refused is not None:
            return
        if self._upload is None:
            self._text += chunk
            return
        try:
            await asyncio.to_thread(self._upload.write, chunk)
        except PersianAIError as error:
            self._refused = error

    def json_body(self) -> Any:
        """The body as JSON."""
        if self._refused is not None:
            raise self._refused
        self.request.body = bytes(self._text)
        return super().json_body()

    def _refusal(self, length: int) -> PersianAIError | None:
        """Why a body of this length is not wanted."""
        if length > self._limit:
            return TooLarge(limit=self._limit)
        try:
            need_room(self.service.settings, length)
        except DiskFull as error:
            return error
        return None

    def on_finish(self) -> None:
        """Drop the uploaded file; what was wanted of it has been imported."""
        super().on_finish()
        self._drop()

    def on_connection_close(self) -> None:
        """The client went away in the middle of an upload."""
        super().on_connection_close()
        self._drop()

    def _drop(self) -> None:
        if self._upload is not None:
            self._upload.discard_handle()
        if self._staged is not None:
            self._staged.unlink(missing_ok=True)

    def uploaded(self) -> tuple[Path, DatasetAsk]:
        """The file and what was asked of it.

        Raises:
            TooLarge, DiskFull, InvalidRequest, InvalidField: what came is not acceptable.

        """
        if self._refused is not None:
            raise self._refused
        if self._upload is None or self._staged is None:
            raise InvalidRequest(field="file", reason="a file is needed")
        self._upload.close()
        if not self._upload.has_file:
            raise InvalidField(field="file", reason="the part named “file” is missing")
        fields: dict[str, Any] = {k: v for k, v in self._upload.fields.items() if v}
        if "fields" in fields:
            fields["fields"] = _object(fields["fields"])
        if "shapes" in fields:
            fields["shapes"] = fields["shapes"].split(",")
        fields["path"] = self._upload.file_name
        return self._staged, checked(DatasetAsk, fields)


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
