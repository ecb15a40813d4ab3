"""One HTTP/1.1 connection, straight or through a proxy.

Plain `http.client` in threads: with hashing and writing it moves twice what httpx does on one
machine, because it copies less (`tests/bench/downloads.py` has the figures). Follows no redirect
and adds no header of its own but `Host`: what is sent where is decided by `source`.
"""

from __future__ import annotations

import base64
import http.client
import os
import platform
import socket
import ssl
import threading
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import truststore
from socksio import socks5
from socksio.exceptions import SOCKSError

_CONNECT_SECONDS = 15.0
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks": 1080}
_LONGEST_HEAD = 1 << 16
#: What a lost, refused or confused connection raises.
BROKEN = (OSError, http.client.HTTPException)


class Origin(NamedTuple):
    """Scheme, host and port: who is spoken to. A token belongs to an origin."""

    scheme: str
    host: str
    port: int

    @property
    def shown(self) -> str:
        """As in an address, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an address.

    Raises:
        ValueError: it is no HTTP address.

    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("not an HTTP address")
    return Origin(parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme])


def target_of(url: str) -> str:
    """What stands in the request line: path and query."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class Proxies:
    """Which proxy is used for whom.

    `url`, when given, serves everything (`http://`, `https://`, `socks5://`, `socks5h://`; names
    are always looked up by a SOCKS proxy). Otherwise `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    `NO_PROXY` of the environment decide, or the system's settings.
    """

    url: str = field(default="", repr=False)

    def for_origin(self, origin: Origin) -> str:
        """The address of the proxy; empty where none is used."""
        if urllib.request.proxy_bypass(f"{origin.host}:{origin.port}"):
            return ""
        if self.url:
            return self.url
        known = urllib.request.getproxies()
        return known.get(origin.scheme) or known.get("all") or ""


class Connection:
    """A connection to one origin. Used by one thread; `abort` may come from another."""

    def __init__(self, origin: Origin, proxies: Proxies, stall_seconds: float) -> None:
        self.origin = origin
        proxy = proxies.for_origin(origin)
        self._through = ""  # the proxy that wants whole addresses
        self._proxy_key = ""
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        channel = self._dial(proxy)
        channel.settimeout(stall_seconds)
        self._http = http.client.HTTPConnection(origin.host, origin.port)
        self._http.sock = channel
        self.fresh = True

    def get(self, url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """The answer's head; the body is the caller's to read."""
        target = url if self._through else target_of(url)
        sent = {"Host": self.origin.shown, **headers}
        if self._through and self._proxy_key:
            sent["Proxy-Authorization"] = self._proxy_key
        if self._http.sock is None:  # never dialled anew behind our back, past the proxy
            raise http.client.RemoteDisconnected("closed")
        self._http.request("GET", target, headers=sent)
        response = self._http.getresponse()
        self.fresh = False
        return response

    @property
    def open(self) -> bool:
        """Whether another request can be sent."""
        return self._http.sock is not None

    def abort(self) -> None:
        """Wake whoever reads from it; it is of no more use."""
        with self._lock, suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._http.close()

    def _dial(self, proxy: str) -> socket.socket:
        if not proxy:
            channel = _connected(self.origin.host, self.origin.port)
        else:
            channel = self._dial_through(proxy)
        try:
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.origin.scheme == "https":
                channel = _trust().wrap_socket(channel, server_hostname=self.origin.host)
        except BaseException:
            channel.close()
            raise
        with self._lock:
            self._socket = channel
        return channel

    def _dial_through(self, proxy: str) -> socket.socket:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        if scheme not in _PORTS or not host:
            raise OSError("the proxy's address is of no known kind")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        channel = _connected(host, parts.port or _PORTS[scheme])
        try:
            if scheme.startswith("socks"):
                _socks(channel, self.origin, user, password)
                return channel
            if scheme == "https":
                channel = _trust().wrap_socket(channel, server_hostname=host)
            if user:
                key = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
                self._proxy_key = f"Basic {key}"
            if self.origin.scheme == "https":
                _tunnel(channel, self.origin, self._proxy_key)
            else:
                self._through = proxy
        except BaseException:
            channel.close()
            raise
        return channel


def _connected(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), timeout=_CONNECT_SECONDS)


def _tunnel(channel: socket.socket, origin: Origin, key: str) -> None:
    """Ask an HTTP proxy to pass everything on (RFC 9110, section 9.3.6)."""
    place = f"{origin.host}:{origin.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if key:
        lines.append(f"Proxy-Authorization: {key}")
    channel.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = channel.recv(1)  # not one byte of what follows may be swallowed
        if not byte or len(head) > _LONGEST_HEAD:
            raise OSError("the proxy hung up")
        head += byte
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[1].startswith(b"2"):
        raise OSError(f"the proxy answered {words[1][:3].decode('ascii', 'replace')}")


def _socks(channel: socket.socket, origin: Origin, user: str, password: str) -> None:
    """SOCKS5 (RFC 1928, 1929); the proxy looks the name up, so that no resolver sees it."""
    talk = socks5.SOCKS5Connection()
    plain, by_name = (
        socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED,
        socks5.SOCKS5AuthMethod.USERNAME_PASSWORD,
    )
    talk.send(socks5.SOCKS5AuthMethodsRequest([by_name if user else plain]))
    answer = _asked(channel, talk)
    if not isinstance(answer, socks5.SOCKS5AuthReply) or answer.method not in (plain, by_name):
        raise OSError("the SOCKS proxy wants another way of signing in")
    if answer.method == by_name:
        talk.send(socks5.SOCKS5UsernamePasswordRequest(user.encode(), password.encode()))
        answer = _asked(channel, talk)
        if not isinstance(answer, socks5.SOCKS5UsernamePasswordReply) or not answer.success:
            raise OSError("the SOCKS proxy refused the user's name or password")
    talk.send(
        socks5.SOCKS5CommandRequest.from_address(
            socks5.SOCKS5Command.CONNECT, (origin.host, origin.port)
        )
    )
    answer = _asked(channel, talk)
    if (
        not isinstance(answer, socks5.SOCKS5Reply)
        or answer.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED
    ):
        raise OSError("the SOCKS proxy could not connect")


def _asked(channel: socket.socket, talk: socks5.SOCKS5Connection) -> object:
    channel.sendall(talk.data_to_send())
    received = channel.recv(4096)
    if not received:
        raise OSError("the SOCKS proxy hung up")
    try:
        return talk.receive_data(received)
    except SOCKSError:
        raise OSError("what answers is no SOCKS5 proxy") from None


@cache
def _trust() -> ssl.SSLContext:
    """What certificates are trusted: `SSL_CERT_FILE` or `SSL_CERT_DIR`, else the system's."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder or platform.system() not in {"Windows", "Darwin"}:
        context = ssl.create_default_context(cafile=file or None, capath=folder or None)
    else:
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    return context
