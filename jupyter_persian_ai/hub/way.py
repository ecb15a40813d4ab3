"""The way to the Hub that one user has chosen: addresses, proxy, limits, offline.

Owns the file in which that is kept beside the data, for whoever must follow changes while it works
and has no database: the processes that fetch. It holds no secret; a token and a proxy's password
are handed over apart. Asks nobody anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import HubOffline
from .transfer.connection import Origin, Proxies, origin_of

DEFAULT_ENDPOINT = "https://huggingface.co"
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})  # as the Hub's own library reads its switches


@dataclass(frozen=True, slots=True)
class Way:
    """How the Hub is reached.

    `endpoints` are tried in order; of them `token_endpoints` may see the token. `proxy` may hold
    a name and a password. `bandwidth`: bytes/s of all downloads together, 0 for no limit.
    """

    endpoints: tuple[str, ...]
    token_endpoints: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)
    offline: bool = False
    connections: int = 16
    downloads: int = 2
    bandwidth: int = 0
    token: str = field(default="", repr=False)

    @property
    def proxies(self) -> Proxies:
        """Which proxy is used for whom."""
        return Proxies(self.proxy)

    @property
    def token_origins(self) -> dict[Origin, str]:
        """The token, by the origins that may see it."""
        if not self.token:
            return {}
        return {origin_of(endpoint): self.token for endpoint in self.token_endpoints}

    def need_online(self) -> None:
        """Make sure that somebody may be asked at all.

        Raises:
            HubOffline: offline mode is on.

        """
        if self.offline:
            raise HubOffline(
                endpoint=self.endpoints[0],
                reason="offline mode is on",
                reason_fa="حالت برون‌خط روشن است",
            )


def default_endpoint() -> str:
    """Who is asked when nobody was chosen: `HF_ENDPOINT`, else the Hub itself."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def environment_offline() -> bool:
    """Whether the environment asks for offline mode, as the Hub's own library understands it."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in _TRUE for name in names)


def way_of(said: Mapping[str, Any]) -> Way:
    """The way that the content of a settings file describes; what it leaves out is the default.

    `said` holds what `protocol.hub.HubSettings` does; `offline` may be None: as the environment.
    """
    chosen = [
        (str(one["url"]).rstrip("/"), bool(one["token"])) for one in said.get("endpoints", [])
    ]
    if not chosen:
        chosen = [(default_endpoint(), True)]
    offline = said.get("offline")
    return Way(
        endpoints=tuple(url for url, _ in chosen),
        token_endpoints=tuple(url for url, token in chosen if token),
        proxy=str(said.get("proxy", "")),
        offline=environment_offline() if offline is None else bool(offline),
        connections=int(said.get("connections", 16)),
        downloads=int(said.get("downloads", 2)),
        bandwidth=int(said.get("bandwidth", 0)),
    )


def read_way(file: Path) -> Way:
    """The way that `file` describes; the default when there is none, or it cannot be read."""
    return way_of(read_file(file))


def read_file(file: Path) -> dict[str, Any]:
    """The content of a settings file; nothing when there is none, or it cannot be read."""
    with suppress(OSError, ValueError):
        said = json.loads(file.read_bytes())
        if isinstance(said, dict):
            return said
    return {}


def with_password(proxy: str, user: str, password: str) -> str:
    """The address of a proxy that wants a name and a password."""
    if not proxy or not user:
        return proxy
    scheme, _, rest = proxy.partition("://")
    key = f":{quote(password, safe='')}" if password else ""
    return f"{scheme}://{quote(user, safe='')}{key}@{rest}"
