"""Conversations, and the answer that is being written.

Owns the life of an answer: it runs by itself, so that a browser that goes away loses nothing;
the text so far is kept in the store while it grows, and `stop` ends it with what there is. The
history that is sent to the engine is the conversation in the store, byte for byte.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from pydantic import BaseModel
from sqlalchemy.orm import Session

from ..errors import Conflict, EngineFailed, ModelUnsupported, PersianAIError
from ..protocol.base import Page
from ..protocol.chat import (
    Conversation,
    ConversationAsk,
    ConversationDetail,
    ConversationPatch,
    DoneEvent,
    Engine,
    Message,
    Role,
    TokenEvent,
    Usage,
)
from ..protocol.data import Model
from ..store import Store
from ..store import chat as rows
from ..store import models as model_rows
from .completion import complete
from .engines import Engines

#: Characters of a title that is made of a message.
TITLE_LENGTH = 60
#: The growing text is kept in the store this often.
KEEP_SECONDS = 1.0


class Answer:
    """An answer under way; any number of readers follow it from its beginning."""

    def __init__(self, owner: str, question: Message | None, message: Message) -> None:
        self.owner = owner
        self.question = question
        self.message = message
        self.text = ""
        self.usage: Usage | None = None
        self.error: PersianAIError | None = None
        self.final: Message | None = None
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def changed(self) -> None:
        """Tell readers to look again."""
        async with self._changed:
            self._changed.notify_all()

    async def follow(self) -> AsyncIterator[tuple[str, BaseModel]]:
        """`(event name, data)` from the start: `message`*, `token`*, `usage`?, `done` | `error`."""
        for message in (self.question, self.message):
            if message is not None:
                yield "message", message
        sent = 0
        while True:
            async with self._changed:
                while len(self.text) <= sent and self.final is None:
                    await self._changed.wait()
                piece, final = self.text[sent:], self.final
            if piece:
                sent += len(piece)
                yield "token", TokenEvent(text=piece)
                continue
            if final is None:
                continue
            if self.usage is not None:
                yield "usage", self.usage
            if self.error is not None:
                yield "error", self.error.body
            else:
                yield "done", DoneEvent(message=final)
            return


class Chat:
    """What a user can do with conversations and loaded models."""

    def __init__(self, store: Store, engines: Engines) -> None:
        self._store = store
        self._engines = engines
        self._answers: dict[str, Answer] = {}
        #: Conversations whose next answer is about to begin.
        self._reserved: set[str] = set()

    async def start(self) -> None:
        """Settle answers that an earlier server left unfinished."""
        await self._store.awrite(rows.settle)

    async def stop(self) -> None:
        """End all answers; their text is kept."""
        for conversation_id in list(self._answers):
            await self._halt(conversation_id)

    # --- conversations ------------------------------------------------------------------------

    async def create(self, user_id: str, ask: ConversationAsk) -> Conversation:
        """A new conversation with a model of the user's."""

        def write(session: Session) -> Conversation:
            _must_talk(model_rows.get(session, user_id, ask.model_id))
            return rows.create(session, user_id, ask)

        return await self._store.awrite(write)

    async def get(self, user_id: str, conversation_id: str) -> ConversationDetail:
        """A conversation with its messages."""
        return await self._store.aread(lambda s: rows.get(s, user_id, conversation_id))

    async def page(self, user_id: str, *, limit: int, cursor: str | None) -> Page[Conversation]:
        """Conversations, the last used first."""
        return await self._store.aread(lambda s: rows.page(s, user_id, limit=limit, cursor=cursor))

    async def patch(
        self, user_id: str, conversation_id: str, patch: ConversationPatch
    ) -> Conversation:
        """Change what is given."""

        def write(session: Session) -> Conversation:
            if patch.model_id is not None:
                _must_talk(model_rows.get(session, user_id, patch.model_id))
            return rows.patch(session, user_id, conversation_id, patch)

        return await self._store.awrite(write)

    async def delete(self, user_id: str, conversation_id: str) -> None:
        """Delete a conversation; an answer under way ends."""
        await self.get(user_id, conversation_id)
        await self._halt(conversation_id)
        await self._store.awrite(lambda s: rows.delete(s, user_id, conversation_id))

    async def delete_all(self, user_id: str) -> None:
        """Delete all conversations of a user."""
        mine = {a.message.conversation_id for a in self._answers.values() if a.owner == user_id}
        for conversation_id in mine:
            await self._halt(conversation_id)
        await self._store.awrite(lambda s: rows.delete_all(s, user_id))

    # --- engines ------------------------------------------------------------------------------

    async def engines(self, user_id: str) -> list[Engine]:
        """Loaded models of the user."""
        loaded = {engine.model_id for engine in self._engines.listed()}
        mine = set()
        for model_id in loaded:
            with suppress(PersianAIError):
                await self._model(user_id, model_id)
                mine.add(model_id)
        return self._engines.listed(mine)

    async def load(self, user_id: str, model_id: str) -> Engine:
        """Begin to load a model."""
        return await self._engines.load(await self._model(user_id, model_id))

    async def unload(self, user_id: str, model_id: str) -> None:
        """Unload a model."""
        await self._model(user_id, model_id)
        await self._engines.unload(model_id)

    # --- answers ------------------------------------------------------------------------------

    async def send(self, user_id: str, conversation_id: str, text: str) -> Answer:
        """Store a message and begin to answer it.

        Raises:
            NotFound: no such conversation, or its model is gone.
            Conflict: an answer is being written already.

        """

        def write(session: Session) -> tuple[Message, Message]:
            if not rows.get(session, user_id, conversation_id).title:
                title = ConversationPatch(title=title_of(text))
                rows.patch(session, user_id, conversation_id, title)
            question = rows.add_message(session, user_id, conversation_id, Role.USER, text, "done")
            answer = rows.add_message(
                session, user_id, conversation_id, Role.ASSISTANT, "", "streaming"
            )
            return question, answer

        async with self._turn(user_id, conversation_id):
            question, message = await self._store.awrite(write)
            return self._begin(Answer(user_id, question, message))

    async def regenerate(self, user_id: str, conversation_id: str) -> Answer:
        """Drop the last answer and write another.

        Raises:
            Conflict: an answer is being written, or there is no question yet.

        """

        def write(session: Session) -> Message:
            rows.drop_last_answer(session, user_id, conversation_id)
            return rows.add_message(
                session, user_id, conversation_id, Role.ASSISTANT, "", "streaming"
            )

        async with self._turn(user_id, conversation_id):
            return self._begin(Answer(user_id, None, await self._store.awrite(write)))

    async def stop_answer(self, user_id: str, conversation_id: str) -> ConversationDetail:
        """End the answer under way, if there is one; its text so far is kept."""
        await self.get(user_id, conversation_id)
        await self._halt(conversation_id)
        return await self.get(user_id, conversation_id)

    @asynccontextmanager
    async def _turn(self, user_id: str, conversation_id: str) -> AsyncIterator[None]:
        """The right to write the next answer of a conversation; one at a time has it.

        Raises:
            NotFound: no such conversation, or its model is gone.
            Conflict: an answer is being written already.

        """
        if conversation_id in self._answers or conversation_id in self._reserved:
            await self.get(user_id, conversation_id)
            raise Conflict(
                reason="an answer is being written", reason_fa="پاسخی در حال نوشته شدن است"
            )
        self._reserved.add(conversation_id)
        try:
            conversation = await self.get(user_id, conversation_id)
            await self._model(user_id, conversation.model_id or "")
            yield
        finally:
            self._reserved.discard(conversation_id)

    def _begin(self, answer: Answer) -> Answer:
        conversation_id = answer.message.conversation_id
        self._answers[conversation_id] = answer
        answer.task = asyncio.create_task(self._run(answer.owner, conversation_id, answer))
        return answer

    async def _run(self, user_id: str, conversation_id: str, answer: Answer) -> None:
        state = "done"
        try:
            await self._write_answer(user_id, conversation_id, answer)
        except asyncio.CancelledError:
            state = "stopped"
        except PersianAIError as error:
            state, answer.error = "error", error
        except OSError as error:
            state, answer.error = "error", EngineFailed(reason=str(error))
        try:
            answer.final = await self._keep(user_id, answer, state)
        except PersianAIError as error:
            # The conversation was deleted meanwhile, or the database is away.
            answer.error = answer.error or error
            answer.final = answer.message.model_copy(update={"text": answer.text, "state": state})
        finally:
            self._answers.pop(conversation_id, None)
            await answer.changed()

    async def _write_answer(self, user_id: str, conversation_id: str, answer: Answer) -> None:
        conversation = await self.get(user_id, conversation_id)
        model = await self._model(user_id, str(conversation.model_id))
        kept = time.monotonic()
        async with self._engines.using(model) as engine:
            async for piece in complete(engine, conversation, before=answer.message.id):
                if isinstance(piece, Usage):
                    answer.usage = piece
                    continue
                answer.text += piece
                await answer.changed()
                if time.monotonic() - kept > KEEP_SECONDS:
                    kept = time.monotonic()
                    await self._keep(user_id, answer, "streaming")

    async def _keep(self, user_id: str, answer: Answer, state: str) -> Message:
        return await self._store.awrite(
            lambda s: rows.finish_message(
                s, user_id, answer.message.id, answer.text, state, answer.usage
            )
        )

    async def _halt(self, conversation_id: str) -> None:
        answer = self._answers.get(conversation_id)
        if answer is not None and answer.task is not None:
            answer.task.cancel()
            with suppress(asyncio.CancelledError):
                await answer.task

    async def _model(self, user_id: str, model_id: str) -> Model:
        model = await self._store.aread(lambda s: model_rows.get(s, user_id, model_id))
        _must_talk(model)
        return model


def _must_talk(model: Model) -> None:
    """Raise `ModelUnsupported` for a model that labels texts instead of writing them."""
    if model.task != "text-generation":
        raise ModelUnsupported(model_type=f"{model.architecture} ({model.task})")


def title_of(text: str) -> str:
    """A title for a conversation: the beginning of its first message, whole words."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line or "…"
    cut = line[:TITLE_LENGTH]
    return f"{cut.rsplit(' ', 1)[0] or cut}…"
