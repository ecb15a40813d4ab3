"""Routes of training: recipes, presets, estimate, and jobs with all that they show."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..errors import InvalidField
from ..protocol.base import Page
from ..protocol.jobs import TrainingAsk
from ..protocol.recipes import RECIPES, Recipe
from .base import Handler
from .queries import ComparisonFigureQuery, FigureQuery, JobsQuery, LogsQuery, MetricsQuery

RESOURCE = "persian_ai_jobs"
#: Longest idempotency key.
KEY_LENGTH = 200


class JobHandlerBase(Handler):
    """What handlers of jobs share: the header that makes a repeated request one job."""

    auth_resource = RESOURCE

    @property
    def idempotency_key(self) -> str | None:
        """The header `Idempotency-Key`, if there is one.

        Raises:
            InvalidField: when it is too long.

        """
        key = self.request.headers.get("Idempotency-Key") or None
        if key is not None and len(key) > KEY_LENGTH:
            raise InvalidField(field="Idempotency-Key", reason=f"at most {KEY_LENGTH} characters")
        return key


class RecipesHandler(Handler):
    """`training/recipes`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What can be trained, with the JSON Schema of its options."""
        self.answer(Page[Recipe](items=list(RECIPES)))


class PresetsHandler(Handler):
    """`training/presets`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Ready requests for the datasets and models that are here."""
        self.answer(await self.service.presets.page(await self.owner()))


class EstimateHandler(Handler):
    """`training/estimate`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """What a run would need; nothing is started."""
        ask = self.body(TrainingAsk)
        self.answer(await self.service.training.estimate(await self.owner(), ask))


class FitHandler(Handler):
    """`training/fit`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Options under which a run fits this machine; nothing is started."""
        ask = self.body(TrainingAsk)
        self.answer(await self.service.training.fit(await self.owner(), ask))


class RehearsalHandler(Handler):
    """`training/rehearsal`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """One real step of a run; nothing is started or kept."""
        ask = self.body(TrainingAsk)
        self.answer(await self.service.training.rehearse(await self.owner(), ask))


class JobsHandler(JobHandlerBase):
    """`training/jobs`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(JobsQuery)
        self.answer(await self.service.training_jobs.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start one."""
        ask, key = self.body(TrainingAsk), self.idempotency_key
        job, created = await self.service.training.submit(await self.owner(), ask, key)
        self.answer(job, status=201 if created else 200)


class JobHandler(Handler):
    """`training/jobs/{job_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """One job."""
        self.answer(await self.service.training_jobs.get(await self.owner(), job_id))

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Delete it with its folder; a model that came of it stays."""
        await self.service.training_jobs.delete(await self.owner(), job_id)
        self.done()


class StopHandler(Handler):
    """`training/jobs/{job_id}/stop`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Ask it to stop after saving what it must."""
        self.answer(await self.service.training_jobs.stop(await self.owner(), job_id))


class PauseHandler(Handler):
    """`training/jobs/{job_id}/pause`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Ask it to stop after saving what it must, with a mind to going on."""
        self.answer(await self.service.training_jobs.pause(await self.owner(), job_id))


class ResumeHandler(Handler):
    """`training/jobs/{job_id}/resume`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Go on from its newest checkpoint."""
        self.answer(await self.service.training_jobs.resume(await self.owner(), job_id))


class RetryHandler(Handler):
    """`training/jobs/{job_id}/retry`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Start it over."""
        self.answer(await self.service.training_jobs.retry(await self.owner(), job_id))


class MetricsHandler(Handler):
    """`training/jobs/{job_id}/metrics`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Its curves."""
        query = self.query(MetricsQuery)
        names = [name.strip() for name in query.names.split(",") if name.strip()]
        self.answer(
            await self.service.training_jobs.metrics(
                await self.owner(), job_id, names=names, max_points=query.max_points
            )
        )


class CsvHandler(Handler):
    """`training/jobs/{job_id}/metrics.csv`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Every point of its metrics, one line a step."""
        name, pieces = await self.service.exports.csv(await self.owner(), job_id)
        await self.send_stream(pieces, "text/csv", name)


class TensorBoardHandler(Handler):
    """`training/jobs/{job_id}/tensorboard`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Every point of its metrics for TensorBoard, as a zip of one run."""
        name, pieces = await self.service.exports.tensorboard(await self.owner(), job_id)
        await self.send_stream(pieces, "application/zip", name)


class LogsHandler(Handler):
    """`training/jobs/{job_id}/logs`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Lines of its log."""
        query = self.query(LogsQuery)
        self.answer(
            await self.service.training_jobs.logs(await self.owner(), job_id, **query.model_dump())
        )


class SamplesHandler(Handler):
    """`training/jobs/{job_id}/samples`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """What the model wrote on the way."""
        self.answer(await self.service.training_jobs.samples(await self.owner(), job_id))


class CheckpointsHandler(Handler):
    """`training/jobs/{job_id}/checkpoints`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Its checkpoints."""
        self.answer(await self.service.training_jobs.checkpoints(await self.owner(), job_id))


class ResultHandler(Handler):
    """`training/jobs/{job_id}/download`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """The model that it made, as a zip."""
        name, pieces = await self.service.models.result(await self.owner(), job_id)
        await self.send_stream(pieces, "application/zip", name)


class FigureHandler(Handler):
    """`training/jobs/{job_id}/figure`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """An empty figure of some metrics as a Bokeh item; the reader fills its sources."""
        query = self.query(FigureQuery)
        await self.service.training_jobs.get(await self.owner(), job_id)
        names = tuple(name for name in query.metrics.split(",") if name)
        figure = await self.service.figures.curves(names, query.lang, query.theme, query.scale)
        self.finish(json.dumps(figure))


class ComparisonFigureHandler(Handler):
    """`training/comparison/figure`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """An empty figure of one metric of several trainings; the reader fills its sources."""
        query = self.query(ComparisonFigureQuery)
        figure = await self.service.figures.comparison(
            query.metric, query.runs, query.lang, query.theme, query.scale
        )
        self.finish(json.dumps(figure))
