"""Requests and answers over HTTP: authentication, JSON, errors, server-sent events.

One `Transport` is shared by all areas of a client and is safe in several threads. Must not know
what a route means.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import httpx

from ..errors import ServiceUnreachable
from .address import Address
from .remote_errors import from_answer
from .sending import Counted

#: Seconds. Connecting is quick or hopeless; an answer may wait for a model that is being loaded.
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class Transport:
    """HTTP to one service."""

    def __init__(self, address: Address) -> None:
        self.address = address
        headers = {"Accept": "application/json"}
        if address.token:
            # A token in the header needs neither a cookie nor XSRF protection: no browser
            # sends it by itself.
            headers["Authorization"] = f"token {address.token}"
        self._http = httpx.Client(
            base_url=address.api,
            headers=headers,
            timeout=_TIMEOUT,
            # See `Address.loopback` for why no certificate is needed there.
            verify=not address.loopback,
            trust_env=not address.loopback,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections; running requests fail."""
        self._http.close()

    def json(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Send JSON, get JSON (`None` for an empty answer). `path` is relative to the API.

        Raises:
            PersianAIError: the subclass that the service answered with.
            ServiceUnreachable: nothing answered.

        """
        with self._answer(
            method, path, body=body, params=params, headers=headers, timeout=timeout
        ) as answer:
            content = answer.read()
            if not content:
                return None
            if "json" not in answer.headers.get("content-type", ""):
                # A login page, or another application at this address.
                raise ServiceUnreachable(url=self.address.url, reason="the answer is not JSON")
            return json.loads(content)

    def content(self, path: str, *, params: Mapping[str, Any] | None = None) -> bytes:
        """The bytes of an answer, whatever they are."""
        with self._answer("GET", path, params=params) as answer:
            return answer.read()

    def pieces(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[bytes]:
        """The bytes of an answer as they come, for what may be large."""
        with self._answer("GET", path, params=params, headers=headers, timeout=600.0) as answer:
            try:
                yield from answer.iter_bytes()
            except httpx.TransportError as error:
                raise ServiceUnreachable(url=self.address.url, reason=str(error)) from error

    def upload(
        self, path: str, name: str, file: BinaryIO | Counted, fields: Mapping[str, str]
    ) -> Any:
        """Send a file as multipart, streamed; the answer is JSON."""
        with self._answer(
            "POST",
            path,
            files={"file": (name, file, "application/octet-stream")},
            data=dict(fields),
            timeout=3600.0,
        ) as answer:
            return json.loads(answer.read())

    def events(self, method: str, path: str, *, body: Any = None) -> Iterator[tuple[str, Any]]:
        """Server-sent events of an answer as `(event, data)`, until the service ends it."""
        with self._answer(
            method, path, body=body, headers={"Accept": "text/event-stream"}, timeout=600.0
        ) as answer:
            name, data = "message", list[str]()
            try:
                for line in answer.iter_lines():
                    if not line:
                        if data:
                            yield name, json.loads("\n".join(data))
                        name, data = "message", []
                    elif line.startswith("event:"):
                        name = line.removeprefix("event:").strip()
                    elif line.startswith("data:"):
                        data.append(line.removeprefix("data:").removeprefix(" "))
            except httpx.TransportError as error:
                raise ServiceUnreachable(url=self.address.url, reason=str(error)) from error

    @contextlib.contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        timeout: float | None = None,
        **request: Any,
    ) -> Iterator[httpx.Response]:
        """A successful answer whose content is not read yet."""
        if body is not None:
            # Our own encoding: ensure_ascii would turn every Persian letter into six bytes.
            request["content"] = json.dumps(body, ensure_ascii=False).encode()
            request["headers"] = {
                **(request.get("headers") or {}),
                "Content-Type": "application/json",
            }
        wait = _TIMEOUT if timeout is None else httpx.Timeout(timeout, connect=5.0)
        try:
            with self._http.stream(method, path, timeout=wait, **request) as answer:
                if not answer.is_success:
                    answer.read()
                    raise from_answer(answer.status_code, _json(answer), self.address.url)
                yield answer
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ServiceUnreachable(url=self.address.url, reason=reason) from error


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
