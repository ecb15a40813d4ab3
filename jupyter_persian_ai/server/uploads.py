"""Bodies that are files: they go to disk as they arrive; and the routes of uploads.

Owns who may send one, how large it may be, and that a refused one is answered before it has been
read whole.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import DiskFull, InvalidField, InvalidRequest, PersianAIError, TooLarge
from ..protocol.data import DatasetAsk
from ..services.checking import checked
from ..services.disk import need_room
from .base import Handler
from .multipart import Upload

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
            self._staged = self.service.uploads.staged(".part")
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

    def arrived(self) -> tuple[Path, str]:
        """The file, whole, and the name it had.

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
        return self._staged, self._upload.file_name

    def field(self, name: str) -> str:
        """A text field that came with the file; empty without one."""
        return self._upload.fields.get(name, "") if self._upload else ""

    def uploaded(self) -> tuple[Path, DatasetAsk]:
        """The file and what was asked of it.

        Raises:
            TooLarge, DiskFull, InvalidRequest, InvalidField: what came is not acceptable.

        """
        file, name = self.arrived()
        given = self._upload.fields if self._upload else {}
        fields: dict[str, Any] = {k: v for k, v in given.items() if v}
        if "fields" in fields:
            fields["fields"] = _object(fields["fields"])
        if "shapes" in fields:
            fields["shapes"] = fields["shapes"].split(",")
        fields["path"] = name
        return file, checked(DatasetAsk, fields)


class UploadsHandler(FileHandler):
    """`datasets/uploads`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Keep a file until it is read."""
        file, name = self.arrived()
        owner = await self.owner()
        self.answer(await asyncio.to_thread(self.service.uploads.add, owner, file, name), 201)


class UploadHandler(Handler):
    """`datasets/uploads/{upload_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def delete(self, upload_id: str) -> None:
        """Forget it."""
        await asyncio.to_thread(self.service.uploads.drop, await self.owner(), upload_id)
        self.done()


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidField(field="fields", reason="a JSON object is needed") from error
