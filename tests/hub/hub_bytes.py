"""How the small Hub of the tests sends bytes: ranges, slow lines, and all that goes wrong."""

import json
import os
import random
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

PACKET = 1460
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Fault:
    """What goes wrong with the next `times` requests for a file's bytes.

    Kinds: `cut` and `stall` after `after` bytes of the body; `trickle` (some bytes a second);
    `status` with `value` and perhaps `retry_after`; `whole` (200 for a range); `chunked` (200
    without a length); `short`, `long` (a body of another length than said); `length` (another
    length is said); `range` (another range than asked for); `total` (another size in
    Content-Range); `flip` (one byte), `zeros`, `swap` (`value` is the body instead); `etag`
    (`value` is said); `encoded` (gzip is said); `page` (an HTML page, status 200); `location`
    (a redirect to `value`).
    """

    kind: str
    times: int = 1
    after: int = 0
    value: object = None
    retry_after: str = ""


@dataclass
class Line:
    """What lies between server and client: bytes/s and seconds, of each connection."""

    rate: float = 0.0
    delay: float = 0.0
    loss: float = 0.0


class Base(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def hub(self):
        return self.server.hub

    def setup(self):
        super().setup()
        time.sleep(self.hub.line.delay)  # of the handshake

    def log_message(self, *_):
        pass

    def record(self, where):
        where.append((self.command, urlsplit(self.path).path, dict(self.headers)))
        time.sleep(self.hub.line.delay)

    def answer(self, status, content=b"", headers=(), *, length=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def json(self, value, headers=()):
        self.answer(
            200, json.dumps(value).encode(), {"Content-Type": "application/json", **dict(headers)}
        )

    def refuse(self, status, code, message="", headers=()):
        said = {"X-Error-Code": code, "X-Error-Message": message or code, **dict(headers)}
        self.answer(status, json.dumps({"error": message or code}).encode(), said)

    def token(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    # Bytes.

    def transfer(self, repository, name, described):  # noqa: PLR0912 — one branch a fault
        """The bytes of a file, or of a range of it, with whatever goes wrong."""
        content, size = repository.files[name], repository.size(name)
        fault = self.next_fault(repository, name)
        kind = fault.kind if fault else ""
        if kind == "status":
            extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return self.refuse(fault.value, "", "broken", extra)
        if kind == "page":
            return self.answer(200, b"<html>sign in</html>", {"Content-Type": "text/html"})
        if kind == "location":
            return self.answer(302, b"", {"Location": fault.value})
        begin, end, status = 0, size, 200
        found = _RANGE.fullmatch(self.headers.get("Range", ""))
        unchanged = self.headers.get("If-Range") in (None, described["ETag"])
        if found and unchanged and kind not in {"whole", "chunked"}:
            begin, status = int(found[1]), 206
            end = min(size, int(found[2]) + 1) if found[2] else size
            if begin >= size:
                return self.answer(416, b"", {"Content-Range": f"bytes */{size}"})
        if kind == "range":
            begin, end = max(0, begin - 4096), end - 4096
        headers = dict(described)
        if kind == "etag":
            said = f'"{fault.value}"'
            headers |= {name: said for name in ("ETag", "X-Linked-Etag") if name in headers}
        if kind == "encoded":
            headers["Content-Encoding"] = "gzip"
        if status == 206:
            total = size + 1 if kind == "total" else size
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{total}"
        length = end - begin + (7 if kind == "length" else 0)
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        if kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        body = self.body(repository, name, fault, content, begin, end)
        stop = self.stops_at(repository, name, fault, begin, end)
        with suppress(OSError):
            self.send_body(repository, name, body, begin, stop, fault)
        if stop != end or kind in {"short", "long", "length"}:
            if kind == "stall":
                self.hub.over.wait(600)
            self.close_connection = True
        return None

    def next_fault(self, repository, name):
        with self.hub.lock:
            waiting = repository.faults.get(name) or repository.faults.get("*") or []
            if not waiting:
                return None
            fault = waiting[0]
            fault.times -= 1
            if not fault.times:
                waiting.pop(0)
            return fault

    def body(self, repository, name, fault, content, begin, end):
        """Bytes that are sent instead of a file's own; None to send it as it is."""
        kind = fault.kind if fault else ""
        if name in repository.corrupt or kind == "zeros":
            return bytes(end - begin)
        if not kind and not isinstance(content, bytes):
            return None
        if isinstance(content, bytes):
            piece = content[begin:end]
        else:
            with content.open("rb") as file:
                file.seek(begin)
                piece = file.read(end - begin)
        if kind == "flip":
            middle = len(piece) // 2
            return piece[:middle] + bytes([piece[middle] ^ 1]) + piece[middle + 1 :]
        if kind == "swap":
            return (fault.value * (len(piece) // len(fault.value) + 1))[: len(piece)]
        if kind == "long":
            return piece + b"more"
        return piece

    def stops_at(self, repository, name, fault, begin, end):
        with self.hub.lock:
            if repository.cuts.get(name):
                repository.cuts[name] -= 1
                return begin + (end - begin) // 2
        if fault and fault.kind in {"cut", "stall"}:
            return min(begin + fault.after, end)
        if fault and fault.kind == "short":
            return end - min(5, end - begin)
        return end

    def send_body(self, repository, name, body, begin, stop, fault):  # noqa: PLR0912
        line, file, ranges = self.hub.line, None, [begin, begin]
        plain = not (line.rate or repository.slow or fault)
        stride = 1 << 20 if plain else 1 << 14 if line.rate else 1 << 16
        if fault and fault.kind == "trickle":
            stride = 16
        if body is None:
            file = repository.files[name].open("rb")
        due = time.monotonic()
        try:
            place = begin
            while place < stop:
                if repository.slow:
                    self.hub.over.wait(repository.slow)
                if fault and fault.kind == "trickle":
                    self.hub.over.wait(0.2)
                if self.hub.over.is_set() or (line.rate and self.hung_up()):
                    return
                count = min(stride, stop - place)
                if file is not None:
                    count = os.sendfile(self.connection.fileno(), file.fileno(), place, count)
                else:
                    piece = body[place - begin : place - begin + count]
                    if fault and fault.kind == "chunked":
                        piece = b"%x\r\n%b\r\n" % (len(piece), piece)
                    self.wfile.write(piece)
                place += count
                ranges[1] = place
                due = self.paced(due, count)
            if fault and fault.kind == "chunked":
                self.wfile.write(b"0\r\n\r\n")
            if fault and fault.kind == "long":
                self.wfile.write(body[-4:])
        finally:
            if file is not None:
                file.close()
            with self.hub.lock:
                self.hub.sent.setdefault(name, []).append(tuple(ranges))

    def hung_up(self):
        """Whether the client is gone: what is sent to nobody would count as fetched."""
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False

    def paced(self, due, count):
        """Wait as a line of that rate would; a lost packet costs a round trip more."""
        line = self.hub.line
        if not line.rate:
            return due
        due = max(due, time.monotonic() - 0.05) + count / line.rate
        if line.loss and random.random() > (1 - line.loss) ** (count / PACKET):
            due += line.delay
        wait = due - time.monotonic()
        if wait > 0.001:
            time.sleep(wait)
        return due
