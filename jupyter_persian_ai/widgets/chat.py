"""A conversation with a model, in a notebook or without a display."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import ErrorBody
from ..protocol.chat import Conversation, ConversationDetail, Message
from .live import LiveWidget


class ChatWidget(LiveWidget):
    """One conversation, kept by the service: the same in the notebook, the panel and here."""

    def __init__(
        self, client: Client, conversation: Conversation, *, transport: str = "auto"
    ) -> None:
        self.conversation_id = conversation.id
        path = f"chat/conversations/{conversation.id}"
        super().__init__(
            client,
            kind="chat",
            about={"conversation_id": conversation.id},
            paths=[path, "models?limit=50", "chat/engines"],
            numbered=[path],
            topics=["chat", "models"],
            transport=transport,
        )

    def ask(self, text: str, *, show: bool | None = None) -> str:
        """Say something; the answer is printed as it is written, and returned whole.

        Args:
            text: what is said; earlier messages are the context.
            show: whether to print; by default where this conversation is not displayed.

        Raises:
            PersianAIError: the model could not be loaded or did not answer.

        """
        printing = not self._shown if show is None else show
        pieces = list[str]()
        for piece in self.stream(text):
            pieces.append(piece)
            if printing:
                sys.stdout.write(piece)
                sys.stdout.flush()
        if printing:
            sys.stdout.write("\n")
        return "".join(pieces)

    def stream(self, text: str) -> Iterator[str]:
        """Say something; yields the answer piece by piece, exactly as the model writes it.

        Leaving the loop early stops the answer; what is written stays in the conversation.
        """
        ended = False
        try:
            for event, data in self.client.chat.say(self.conversation_id, text):
                match event:
                    case "token":
                        yield str(data["text"])
                    case "error":
                        ended = True
                        raise from_body(ErrorBody.model_validate(data.get("error", data)))
                    case "done":
                        ended = True
        finally:
            if not ended:
                self.stop()

    def stop(self) -> None:
        """Stop the answer that is being written."""
        self.client.chat.stop(self.conversation_id)

    @property
    def messages(self) -> list[Message]:
        """Every message so far, oldest first."""
        return self.detail.messages

    @property
    def detail(self) -> ConversationDetail:
        """The conversation as the service has it."""
        return self.client.chat.get(self.conversation_id)

    def __repr__(self) -> str:
        detail = self.detail
        lines = [f"<conversation {detail.id} “{detail.title}”>"]
        lines += [f"{message.role.value}: {message.text}" for message in detail.messages]
        return "\n".join(lines)
