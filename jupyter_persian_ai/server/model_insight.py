"""Routes of what is known of models: their story, their tokenizers, and several side by side."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from jupyter_server.auth.decorator import authorized
from pydantic import BaseModel
from tornado import web

from ..protocol.registry import AnswersAsk
from .base import Handler, executes
from .chat import SSE
from .models import RESOURCE


class ModelLineageHandler(Handler):
    """`models/{model_id}/lineage`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """What it was made from, and what was made from it."""
        self.answer(await self.service.lineage.of(await self.owner(), model_id))


class ModelTokenizerHandler(Handler):
    """`models/{model_id}/tokenizer`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, model_id: str) -> None:
        """What its tokenizer makes of Persian."""
        self.answer(await self.service.model_tokenizers.of(await self.owner(), model_id))


class ComparisonHandler(Handler):
    """`models/compare`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Two or more models side by side."""
        ids = self.get_query_arguments("ids")
        self.answer(await self.service.comparing.compare(await self.owner(), ids))


class ComparedAnswersHandler(Handler):
    """`models/compare/answers`."""

    auth_resource = RESOURCE

    @web.authenticated
    @executes
    async def post(self) -> None:
        """What each model answers, as it is written."""
        ask = self.body(AnswersAsk)
        comparing = self.service.comparing
        models = await comparing.answerers(await self.owner(), ask)
        # Proxies must pass each token on at once.
        self.set_header("X-Accel-Buffering", "no")
        await self.send_stream(_server_sent(comparing.answers(models, ask)), SSE)


async def _server_sent(events: AsyncGenerator[tuple[str, BaseModel]]) -> AsyncGenerator[bytes]:
    async with aclosing(events):
        async for name, data in events:
            yield f"event: {name}\ndata: {data.model_dump_json()}\n\n".encode()
