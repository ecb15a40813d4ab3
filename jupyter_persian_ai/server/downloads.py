"""Routes of downloads; each is a job of kind `download`."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.jobs import DownloadAsk
from .base import Handler
from .queries import JobsQuery
from .training import JobHandlerBase

RESOURCE = "persian_ai_downloads"


class DownloadsHandler(JobHandlerBase):
    """`downloads`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(JobsQuery)
        self.answer(await self.service.download_jobs.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one."""
        ask, key = self.body(DownloadAsk), self.idempotency_key
        job, created = await self.service.downloads.submit(await self.owner(), ask, key)
        self.answer(job, status=201 if created else 200)


class DownloadHandler(Handler):
    """`downloads/{job_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """One download."""
        self.answer(await self.service.download_jobs.get(await self.owner(), job_id))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Cancel it; one that has ended is taken off the list."""
        await self.service.downloads.cancel(await self.owner(), job_id)
        self.done()


class DownloadRetryHandler(Handler):
    """`downloads/{job_id}/retry`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Try it again."""
        self.answer(await self.service.download_jobs.retry(await self.owner(), job_id))


class DownloadPauseHandler(Handler):
    """`downloads/{job_id}/pause`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Stop it, to go on later."""
        self.answer(await self.service.download_jobs.pause(await self.owner(), job_id))


class DownloadResumeHandler(Handler):
    """`downloads/{job_id}/resume`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Go on where it was."""
        self.answer(await self.service.download_jobs.resume(await self.owner(), job_id))
