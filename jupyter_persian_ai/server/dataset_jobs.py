"""Routes of jobs of datasets: imports above all, with what was read before it is kept."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.versions import ImportAsk, KeepAsk
from ..services.dataset_searches import Sought
from .base import Handler
from .queries import JobsQuery, ProblemsQuery, RowsQuery
from .training import JobHandlerBase
from .uploads import RESOURCE


class PeekHandler(Handler):
    """`datasets/peek`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """The beginning of a file."""
        self.answer(await self.service.imports.peek(await self.owner(), self.body(ImportAsk)))


class ImportsHandler(JobHandlerBase):
    """`datasets/imports`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Read a file, an upload or a repository of the Hub, as a job."""
        ask, key = self.body(ImportAsk), self.idempotency_key
        job, created = await self.service.imports.submit(await self.owner(), ask, key)
        self.answer(job, status=202 if created else 200)


class DatasetJobsHandler(Handler):
    """`datasets/jobs`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(JobsQuery)
        self.answer(await self.service.dataset_jobs.page(await self.owner(), **query.model_dump()))


class DatasetJobHandler(Handler):
    """`datasets/jobs/{job_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """One of them."""
        self.answer(await self.service.dataset_jobs.get(await self.owner(), job_id))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Delete it; what was kept of it stays."""
        await self.service.dataset_jobs.delete(await self.owner(), job_id)
        self.done()


class DatasetJobStopHandler(Handler):
    """`datasets/jobs/{job_id}/stop`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Stop it."""
        self.answer(await self.service.dataset_jobs.stop(await self.owner(), job_id))


class DatasetJobRetryHandler(Handler):
    """`datasets/jobs/{job_id}/retry`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Try it again."""
        self.answer(await self.service.dataset_jobs.retry(await self.owner(), job_id))


class KeepHandler(Handler):
    """`datasets/jobs/{job_id}/keep`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Make a dataset of what was read."""
        name = self.body(KeepAsk).name
        self.answer(await self.service.imports.keep(await self.owner(), job_id, name), status=201)


class JobRowsHandler(Handler):
    """`datasets/jobs/{job_id}/rows`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Some of the rows that were read."""
        sought = Sought(**self.query(RowsQuery).model_dump())
        folder, sha256 = await self.service.imports.folder(await self.owner(), job_id)
        self.answer(await self.service.insight.rows(folder, sha256, sought))


class JobStatsHandler(Handler):
    """`datasets/jobs/{job_id}/stats`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """What is known of what was read, before it is kept."""
        folder, _ = await self.service.imports.folder(await self.owner(), job_id)
        self.answer(await self.service.insight.analysis(folder))


class ProblemsHandler(Handler):
    """`datasets/jobs/{job_id}/problems`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Some of the rows that were left out."""
        query = self.query(ProblemsQuery)
        self.answer(
            await self.service.imports.problems(await self.owner(), job_id, **query.model_dump())
        )


class ProblemsCsvHandler(Handler):
    """`datasets/jobs/{job_id}/problems.csv`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Every row that was left out."""
        name, pieces = await self.service.imports.problems_csv(await self.owner(), job_id)
        await self.send_stream(pieces, "text/csv; charset=utf-8", name)
