"""One question to the Hub's JSON interface: its answer within limits of time and size.

Over the connections of the transfer, so that a question takes the same way as the bytes do: the
proxy that was chosen, the same certificates, and a token to nobody but the origin that it belongs
to, whatever a redirect says. Knows no question in particular. Blocks: ask in a thread.
"""

from __future__ import annotations

import http.client
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from platform import python_version
from typing import Any, NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

from ..errors import HubOffline
from ..version import __version__
from .transfer.connection import BROKEN, Connection, origin_of
from .way import Way

Params = Sequence[tuple[str, str]]

AGENT = f"jupyter_persian_ai/{__version__}; python/{python_version()}"
_PIECE_SECONDS = 10.0  # for each piece of an answer
_WHOLE_SECONDS = 15.0
_MOST_BYTES = 32 * 2**20  # the list of a repository of 100,000 files has about 20 MB
_BLOCK = 1 << 16
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Said(Exception):
    """The Hub answered, and not with what was asked for: `status` and `headers` say why."""

    def __init__(self, endpoint: str, status: int, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.status = status
        self.headers = headers
        super().__init__(f"status {status}")


def ask(
    way: Way, endpoint: str, path: str, params: Params = (), *, seconds: float = _WHOLE_SECONDS
) -> Any:
    """The JSON that `path` of `endpoint` answers with.

    Raises:
        HubOffline: it cannot be reached, is not to be asked, or is no Hub.
        Said: it answered with a status of its own.

    """
    way.need_online()
    until = time.monotonic() + seconds
    url = endpoint + path + (f"?{urlencode(params)}" if params else "")
    try:
        for _ in range(_MOST_REDIRECTS):
            url, answer = _one(way, endpoint, url, until)
            if not url:
                return answer
    except TimeoutError as error:
        raise too_slow(endpoint, seconds) from error
    except BROKEN as error:
        raise HubOffline(
            endpoint=shown(endpoint),
            reason="no connection comes about",
            reason_fa="ارتباطی برقرار نمی‌شود",
        ) from error
    return no_hub(endpoint)


def _one(way: Way, endpoint: str, url: str, until: float) -> tuple[str, Any]:
    """The address that an answer leads on to, else the JSON of it."""
    origin = origin_of(url)
    headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
    if token := way.token_origins.get(origin):
        headers["Authorization"] = f"Bearer {token}"
    connection = Connection(origin, way.proxies, _PIECE_SECONDS)
    try:
        with connection.get(url, headers) as response:
            if response.status in _REDIRECTS:
                return _followed(endpoint, url, response.headers.get("Location", "")), None
            if response.status != http.client.OK:
                raise Said(endpoint, response.status, dict(response.headers))
            return "", _json(endpoint, _body(endpoint, response, until))
    finally:
        connection.close()


def _followed(endpoint: str, url: str, location: str) -> str:
    following = urljoin(url, location).split("#", 1)[0]
    try:
        origin = origin_of(following)
    except ValueError:
        no_hub(endpoint)
    if not location or (origin.scheme == "http" and url.startswith("https:")):
        no_hub(endpoint)
    return following


def _body(endpoint: str, response: http.client.HTTPResponse, until: float) -> bytes:
    packed = response.headers.get("Content-Encoding", "identity") == "gzip"
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = bytearray()
    while piece := response.read1(_BLOCK):
        try:
            body += unpacking.decompress(piece, _MOST_BYTES) if packed else piece
        except zlib.error:
            no_hub(endpoint)
        if len(body) > _MOST_BYTES or unpacking.unconsumed_tail:
            no_hub(endpoint)
        if time.monotonic() > until:
            raise TimeoutError
    if response.length:
        raise http.client.IncompleteRead(bytes(body))
    return bytes(body)


def _json(endpoint: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        no_hub(endpoint)


def shown(endpoint: str) -> str:
    """An address as it may be shown: without what could be secret in it."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def too_slow(endpoint: str, seconds: float) -> HubOffline:
    """The error of an address that takes its time."""
    return HubOffline(
        endpoint=shown(endpoint),
        reason=f"it did not answer within {seconds:.0f} seconds",
        reason_fa=f"در {seconds:.0f} ثانیه پاسخ نداد",
    )


def no_hub(endpoint: str) -> NoReturn:
    """Say that something else answers at an address.

    Raises:
        HubOffline: always.

    """
    raise HubOffline(
        endpoint=shown(endpoint),
        reason="what answers there is no Hub",
        reason_fa="آنچه آنجا پاسخ می‌دهد هاب نیست",
    )
