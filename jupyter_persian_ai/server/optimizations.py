"""Routes of merging and exporting; each is a job of kind `model`."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import InvalidField
from ..protocol.making import ExportAsk, MergeAsk
from ..services.checking import checked
from .models import RESOURCE
from .ranges import send_file
from .training import JobHandlerBase

_ASKS: dict[str, type[MergeAsk] | type[ExportAsk]] = {"merge": MergeAsk, "export": ExportAsk}


class OptimizationsHandler(JobHandlerBase):
    """`optimizations`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Merge or export."""
        body = self.json_body()
        kind = _ASKS.get(str(body.get("recipe", "")) if isinstance(body, dict) else "")
        if kind is None:
            raise InvalidField(
                field="recipe", reason="it is merge or export", reason_fa="merge یا export است"
            )
        ask = checked(kind, body)
        job, created = await self.service.optimizations.submit(
            await self.owner(), ask, self.idempotency_key
        )
        self.answer(job, status=202 if created else 200)


class ModelJobDownloadHandler(JobHandlerBase):
    """`models/jobs/{job_id}/download`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """What an export wrote: one file as it is, several as a zip."""
        made = await self.service.optimizations.exported(await self.owner(), job_id)
        if made.file is not None:
            await send_file(self, made.file, made.name, "application/octet-stream")
        elif made.pieces is not None:
            await self.send_stream(made.pieces, "application/zip", made.name)
