"""Conversations, messages, engines, and the server-sent events of an answer."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .base import Ask, Moment, Wire


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Sampling(Ask):
    """How the next token is drawn."""

    temperature: float = Field(default=0.8, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    top_k: int = Field(default=50, ge=0, le=1000)
    repetition_penalty: float = Field(default=1.1, ge=1, le=2)
    max_new_tokens: int = Field(default=256, ge=1, le=8192)
    seed: int | None = Field(default=None, ge=0)


class Usage(Wire):
    """What an answer cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    first_token_seconds: float = 0.0
    tokens_per_second: float = 0.0
    context_length: int = 0
    dropped_messages: int = Field(
        default=0, description="oldest messages that no longer fit the context"
    )


class Message(Wire):
    """One message; `text` is kept byte for byte."""

    id: str
    conversation_id: str
    role: Role
    text: str
    state: str = Field(default="done", description="streaming | done | stopped | error")
    usage: Usage | None = None
    created: Moment


class Conversation(Wire):
    """A conversation without its messages."""

    id: str
    title: str
    model_id: str | None
    sampling: Sampling = Field(default_factory=Sampling)
    system: str = ""
    created: Moment
    updated: Moment
    seq: int = 0


class ConversationDetail(Conversation):
    """A conversation with its messages, oldest first."""

    messages: list[Message]


class ConversationAsk(Ask):
    """`POST chat/conversations`."""

    model_id: str
    title: str = Field(default="", max_length=120)
    system: str = Field(default="", max_length=20_000)
    sampling: Sampling = Field(default_factory=Sampling)


class ConversationPatch(Ask):
    """`PATCH chat/conversations/{id}`: only what is given changes."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    model_id: str | None = None
    system: str | None = Field(default=None, max_length=20_000)
    sampling: Sampling | None = None


class MessageAsk(Ask):
    """`POST chat/conversations/{id}/messages`."""

    text: str = Field(min_length=1, max_length=200_000)


class EngineState(StrEnum):
    """Whether a model is in memory."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class Engine(Wire):
    """A loaded model."""

    model_id: str
    state: EngineState
    memory_bytes: int = 0
    busy: bool = False
    loaded: Moment | None = None


# Server-sent events of an answer, in order: `message` (both messages as stored), `token`*,
# `usage`, `done` | `error`.


class TokenEvent(Wire):
    """`event: token`: text to append, exactly."""

    text: str


class DoneEvent(Wire):
    """`event: done`: the stored answer."""

    message: Message
