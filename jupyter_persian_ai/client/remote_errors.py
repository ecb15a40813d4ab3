"""From an error body back to the error class: what the service raised is raised here again.

Must not decide what to do about an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from ..errors import (
    Busy,
    ErrorBody,
    Forbidden,
    NotFound,
    PersianAIError,
    ServiceUnreachable,
    TooLarge,
    Unauthenticated,
)


class RemoteError(PersianAIError):
    """An error of a service that is newer than this client: its own words are kept."""

    def __init__(self, body: ErrorBody) -> None:
        self._body = body
        super().__init__(**body.details)

    @property
    def body(self) -> ErrorBody:
        """As it was received."""
        return self._body


def _tree(root: type[PersianAIError]) -> Iterator[type[PersianAIError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def from_body(body: ErrorBody) -> PersianAIError:
    """The error that `body` was made from, with a note that says it in Persian too."""
    named: dict[str, type[PersianAIError]] = {}
    for known in _tree(PersianAIError):
        if known is not RemoteError:
            named.setdefault(known.code, known)  # a subclass may share its parent's code
    kind = named.get(body.code)
    error: PersianAIError
    if kind is None:
        error = RemoteError(body)
    else:
        error = kind(**body.details)
        if error.body.message != body.message:  # the same code, other words: keep what was said
            error = RemoteError(body)
    for note in (body.hint, body.message_fa, body.hint_fa):
        if note:
            error.add_note(note)
    return error


def from_answer(status: int, payload: Any, url: str) -> PersianAIError:
    """The error of a failed answer; `payload` is its JSON, or `None` when it has none.

    Jupyter itself, or a proxy before it, answers some requests without our body: those become
    the error of the same meaning.
    """
    if isinstance(payload, dict) and "error" in payload:
        try:
            return from_body(ErrorBody.model_validate(payload["error"], extra="ignore"))
        except ValidationError:
            pass
    if 300 <= status < 400:  # sent to a login page
        return Unauthenticated()
    named: dict[int, PersianAIError] = {
        401: Unauthenticated(),
        403: Forbidden(),
        404: NotFound(what="address", id=url),
        413: TooLarge(limit="?"),
        429: Busy(),
        502: Busy(),
        503: Busy(),
        504: Busy(),
    }
    return named.get(status) or ServiceUnreachable(url=url, reason=f"HTTP status {status}")
