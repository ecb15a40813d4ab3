"""Answers what a page asks over the kernel: each ask is one request to the service.

Runs asks in threads, so that neither the kernel nor another ask waits for a slow one. Must not
reach any address but the routes of the service that the widget was made for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..client import Client
from ..errors import InvalidRequest, PersianAIError

#: Verbs of the routes.
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})


class Relay:
    """The asks of the pages of one widget. `send` takes a message for the pages."""

    def __init__(self, client: Client, send: Callable[[dict[str, Any]], None]) -> None:
        self._client = client
        self._send = send
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()

    def take(self, ask: Mapping[str, Any]) -> None:
        """Begin to answer one ask: `{id, method, path, body?, headers?, stream?}`."""
        threading.Thread(
            target=self._answer, args=(dict(ask),), name="persian-ai-ask", daemon=True
        ).start()

    def cancel(self, id: str) -> None:
        """The page no longer wants this answer."""
        with self._lock:
            self._cancelled.add(id)

    def _answer(self, ask: dict[str, Any]) -> None:
        name = str(ask.get("id", ""))
        try:
            method, path = _checked(ask)
            if ask.get("stream"):
                self._stream(name, method, path, ask.get("body"))
                self._send({"type": "end", "id": name})
                return
            answer = self._client.transport.json(
                method, path, body=ask.get("body"), headers=_headers(ask)
            )
            self._send({"type": "answer", "id": name, "body": answer})
        except PersianAIError as error:
            body = error.body.model_dump(mode="json")
            self._send({"type": "failed", "id": name, "status": error.status, "error": body})
        finally:
            with self._lock:
                self._cancelled.discard(name)

    def _stream(self, name: str, method: str, path: str, body: Any) -> None:
        for event, data in self._client.transport.events(method, path, body=body):
            with self._lock:
                if name in self._cancelled:
                    return
            self._send({"type": "event", "id": name, "event": event, "data": data})


def _headers(ask: Mapping[str, Any]) -> dict[str, str]:
    """The one header of ours that a page may set."""
    given = ask.get("headers")
    key = given.get("Idempotency-Key") if isinstance(given, Mapping) else None
    return {"Idempotency-Key": str(key)} if key else {}


def _checked(ask: Mapping[str, Any]) -> tuple[str, str]:
    method, path = str(ask.get("method", "")), str(ask.get("path", ""))
    if method not in _METHODS:
        raise InvalidRequest(field="method", reason=f"“{method}” is no verb of the service")
    # httpx would follow an absolute URL to anywhere, with our token.
    bare = path.partition("?")[0]
    if "://" in path or path.startswith(("/", "\\")) or ".." in bare.split("/"):
        raise InvalidRequest(field="path", reason="this is no route of the service")
    return method, path
