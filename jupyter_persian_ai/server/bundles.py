"""Routes of bundles: packing, looking at one, taking one in, and sending parts both ways."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.bundles import BundleAsk, BundlePath, UnbundleAsk
from .base import Handler
from .queries import JobsQuery
from .ranges import send_file
from .training import JobHandlerBase
from .uploads import FileHandler

RESOURCE = "persian_ai_bundles"


class BundlesHandler(JobHandlerBase):
    """`bundles`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list of their jobs."""
        query = self.query(JobsQuery)
        self.answer(await self.service.bundle_jobs.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Pack a model or a dataset."""
        ask, key = self.body(BundleAsk), self.idempotency_key
        job, created = await self.service.bundles.pack(await self.owner(), ask, key)
        self.answer(job, status=202 if created else 200)


class BundleLookHandler(Handler):
    """`bundles/look`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """What lies at a path; nothing is taken in."""
        path = self.body(BundlePath).path
        self.answer(await self.service.bundles.look(await self.owner(), path))


class BundleImportsHandler(JobHandlerBase):
    """`bundles/imports`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Take a bundle in."""
        ask, key = self.body(UnbundleAsk), self.idempotency_key
        job, created = await self.service.bundles.unpack(await self.owner(), ask, key)
        self.answer(job, status=202 if created else 200)


class BundleHandler(Handler):
    """`bundles/{job_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """One job."""
        self.answer(await self.service.bundle_jobs.get(await self.owner(), job_id))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Delete it, with the parts that lie in the data root."""
        await self.service.bundles.delete(await self.owner(), job_id)
        self.done()


class BundleStopHandler(Handler):
    """`bundles/{job_id}/stop`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Stop it, to go on later."""
        self.answer(await self.service.bundle_jobs.stop(await self.owner(), job_id))


class BundleResumeHandler(Handler):
    """`bundles/{job_id}/resume`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Go on after the parts that are done."""
        self.answer(await self.service.bundle_jobs.resume(await self.owner(), job_id))


class BundleRetryHandler(Handler):
    """`bundles/{job_id}/retry`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Try it again; parts that are done are not done again."""
        self.answer(await self.service.bundle_jobs.retry(await self.owner(), job_id))


class BundlePartHandler(Handler):
    """`bundles/{job_id}/parts/{name}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str, name: str) -> None:
        """A part that was packed, or a stretch of it."""
        path = await self.service.bundles.part(await self.owner(), job_id, name)
        await send_file(self, path, name, "application/x-tar")


class BundleUploadsHandler(FileHandler):
    """`bundles/uploads`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Send a part into a set."""
        file, name = self.arrived()
        owner, uploads = await self.owner(), self.service.bundle_uploads
        said = await asyncio.to_thread(uploads.add, owner, self.field("upload_id"), name, file)
        self.answer(said, 201)


class BundleUploadHandler(Handler):
    """`bundles/uploads/{upload_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, upload_id: str) -> None:
        """What of a set has arrived."""
        owner, uploads = await self.owner(), self.service.bundle_uploads
        self.answer(await asyncio.to_thread(uploads.get, owner, upload_id))

    @web.authenticated
    @authorized
    async def delete(self, upload_id: str) -> None:
        """Forget a set."""
        owner, uploads = await self.owner(), self.service.bundle_uploads
        await asyncio.to_thread(uploads.drop, owner, upload_id)
        self.done()
