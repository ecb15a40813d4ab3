"""Routes of jobs of kind `model`, whatever they do."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import Handler
from .models import RESOURCE
from .queries import JobsQuery


class ModelJobsHandler(Handler):
    """`models/jobs`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(JobsQuery)
        self.answer(await self.service.model_jobs.page(await self.owner(), **query.model_dump()))


class ModelJobHandler(Handler):
    """`models/jobs/{job_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """One job."""
        self.answer(await self.service.model_jobs.get(await self.owner(), job_id))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Stop it; one that has ended is taken off the list, a model that came of it stays."""
        await self.service.model_jobs.cancel(await self.owner(), job_id)
        self.done()


class ModelJobStopHandler(Handler):
    """`models/jobs/{job_id}/stop`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Stop it."""
        self.answer(await self.service.model_jobs.stop(await self.owner(), job_id))


class ModelJobRetryHandler(Handler):
    """`models/jobs/{job_id}/retry`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Try it again."""
        self.answer(await self.service.model_jobs.retry(await self.owner(), job_id))
