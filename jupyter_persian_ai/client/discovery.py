"""Finding the service that a kernel should talk to, without being told.

Looks, in this order, at: the environment (`JUPYTER_PERSIAN_AI_URL`), the Jupyter server that
started this kernel, the JupyterHub server around it, and this user's other running servers.
Must not start anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Busy, PersianAIError
from ..protocol.service import Me
from .address import Address
from .areas import ServiceArea
from .transport import Transport

#: Seconds that a service may be busy before it counts as absent.
_PATIENCE = 30.0


def find(environ: Mapping[str, str] = os.environ) -> tuple[Address, Me] | None:
    """The first address at which our service answers us, and who we are there."""
    tried: set[tuple[str, str]] = set()
    for address in candidates(environ):
        if (address.url, address.token) in tried:
            continue
        tried.add((address.url, address.token))
        me = answers(address, patience=_PATIENCE)
        if me is not None:
            return address, me
    return None


def answers(address: Address, *, patience: float = 0.0) -> Me | None:
    """Who we are at `address`; `None` where our extension or our right to enter is missing.

    A service that is there but busy, as while it opens its database, is waited for up to
    `patience` seconds: beside it none must be started.
    """
    transport = Transport(address)
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                return ServiceArea(transport).me()
            except Busy:
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.25)
    except (PersianAIError, ValueError):
        return None
    finally:
        transport.close()


def candidates(environ: Mapping[str, str]) -> Iterator[Address]:
    """Addresses that may hold our service, the likeliest first."""
    if named := environ.get("JUPYTER_PERSIAN_AI_URL"):
        yield Address.parse(named, environ.get("JUPYTER_PERSIAN_AI_TOKEN"))
    servers = _running_servers()
    parent = environ.get("JPY_PARENT_PID", "")
    hub_token = environ.get("JUPYTERHUB_API_TOKEN", "")
    for server in servers:
        if str(server.get("pid")) == parent:
            yield _address(server, hub_token).as_own()
    if hub_token:
        yield from (address.as_own() for address in _hub_server(environ, hub_token))
    for server in servers:
        yield _address(server, hub_token)


def _running_servers() -> list[dict[str, Any]]:
    """Servers of this user, the newest first; the files are readable by this user alone."""
    from jupyter_server.serverapp import list_running_servers  # noqa: PLC0415 - half a second

    found = [
        server
        for server in list_running_servers()
        # A server on a Unix socket has no address that a browser or httpx could open.
        if not server.get("sock") and str(server.get("url", "")).startswith("http")
    ]
    return sorted(found, key=lambda server: int(server["pid"]), reverse=True)


def _address(server: Mapping[str, Any], hub_token: str) -> Address:
    # Under a Hub the server has no token of its own: the Hub's token enters.
    return Address.parse(str(server["url"]), str(server.get("token") or "") or hub_token)


def _hub_server(environ: Mapping[str, str], token: str) -> Iterator[Address]:
    """The single-user server of JupyterHub: its own bind address, then the public one."""
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
    if url := environ.get("JUPYTERHUB_SERVICE_URL"):
        # It may listen on every interface; we are on the same machine.
        for anywhere in ("0.0.0.0", "[::]", "*"):  # noqa: S104 - compared, not bound
            url = url.replace(f"//{anywhere}", "//127.0.0.1")
        base = url if url.rstrip("/").endswith(prefix.rstrip("/")) else url.rstrip("/") + prefix
        yield Address.parse(base, token)
    if host := environ.get("JUPYTERHUB_PUBLIC_URL"):
        yield Address.parse(host, token)
