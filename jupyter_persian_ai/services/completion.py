"""One answer from one engine, as pieces of text and at the end what it cost.

Owns the OpenAI-compatible request and the reading of its stream. Closing the iterator closes
the connection, and the engine stops writing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx

from ..errors import EngineFailed
from ..protocol.chat import ConversationDetail, Role, Usage
from .engines import RunningEngine


async def complete(
    engine: RunningEngine, conversation: ConversationDetail, *, before: str
) -> AsyncIterator[str | Usage]:
    """The answer to the messages that stand before the message `before`.

    Raises:
        EngineFailed: when the engine breaks off or refuses.

    """
    async with aclosing(respond(engine, _request(conversation, before))) as pieces:
        async for piece in pieces:
            yield piece


async def respond(engine: RunningEngine, request: dict[str, Any]) -> AsyncGenerator[str | Usage]:
    """The answer to an OpenAI-compatible request that asks for a stream.

    Raises:
        EngineFailed: when the engine breaks off or refuses.

    """
    try:
        async with (
            engine.client() as client,
            client.stream("POST", "/v1/chat/completions", json=request) as response,
        ):
            if response.status_code != 200:
                await response.aread()
                raise EngineFailed(reason=_refusal(response))
            async for chunk in _chunks(response):
                if text := _text(chunk):
                    yield text
                if usage := chunk.get("usage"):
                    yield Usage(**{k: v for k, v in usage.items() if k in Usage.model_fields})
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise EngineFailed(reason=reason) from error


def _refusal(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"


def _request(conversation: ConversationDetail, before: str) -> dict[str, Any]:
    messages = [{"role": "system", "content": conversation.system}] if conversation.system else []
    for message in conversation.messages:
        if message.id == before:
            break
        # An answer that failed before its first word would only confuse the model.
        if message.text or message.role is not Role.ASSISTANT:
            messages.append({"role": message.role.value, "content": message.text})
    sampling = conversation.sampling
    return {
        "model": conversation.model_id,
        "messages": messages,
        "stream": True,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "repetition_penalty": sampling.repetition_penalty,
        "max_tokens": sampling.max_new_tokens,
        "seed": sampling.seed,
    }


async def _chunks(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    finished = False
    async for line in response.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            finished = True
            break
        chunk: dict[str, Any] = json.loads(data)
        if "error" in chunk:
            error = chunk["error"]
            raise EngineFailed(
                reason=error.get("message", str(error)) if isinstance(error, dict) else str(error)
            )
        yield chunk
    if not finished:
        raise EngineFailed(reason="the engine ended in the middle of its answer")


def _text(chunk: dict[str, Any]) -> str:
    choices = chunk.get("choices") or [{}]
    return choices[0].get("delta", {}).get("content") or ""
