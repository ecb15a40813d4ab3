"""Routes of monitoring."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.base import Page
from ..protocol.service import Activity
from .base import Handler
from .queries import ActivityQuery

RESOURCE = "persian_ai_monitoring"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class SystemHandler(Handler):
    """`monitoring/system`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """One reading of the machine."""
        self.answer(await self.service.monitoring.system())


class RequestsHandler(Handler):
    """`monitoring/metrics`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Figures of the API, in all and by route."""
        self.answer(self.service.monitoring.requests.figures())


class PercentilesHandler(Handler):
    """`monitoring/percentiles`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Percentiles of the API's durations, in all and by route."""
        self.answer(self.service.monitoring.requests.figures())


class ActivityHandler(Handler):
    """`monitoring/activity`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What happened lately."""
        query = self.query(ActivityQuery)
        items = await self.service.monitoring.activity(await self.owner(), **query.model_dump())
        self.answer(Page[Activity](items=items))


class PrometheusHandler(Handler):
    """`monitoring/prometheus`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The same in Prometheus's text format."""
        text = self.service.monitoring.requests.prometheus()
        self.finish(text, set_content_type=PROMETHEUS)
