"""`chat` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...protocol.chat import Conversation, ConversationDetail, Engine
from .area import Area, Asked, sent


class ChatArea(Area):
    """`chat`."""

    def conversations(self) -> list[Conversation]:
        """Every conversation, latest first."""
        return list(self._pages(Conversation, "chat/conversations", limit=200))

    def create(self, ask: Asked) -> Conversation:
        """Begin one (`ConversationAsk`). Raises `NotFound` for an unknown model."""
        return self._one(Conversation, "POST", "chat/conversations", body=sent(ask))

    def get(self, id: str) -> ConversationDetail:
        """One with its messages."""
        return self._one(ConversationDetail, "GET", f"chat/conversations/{id}")

    def delete(self, id: str) -> None:
        """Delete one with its messages."""
        self._transport.json("DELETE", f"chat/conversations/{id}")

    def say(self, id: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Send a message; yields the events of the answer (see `protocol.chat`) as they come."""
        path = f"chat/conversations/{id}/messages"
        yield from self._transport.events("POST", path, body={"text": text})

    def stop(self, id: str) -> None:
        """Stop the answer that is being written; what is written stays."""
        self._transport.json("POST", f"chat/conversations/{id}/stop")

    def engines(self) -> list[Engine]:
        """Models in memory."""
        return self._list(Engine, "chat/engines")
