"""What is to be fetched: names, sizes, hashes and addresses; and within which limits."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Protocol

from .connection import Origin, Proxies

_SHA1, _SHA256 = 40, 64


class Hash(Protocol):
    """What `hashlib` gives."""

    def update(self, data: bytes | memoryview, /) -> None: ...  # noqa: D102

    def hexdigest(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file. `etag` names its blob and is its hash: sha256 of the content, or git's sha1.

    `urls` are its addresses, one for each endpoint, in the order in which they are tried.
    """

    name: str
    size: int
    etag: str
    urls: tuple[str, ...]

    def hash(self) -> Hash:
        """A running hash whose digest must become `etag`."""
        if len(self.etag) == _SHA256:
            return hashlib.sha256()
        # As git names a blob: a header, then the content.
        running = hashlib.sha1(usedforsecurity=False)
        running.update(b"blob %d\x00" % self.size)
        return running


def is_hash(etag: str) -> bool:
    """Whether an etag is one of the two hashes that the Hub uses."""
    return re.fullmatch(rf"[0-9a-f]{{{_SHA1}}}|[0-9a-f]{{{_SHA256}}}", etag) is not None


@dataclass(frozen=True)
class Limits:
    """How hard to try. Settable by the user: `connections` and `bandwidth` (bytes/s; 0: none)."""

    connections: int = 16
    bandwidth: int = 0
    #: A connection that brings next to nothing for so long is given up for a fresh one.
    stall_seconds: float = 15.0
    #: So long after the last byte from anywhere the download fails; what is there stays.
    patience_seconds: float = 120.0


@dataclass(frozen=True)
class Access:
    """With what the servers are asked. Tokens never show in a `repr`."""

    user_agent: str
    proxies: Proxies = field(default_factory=Proxies)
    #: Tokens by the origin that may see them; nobody else ever does.
    tokens: dict[Origin, str] = field(default_factory=dict, repr=False)
