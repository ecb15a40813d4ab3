"""Where the bytes of a file come from: addresses, redirects, and what an answer really is.

Owns which headers go to whom (a token only to the origin that it belongs to, whatever redirects
say) and every check of an answer's head. Does not decide what to do about a fault.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from .connection import BROKEN, Connection, Origin, origin_of
from .faults import BadAnswer, Changed, Fault, NoAnswer, Refused, Throttled, Trouble
from .wanted import Access, Wanted

_MOST_REDIRECTS = 6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSALS = frozenset({400, 401, 403, 404, 405, 410, 451})
_TOO_MANY = 429
_WHOLE, _PART, _NO_SUCH_RANGE = 200, 206, 416
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_LONGEST_WAIT = 3600.0


@dataclass
class Place:
    """Where a file was last had from: learnt from redirects, forgotten after a fault."""

    url: str
    #: The strong etag that this very place gave, for `If-Range`. A content delivery network has
    #: its own, which is not the Hub's.
    validator: str = ""


@dataclass
class Answer:
    """A body that is about to be read. `begin`: the position in the file of its first byte."""

    response: http.client.HTTPResponse
    connection: Connection
    begin: int
    whole: bool = False


@dataclass
class Line:
    """What one worker speaks through: at most one open connection an origin."""

    dial: Callable[[Origin], Connection]
    connections: dict[Origin, Connection] = field(default_factory=dict)
    #: The one in use, for whoever must interrupt it.
    current: Connection | None = None
    #: Its worker is to go: fewer are wanted.
    leaving: bool = False

    def to(self, origin: Origin, *, fresh: bool = False) -> Connection:
        """An open connection to `origin`."""
        held = self.connections.get(origin)
        if held is not None and (fresh or not held.open):
            self.drop(held)
            held = None
        if held is None:
            held = self.connections[origin] = self.dial(origin)
        self.current = held
        return held

    def drop(self, connection: Connection) -> None:
        """Close it and do not use it again."""
        connection.close()
        if self.connections.get(connection.origin) is connection:
            del self.connections[connection.origin]

    def interrupt(self) -> None:
        """Wake whoever waits for a server on it; from any thread."""
        if self.current is not None:
            self.current.abort()

    def close(self) -> None:
        """Close all."""
        for connection in list(self.connections.values()):
            self.drop(connection)


def ask(
    line: Line, access: Access, wanted: Wanted, place: Place, first: str, begin: int, end: int
) -> Answer:
    """Ask for `begin..end` of a file, at `place`, following redirects from there.

    `first` is the address at the endpoint; `place` is brought up to date.

    Raises:
        Fault: which says what is wrong with the answer.
        Changed: the file is not the one that was planned.

    """
    url = place.url
    for _ in range(_MOST_REDIRECTS):
        connection, response = _get(line, access, wanted, place, url, begin, end)
        if response.status not in _REDIRECTS:
            answer = Answer(response, connection, begin)
            return _checked(answer, line, wanted, place, url, first)
        _same_file(wanted, response, at_hub=url == first)
        following = response.headers.get("Location")
        _finish(line, connection, response)
        if not following:
            raise BadAnswer("a redirect to nowhere")
        url = _followed(url, following)
    raise BadAnswer("too many redirects")


def _followed(url: str, location: str) -> str:
    following = urljoin(url, location).split("#", 1)[0]
    try:
        origin = origin_of(following)
    except ValueError:
        raise BadAnswer("a redirect to something that is no web address") from None
    if origin.scheme == "http" and url.startswith("https:"):
        raise BadAnswer("a redirect to an address without encryption")
    return following


def _get(
    line: Line, access: Access, wanted: Wanted, place: Place, url: str, begin: int, end: int
) -> tuple[Connection, http.client.HTTPResponse]:
    origin = origin_of(url)
    headers = {"User-Agent": access.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    if token := access.tokens.get(origin):
        headers["Authorization"] = f"Bearer {token}"
    if wanted.size:
        headers["Range"] = f"bytes={begin}-{end - 1}"
        if url == place.url and place.validator:
            headers["If-Range"] = place.validator
    try:
        connection = line.to(origin)
        try:
            return connection, connection.get(url, headers)
        except BROKEN as error:
            if connection.fresh or isinstance(error, TimeoutError):
                raise
            # A kept connection that the server has closed meanwhile: no fault of anyone's.
            connection = line.to(origin, fresh=True)
            return connection, connection.get(url, headers)
    except BROKEN as error:
        if line.current is not None:
            line.drop(line.current)
        raise NoAnswer(f"{origin.host}: {_brief(error)}") from error


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}" if str(error) else type(error).__name__


def _checked(
    answer: Answer, line: Line, wanted: Wanted, place: Place, url: str, first: str
) -> Answer:
    """The answer, when it is what was asked for, or the whole file instead."""
    response = answer.response
    try:
        fault = _refusal(response, elsewhere=url != first)
        if fault is not None:
            raise fault
        _same_file(wanted, response, at_hub=url == first)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise BadAnswer("the answer is encoded although none was asked for")
        if response.status == _PART:
            _check_range(wanted, response, answer.begin)
        else:
            _check_whole(wanted, response)
            answer.begin, answer.whole = 0, True
    except (Fault, Changed):
        line.drop(answer.connection)
        raise
    if place.url != url:
        place.url, place.validator = url, ""
    etag = response.headers.get("ETag", "")
    if answer.whole and place.validator and etag and etag != place.validator:
        line.drop(answer.connection)
        place.url, place.validator = first, ""
        raise BadAnswer("the file is another one here than a moment ago")
    if etag.startswith('"'):
        place.validator = etag
    return answer


def _refusal(response: http.client.HTTPResponse, *, elsewhere: bool) -> Fault | None:
    status = response.status
    if status in (_WHOLE, _PART):
        return None
    if status == _NO_SUCH_RANGE:
        return BadAnswer("the file is shorter there")
    if status in _REFUSALS:
        # A signed address runs out: that says nothing about the file.
        code = response.headers.get("X-Error-Code", "")
        return Trouble(status) if elsewhere else Refused(status, code)
    wait = _retry_after(response.headers.get("Retry-After", ""))
    if status == _TOO_MANY or wait is not None:
        return Throttled(status, wait if wait is not None else 5.0)
    return Trouble(status)


def _retry_after(said: str) -> float | None:
    """Seconds, from either form of the header."""
    if not said:
        return None
    try:
        seconds = float(said) if said.isdigit() else parsedate_to_datetime(said).timestamp()
    except ValueError:
        return None
    if not said.isdigit():
        seconds -= time.time()
    return min(max(0.0, seconds), _LONGEST_WAIT)


def _same_file(wanted: Wanted, response: http.client.HTTPResponse, *, at_hub: bool) -> None:
    """Compare what the Hub says of the file with what was planned."""
    linked = response.headers.get("X-Linked-Etag")
    said = linked or (response.headers.get("ETag") if at_hub else None)
    if said is None or (response.status in _REDIRECTS and linked is None):
        return
    if said.removeprefix("W/").strip('"') != wanted.etag:
        raise Changed(wanted.name, wanted.etag)


def _check_range(wanted: Wanted, response: http.client.HTTPResponse, begin: int) -> None:
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    # Longer than asked for is no harm: the rest is not read.
    if found is None or int(found[1]) != begin or not begin <= int(found[2]) < wanted.size:
        raise BadAnswer("another range came than was asked for")
    if found[3] not in ("*", str(wanted.size)):
        raise BadAnswer(f"its length is {found[3]} there and should be {wanted.size}")
    length = response.headers.get("Content-Length")
    if length is not None and length != str(int(found[2]) - begin + 1):
        raise BadAnswer("the range and its length disagree")


def _check_whole(wanted: Wanted, response: http.client.HTTPResponse) -> None:
    length = response.headers.get("Content-Length")
    if length is not None and length != str(wanted.size):
        raise BadAnswer(f"its length is {length[:20]} there and should be {wanted.size}")


def _finish(line: Line, connection: Connection, response: http.client.HTTPResponse) -> None:
    """Read a short body away, so that the connection can be used again."""
    try:
        response.read(1 << 16)
        if not response.isclosed():
            line.drop(connection)
    except BROKEN:
        line.drop(connection)
