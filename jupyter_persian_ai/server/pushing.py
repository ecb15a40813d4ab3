"""Routes of sending a model to the Hub: the plan, and the act."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.making import PushAsk
from .base import Handler
from .models import RESOURCE
from .training import JobHandlerBase


class PushPlanHandler(Handler):
    """`models/{model_id}/push/plan`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, model_id: str) -> None:
        """All that would be sent; nothing is."""
        ask = self.body(PushAsk)
        self.answer(await self.service.pushing.plan(await self.owner(), model_id, ask))


class PushHandler(JobHandlerBase):
    """`models/{model_id}/push`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def post(self, model_id: str) -> None:
        """Send what the plan showed."""
        ask, key = self.body(PushAsk), self.idempotency_key
        job, created = await self.service.pushing.push(await self.owner(), model_id, ask, key)
        self.answer(job, status=202 if created else 200)
