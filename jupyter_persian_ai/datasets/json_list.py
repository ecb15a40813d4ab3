"""Cuts a JSON list into its elements without loading it.

`json.load` would hold the whole file, and a hostile one is deeper than the stack. This finds
where each element begins and ends by following strings and brackets; whether the element is good
JSON is `json.loads`'s business, one element at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import DatasetFormat
from .source import Source

_MARK = re.compile(r'["\[\]{},]')
_STRING_END = re.compile(r'["\\]')


def elements(source: Source) -> Iterator[tuple[int, str]]:
    """Line where each element begins, from 1, and its text.

    Raises:
        DatasetFormat: the file does not begin as a list, or ends before the list does.
        DatasetLimit: an element is too long.

    """
    cutter = _Cutter(source)
    for block in source.blocks():
        yield from cutter.feed(block)
    cutter.finish()


class _Cutter:
    """Where we are in the list: its depth, whether in a string, and the element so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.depth = 0
        self.in_string = False
        self.skip = False  # the next character is escaped
        self.line = 1
        self.closed = False
        self.started: int | None = None  # the line of the element's first character
        self.held: list[str] = []
        self.held_length = 0
        self.count = 0

    def feed(self, block: str) -> Iterator[tuple[int, str]]:
        """The elements that end in this block."""
        place = 0
        if self.depth == 0 and not self.closed:
            place = self._open(block)
            if place < 0:
                return
        start = place
        while not self.closed and place < len(block):
            mark, place = self._next_mark(block, place)
            if self._ends_element(mark):
                self._hold(block[start : place - 1])
                yield from self._element(last=mark != ",")
                start = place
                self.closed = mark != ","
        if not self.closed:
            self._hold(block[start:])
        elif block[start:].strip():
            raise self._bad(
                "something follows the end of the list", "پس از پایان فهرست چیزی آمده است"
            )

    def _next_mark(self, block: str, place: int) -> tuple[str, int]:
        """The next character that matters and the place after it; empty at the end."""
        if self.skip:
            self.skip = False
            return "", place + 1
        match = (_STRING_END if self.in_string else _MARK).search(block, place)
        return (match.group(), match.end()) if match else ("", len(block))

    def _ends_element(self, mark: str) -> bool:
        """Move on by one mark; whether an element of the list ends at it."""
        if self.in_string:
            self.skip = mark == "\\"
            self.in_string = mark != '"'
        elif mark == '"':
            self.in_string = True
        elif mark in {"[", "{"}:
            self.depth += 1
        elif mark == ",":
            return self.depth == 1
        elif mark:
            self.depth -= 1
            return self.depth == 0
        return False

    def finish(self) -> None:
        """Complain when the list has not ended."""
        if not self.closed:
            raise self._bad("the list has no end", "فهرست پایان ندارد")

    def _open(self, block: str) -> int:
        """The place after the opening bracket; -1 when this block is only space."""
        start = block.lstrip()
        if not start:
            self.line += block.count("\n")
            return -1
        place = len(block) - len(start)
        self.line += block.count("\n", 0, place)
        if start[0] != "[":
            raise self._bad("the file is not a list of objects", "فایل فهرستی از شیءها نیست")
        self.depth = 1
        return place + 1

    def _hold(self, text: str) -> None:
        if self.started is None:
            trimmed = text.lstrip()
            self.line += text.count("\n", 0, len(text) - len(trimmed))
            if not trimmed:
                return
            self.started, text = self.line, trimmed
        self.line += text.count("\n")
        self.held.append(text)
        self.held_length += len(text)
        if self.held_length * 4 > self.source.max_line_bytes:
            self.source.check_length("".join(self.held), self.started)

    def _element(self, *, last: bool) -> Iterator[tuple[int, str]]:
        if self.started is None:
            if last and self.count == 0:
                return
            raise self._bad("there is a comma too many", "یک ویرگول زیادی هست")
        self.count += 1
        yield self.started, "".join(self.held)
        self.started, self.held, self.held_length = None, [], 0

    def _bad(self, reason: str, reason_fa: str) -> DatasetFormat:
        return DatasetFormat(
            name=self.source.name,
            format="json",
            line=self.line,
            reason=reason,
            reason_fa=reason_fa,
        )
