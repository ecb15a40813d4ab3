"""`connect` and the one client that a notebook uses everywhere.

Owns the choice between an address that was given, one that is found, and a service that is
started. Must not know what is asked of the service.
"""

from __future__ import annotations

import threading
from pathlib import Path

from ..errors import PersianAIError
from .address import Address
from .discovery import find
from .session import Client
from .starting import default_data_dir, running_or_started

_lock = threading.Lock()
_current: Client | None = None
#: Clients that were in use before: jobs and widgets made with them go on using them.
_earlier: list[Client] = []


def connect(
    url: str | None = None, token: str | None = None, *, data_dir: Path | str | None = None
) -> Client:
    """Connect to the service, and use it for everything that follows.

    Without arguments: the Jupyter server that this kernel belongs to, else another server of
    this user with our extension, else a service that is started here, on loopback. `url` may
    be a server's base URL or the address of one of its pages, with `?token=`. With `data_dir`
    the service of that data root is used, and started where it does not run.

    Raises:
        ServiceUnreachable: nothing of ours answers there, or it did not start.
        Unauthenticated, Forbidden: the token is not right.

    """
    with _lock:
        return _in_use(_connected(url, token, data_dir))


def current(client: Client | None = None) -> Client:
    """`client`, or the one in use, or a new connection without arguments.

    A client whose service is gone is replaced: a Jupyter server that was restarted may have
    another port and token.
    """
    if client is not None:
        return client
    with _lock:
        if _current is not None and _alive(_current):
            return _current
        return _in_use(_connected(None, None, None))


def disconnect() -> None:
    """Forget every client made here and close its connections. The services go on."""
    global _current  # noqa: PLW0603 - a kernel has one service in use
    with _lock:
        for client in (_current, *_earlier):
            if client is not None:
                client.close()
        _current = None
        _earlier.clear()


def _connected(url: str | None, token: str | None, data_dir: Path | str | None) -> Client:
    if url is not None:
        client = Client(Address.parse(url, token))
        try:
            client.me = client.service.me()
        except PersianAIError:
            client.close()
            raise
        return client
    if data_dir is not None:
        return Client(*running_or_started(Path(data_dir).expanduser().absolute()))
    return Client(*(find() or running_or_started(default_data_dir())))


def _alive(client: Client) -> bool:
    try:
        client.me = client.service.me()
    except PersianAIError:
        return False
    return True


def _in_use(client: Client) -> Client:
    global _current  # noqa: PLW0603
    if _current is not None:
        if _current.address == client.address:
            # The same service: keep what follows it already.
            client.close()
            return _current
        _earlier.append(_current)
    _current = client
    return client
