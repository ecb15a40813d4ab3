"""Routes of chat: conversations, answers as server-sent events, engines."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol.base import Page
from ..protocol.chat import ConversationAsk, ConversationPatch, Engine, MessageAsk
from .base import Handler, executes
from .queries import PageQuery

if TYPE_CHECKING:
    from ..services.chat import Answer

RESOURCE = "persian_ai_chat"
SSE = "text/event-stream; charset=utf-8"


async def server_sent(answer: Answer) -> AsyncGenerator[bytes]:
    """An answer as server-sent events; data is JSON on one line."""
    async for name, data in answer.follow():
        yield f"event: {name}\ndata: {data.model_dump_json()}\n\n".encode()


class AnswerHandler(Handler):
    """What handlers share that send an answer while it is written."""

    auth_resource = RESOURCE

    async def send_answer(self, answer: Answer) -> None:
        """Send it until it ends; it goes on without us when the browser goes away."""
        # Proxies must pass each token on at once.
        self.set_header("X-Accel-Buffering", "no")
        await self.send_stream(server_sent(answer), SSE)


class ConversationsHandler(Handler):
    """`chat/conversations`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """The list."""
        query = self.query(PageQuery)
        self.answer(await self.service.chat.page(await self.owner(), **query.model_dump()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin one."""
        ask = self.body(ConversationAsk)
        self.answer(await self.service.chat.create(await self.owner(), ask), status=201)

    @web.authenticated
    @authorized
    async def delete(self) -> None:
        """Delete all."""
        await self.service.chat.delete_all(await self.owner())
        self.done()


class ConversationHandler(Handler):
    """`chat/conversations/{conversation_id}`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, conversation_id: str) -> None:
        """One, with its messages."""
        self.answer(await self.service.chat.get(await self.owner(), conversation_id))

    @web.authenticated
    @authorized
    async def patch(self, conversation_id: str) -> None:
        """Change its title, model, system text or sampling."""
        patch = self.body(ConversationPatch)
        self.answer(await self.service.chat.patch(await self.owner(), conversation_id, patch))

    @web.authenticated
    @authorized
    async def delete(self, conversation_id: str) -> None:
        """Delete it."""
        await self.service.chat.delete(await self.owner(), conversation_id)
        self.done()


class MessagesHandler(AnswerHandler):
    """`chat/conversations/{conversation_id}/messages`."""

    @web.authenticated
    @executes
    async def post(self, conversation_id: str) -> None:
        """Say something; the answer is streamed."""
        text = self.body(MessageAsk).text
        answer = await self.service.chat.send(await self.owner(), conversation_id, text)
        await self.send_answer(answer)


class RegenerateHandler(AnswerHandler):
    """`chat/conversations/{conversation_id}/regenerate`."""

    @web.authenticated
    @executes
    async def post(self, conversation_id: str) -> None:
        """Write the last answer anew; it is streamed."""
        answer = await self.service.chat.regenerate(await self.owner(), conversation_id)
        await self.send_answer(answer)


class StopAnswerHandler(Handler):
    """`chat/conversations/{conversation_id}/stop`."""

    auth_resource = RESOURCE

    @web.authenticated
    @executes
    async def post(self, conversation_id: str) -> None:
        """End the answer under way; its text so far is kept."""
        self.answer(await self.service.chat.stop_answer(await self.owner(), conversation_id))


class EnginesHandler(Handler):
    """`chat/engines`."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Models in memory."""
        self.answer(Page[Engine](items=await self.service.chat.engines(await self.owner())))


class LoadHandler(Handler):
    """`chat/engines/{model_id}/load`."""

    auth_resource = RESOURCE

    @web.authenticated
    @executes
    async def post(self, model_id: str) -> None:
        """Begin to load a model."""
        engine = await self.service.chat.load(await self.owner(), model_id)
        self.answer(engine, status=202)


class UnloadHandler(Handler):
    """`chat/engines/{model_id}/unload`."""

    auth_resource = RESOURCE

    @web.authenticated
    @executes
    async def post(self, model_id: str) -> None:
        """Free its memory."""
        await self.service.chat.unload(await self.owner(), model_id)
        self.done()
