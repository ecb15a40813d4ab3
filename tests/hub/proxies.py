"""Small proxies, HTTP and SOCKS5, that note whom they were asked for and pass bytes on."""

import base64
import socket
import socketserver
import struct
import threading
from contextlib import suppress


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, handler, user=""):
        self.user = user  # "name:password"
        self.asked = []
        #: Names that only the proxy can look up.
        self.known = {}
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def connect(self, host, port):
        self.asked.append((host, port))
        return socket.create_connection((self.known.get(host, host), port), timeout=10)

    def handle_error(self, *_):
        pass

    def close(self):
        self.shutdown()
        self.server_close()


def _pump(one, other):
    with suppress(OSError):
        while piece := one.recv(1 << 16):
            other.sendall(piece)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _join(one, other):
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


class _Http(socketserver.BaseRequestHandler):
    """CONNECT, and whole addresses for plain HTTP (one request a connection)."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.request.recv(1)
            if not more:
                return
            head += more
        first, _, rest = head.decode("latin-1").partition("\r\n")
        method, target, version = first.split()
        key = base64.b64encode(self.server.user.encode()).decode()
        lines = [line for line in rest.split("\r\n") if line]
        if self.server.user and f"Proxy-Authorization: Basic {key}".lower() not in [
            line.lower() for line in lines
        ]:
            self.request.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            )
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with self.server.connect(host, int(port)) as other:
                self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                _join(self.request, other)
            return
        place, _, path = target.removeprefix("http://").partition("/")
        host, _, port = place.partition(":")
        passed = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
        message = "\r\n".join([f"{method} /{path} {version}", *passed, "Connection: close", "", ""])
        with self.server.connect(host, int(port or 80)) as other:
            other.sendall(message.encode("latin-1"))
            _pump(other, self.request)


class _Socks(socketserver.BaseRequestHandler):
    """SOCKS5, CONNECT only (RFC 1928), by name and password when there are any (RFC 1929)."""

    def handle(self):
        _, count = self.take(2)
        methods = self.take(count)
        wanted = 2 if self.server.user else 0
        if wanted not in methods:
            self.request.sendall(b"\x05\xff")
            return
        self.request.sendall(bytes([5, wanted]))
        if wanted:
            name = self.take(self.take(2)[1])
            password = self.take(self.take(1)[0])
            right = f"{name.decode()}:{password.decode()}" == self.server.user
            self.request.sendall(bytes([1, 0 if right else 1]))
            if not right:
                return
        kind = self.take(4)[3]
        if kind == 3:
            host = self.take(self.take(1)[0]).decode()
        else:
            family, length = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, self.take(length))
        port = struct.unpack(">H", self.take(2))[0]
        try:
            other = self.server.connect(host, port)
        except OSError:
            self.request.sendall(b"\x05\x04\x00\x01" + bytes(6))
            return
        with other:
            self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
            _join(self.request, other)

    def take(self, count):
        content = b""
        while len(content) < count:
            more = self.request.recv(count - len(content))
            if not more:
                raise ConnectionError
            content += more
        return content


def http_proxy(user=""):
    return _Proxy(_Http, user)


def socks_proxy(user=""):
    return _Proxy(_Socks, user)
