"""What every area of the client has: the way to the service, and answers as the protocol's models.

Fields that a newer service adds are ignored. Must not keep state, nor know a route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from ...protocol.base import Page, Wire
from ..transport import Transport

Word = TypeVar("Word", bound=Wire)

#: What is asked: the protocol's model, or its JSON as it is. The service judges either.
Asked = BaseModel | Mapping[str, Any]


def sent(ask: Asked) -> dict[str, Any]:
    """What is asked, as it is sent: only what was said, so that defaults stay the service's."""
    if isinstance(ask, BaseModel):
        return ask.model_dump(mode="json", exclude_unset=True)
    return dict(ask)


class Area:
    """What every area has: the way to the service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _one(self, word: type[Word], method: str, path: str, **request: Any) -> Word:
        return word.model_validate(self._transport.json(method, path, **request), extra="ignore")

    def _list(self, word: type[Word], path: str, **params: Any) -> list[Word]:
        """A list that is one page."""
        answer = self._transport.json("GET", path, params=params)
        items = answer["items"] if isinstance(answer, dict) else answer
        return [word.model_validate(item, extra="ignore") for item in items]

    def _pages(self, word: type[Word], path: str, **params: Any) -> Iterator[Word]:
        """Everything of a list, page by page."""
        cursor: str | None = None
        while True:
            asked = {name: value for name, value in params.items() if value is not None}
            if cursor is not None:
                asked["cursor"] = cursor
            answer = self._transport.json("GET", path, params=asked)
            page = Page[word].model_validate(answer, extra="ignore")  # type: ignore[valid-type]
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
