"""Where a service is and how it is entered: one value.

Owns parsing of addresses as people paste them. Must not open a connection or read a file.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit, urlunsplit

from ..errors import ServiceUnreachable

#: Pages of Jupyter's front ends; what stands before them is the server's base URL.
_PAGES = ("lab", "tree", "notebooks", "doc", "consoles", "terminals", "edit", "persian-ai")


@dataclass(frozen=True, slots=True)
class Address:
    """A Jupyter server that may hold our extension. `url` is its base URL and ends in `/`."""

    url: str
    token: str = ""
    #: This very server started the kernel we run in, so a page of it can talk to it directly.
    own: bool = False

    @classmethod
    def parse(cls, url: str, token: str | None = None) -> Address:
        """From what a user pastes: a base URL, or the address of a page with its token.

        Raises:
            ServiceUnreachable: it is no http(s) address.

        """
        parts = urlsplit(url.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ServiceUnreachable(url=url, reason="this is not an http(s) address")
        found = parse_qs(parts.query).get("token", [""])[0]
        kept: list[str] = []
        for segment in parts.path.split("/"):
            if segment in _PAGES:
                break
            if segment:
                kept.append(segment)
        path = "/" + "".join(f"{segment}/" for segment in kept)
        base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        return cls(url=base, token=found if token is None else token)

    def as_own(self) -> Address:
        """The same server, known to be the one that started this kernel."""
        return replace(self, own=True)

    @property
    def api(self) -> str:
        """Base of our HTTP routes, ending in `/`."""
        return f"{self.url}persian-ai/api/"

    @property
    def socket(self) -> str:
        """Base of our WebSocket routes, ending in `/`."""
        return "ws" + self.api.removeprefix("http")

    @property
    def loopback(self) -> bool:
        """Whether this is our own machine: no proxy is asked, and a self-made certificate will do.

        The token of such a server was read from this user's private files; nobody can stand
        between two processes of one machine.
        """
        host = urlsplit(self.url).hostname or ""
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
