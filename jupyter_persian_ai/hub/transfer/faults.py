"""What can go wrong while bytes move, by what has to be done about it.

Internal to the transfer; `hub.fetch` turns what ends a download into words.
"""

from __future__ import annotations


class Fault(Exception):
    """A try failed; another may succeed. The message is for the log and names no secret."""


class NoAnswer(Fault):
    """The network: no connection, a cut, a stall."""


class Trouble(Fault):
    """The server said that it cannot now. `status`: its HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"status {status}")


class Throttled(Trouble):
    """Too many requests: wait `seconds` before the next."""

    def __init__(self, status: int, seconds: float) -> None:
        super().__init__(status)
        self.seconds = seconds


class BadAnswer(Fault):
    """What came is not what was asked for: another range, another length, another encoding."""


class Damaged(Fault):
    """All bytes came and their hash is wrong."""


class Refused(Fault):
    """The server will not give it: 401, 403, 404, 451. `code`: the Hub's own word for it."""

    def __init__(self, status: int, code: str = "") -> None:
        self.status = status
        self.code = code
        super().__init__(f"status {status} {code}".rstrip())


class Changed(Exception):
    """The file is another one now than when the download was planned; `etag`: the planned one."""

    def __init__(self, name: str, etag: str) -> None:
        self.etag = etag
        super().__init__(name)


class GaveUp(Exception):
    """A file could not be had from anywhere; `fault` is the last that happened."""

    def __init__(self, name: str, fault: Fault) -> None:
        self.name = name
        self.fault = fault
        super().__init__(f"{name}: {fault}")
