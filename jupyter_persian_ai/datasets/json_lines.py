"""Reads .jsonl in UTF-8 a block of lines at a time, several times faster than line by line.

Owns the short way: where a row's fields are plain strings, their bytes are taken from the file as
they are, because a JSON string without superfluous escapes is written in one way only, and that is
the canonical one. Whatever is not so plain goes the long way of `readers` and `forming`, line by
line, and comes to the same rows and the same problems.
"""

from __future__ import annotations

import io
import operator
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import orjson

from ..errors import DatasetBinary, DatasetEncoding
from ..protocol.data import DatasetShape
from .blocks import Block, add_row, closed
from .encodings import GUESS_BYTES, Decoder, OtherEncodingError, looks_like_windows_1256
from .forming import BLANK, FIELDS, form_row, label_text
from .problems import Problem
from .readers import Record, parsed
from .shapes import Fields
from .source import HEAD, Source, too_long

_BLANKS = frozenset(BLANK)
_MARK = b"\xef\xbb\xbf"
#: Fields that are texts and nothing else; others name a class.
_TEXTS = {"text", "text_pair", "prompt", "answer"}
_PLAIN = {
    DatasetShape.TEXT, DatasetShape.PROMPT_ANSWER, DatasetShape.TEXT_LABEL, DatasetShape.PAIR_LABEL
}  # fmt: skip
_LABELS = 4096
_QUOTE, _LINE_END = b'"\n'
#: Bytes of the least row there is, `{"a":"b"}`.
_SHORTEST = 9
#: Escapes that canonical JSON does not write, and what follows may be anything.
_SUPERFLUOUS = re.compile(rb"\\[u/]")
_ESCAPES = (("\\n", "\n"), ('\\"', '"'), ("\\t", "\t"), ("\\r", "\r"))


@dataclass(slots=True)
class Lines:
    """Whole lines; `line` is the number of the first, `offset` where it stands in the file."""

    data: bytes
    line: int
    offset: int

    @property
    def end(self) -> int:
        """Where the next line begins."""
        return self.offset + len(self.data)


def whole_lines(
    blocks: Iterable[bytes], name: str, max_line_bytes: int, *, line: int = 1, offset: int = 0
) -> Iterator[Lines]:
    """Pieces of a file in UTF-8, which begin at `line` and `offset`, cut anew at ends of lines.

    Raises:
        DatasetLimit: a line is longer than the limit.

    """
    held = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1 or block.rfind(b"\r", 0, -1) + 1
        if not cut:
            held += block
            if len(held) > max_line_bytes:
                raise too_long(name, line, max_line_bytes)
            continue
        lines = Lines(held + block[:cut], line, offset)
        if not offset and lines.data.startswith(_MARK):
            lines.data = lines.data[len(_MARK) :]
            lines.offset = len(_MARK)
        yield lines
        line += count_lines(lines.data)
        offset = lines.end
        held = block[cut:]
    if held:
        mark = len(_MARK) if not offset and held.startswith(_MARK) else 0
        yield Lines(held[mark:], line, offset + mark)


def first_items(source: Source, most: int) -> list[Record | Problem]:
    """What the first lines hold, without taking them; none where not one is whole."""
    lines = io.StringIO(source.beginning, newline=None).readlines()
    if len(source.head) == HEAD and lines:
        lines.pop()
    numbered = [(number, line) for number, line in enumerate(lines[: 2 * most], 1) if line.strip()]
    return [parsed(line, number) for number, line in numbered[:most]]


def count_lines(data: bytes) -> int:
    """Ends of lines; a return alone is one."""
    count = data.count(b"\n")
    if b"\r" in data:
        count += data.count(b"\r") - data.count(b"\r\n")
    return count


class JsonLines:
    """Makes rows of lines. `name`, `file`: as of `Source`; `told`: the encoding is certain."""

    def __init__(self, source: Source, fields: Fields) -> None:
        self._source = source
        self._fields = fields
        self._ours = FIELDS[fields.shape][0]
        self._decoder = _decoder(fields)
        self._getters = [operator.attrgetter(one) for one in self._ours]
        self._labels: dict[bytes, tuple[str, bytes] | None] = {}

    def block(self, lines: Lines) -> Block:
        """The rows and problems of some lines, of about a megabyte.

        Raises:
            DatasetProblem: as `Source.blocks` and `Source.lines`.
            OtherEncodingError: as `Source.blocks`.

        """
        data = lines.data
        if (where := data.find(b"\x00")) >= 0:
            raise DatasetBinary(name=self._source.name, offset=lines.offset + where)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if len(data) > self._source.max_line_bytes:
            self._check_lengths(data, lines.line)
        if self._decoder is not None:
            try:
                if found := self._quick(data):
                    return found
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
        try:
            return self._slow(data, lines.line)
        except UnicodeDecodeError as error:
            raise self._misread(lines) from error

    def _quick(self, data: bytes) -> Block | None:
        """The block where every line is a plain row; None where one is not."""
        count = _full_lines(data)
        if self._decoder is None or not count or _SUPERFLUOUS.search(data):
            return None
        found = self._decoder.decode_lines(data)
        if len(found) != count:
            return None
        columns = [[bytes(raw) for raw in map(get, found)] for get in self._getters]
        texts: list[list[str]] = []
        high = 0
        for ours, raws in zip(self._ours, columns, strict=True):
            if ours in _TEXTS:
                made, beyond = _strings(raws)
                if made is None:
                    return None
                texts.append(made)
                high += beyond
        # Letters elsewhere must be UTF-8 too; without any there is nothing to look at.
        if high != _high(data):
            data.decode()
        labels: list[str] = []
        if self._ours[-1] == "label":
            known = [self._label(raw) for raw in columns[-1]]
            if None in known:
                return None
            labels = [one[0] for one in known if one]
            columns[-1] = [one[1] for one in known if one]
        return self._block(columns, texts, labels)

    def _block(
        self, columns: list[list[bytes]], texts: list[list[str]], labels: list[str]
    ) -> Block:
        """Rows whose fields are `columns` of JSON strings, in the order of the shape."""
        ours = self._ours
        if len(columns) == 1:
            start, end = b'{"%b":' % ours[0].encode(), b"}\n"
            (raws,), extra = columns, len(start) + len(end)
            lengths = [len(raw) + extra for raw in raws]
            raws[0] = start + raws[0]
            raws[-1] += end
            return Block(
                lines=(end + start).join(raws),
                lengths=lengths,
                texts=[[text] for text in texts[0]],
                rows=[{ours[0]: text} for text in texts[0]],
            )
        form = b"{%b}\n" % b",".join(b'"%b":%%b' % one.encode() for one in ours)
        written = [form % row for row in zip(*columns, strict=True)]
        whole = zip(*texts, labels, strict=True) if labels else zip(*texts, strict=True)
        return Block(
            lines=b"".join(written),
            lengths=[len(line) for line in written],
            texts=[list(row) for row in zip(*texts, strict=True)],
            labels=labels,
            rows=[dict(zip(ours, row, strict=True)) for row in whole],
        )

    def _label(self, raw: bytes) -> tuple[str, bytes] | None:
        """A label and the JSON of it; None where the long way has to judge."""
        if raw not in self._labels:
            if len(self._labels) > _LABELS:
                self._labels.clear()
            name = label_text(orjson.loads(raw))
            self._labels[raw] = None if name is None else (name, orjson.dumps(name))
        return self._labels[raw]

    def _slow(self, data: bytes, first: int) -> Block:
        """The block line by line.

        Raises:
            UnicodeDecodeError: a line is not in UTF-8.

        """
        block, lines = Block(), list[bytes]()
        for number, line in enumerate(data.split(b"\n"), start=first):
            if line.isspace() or not line:
                continue
            row = self._row(line, number)
            if isinstance(row, Problem):
                block.problems.append(row.within(self._source.file))
            else:
                add_row(block, lines, row)
        return closed(block, lines)

    def _row(self, line: bytes, number: int) -> dict[str, Any] | Problem:
        try:
            value = orjson.loads(line)
        except ValueError:
            pass
        else:
            if isinstance(value, dict):
                row = form_row(self._fields.shape, self._fields.names, value, number)
                # orjson makes a float of a number that is too long for it, which as a label
                # would be another name.
                name = self._fields.names.get("label", "")
                if isinstance(row, dict) and not isinstance(value.get(name), float):
                    return row
        text = line.decode()
        if not text.strip():
            return Problem(number, "empty")
        record = parsed(text, number)
        return self._fields.row(record.values, number) if isinstance(record, Record) else record

    def _check_lengths(self, data: bytes, first: int) -> None:
        limit = self._source.max_line_bytes
        for number, line in enumerate(data.split(b"\n"), start=first):
            if len(line) > limit:
                raise too_long(self._source.name, number, limit)

    def _misread(self, lines: Lines) -> Exception:
        """What to raise for lines that are not in UTF-8."""
        decoder = Decoder(self._source.name, "utf-8")
        decoder.line, decoder.offset = lines.line, lines.offset
        try:
            decoder.feed(lines.data, final=True)
        except DatasetEncoding as error:
            sample = lines.data[max(0, error.details["offset"] - lines.offset - (1 << 16)) :]
            if not self._source.told and looks_like_windows_1256(sample[:GUESS_BYTES]):
                return OtherEncodingError(self._source.file)
            return error
        raise RuntimeError("lines that are UTF-8 were not read as UTF-8")


def _decoder(fields: Fields) -> msgspec.json.Decoder[Any] | None:
    """A decoder that leaves the fields of a row as they stand; None where rows are not plain."""
    ours = FIELDS[fields.shape][0]
    theirs = [fields.names[one] for one in ours]
    plain = fields.shape in _PLAIN and set(fields.names) == set(ours)
    if not plain or len(set(theirs)) < len(theirs):
        return None
    return msgspec.json.Decoder(
        msgspec.defstruct(
            "Row",
            [(one, msgspec.Raw) for one in ours],
            rename=dict(zip(ours, theirs, strict=True)),
            gc=False,
        )
    )


def _strings(raws: list[bytes]) -> tuple[list[str] | None, int]:
    """The texts of JSON strings, and how many of their bytes are beyond ASCII.

    None instead of texts where one of them is no text to keep.

    Raises:
        UnicodeDecodeError: they are not in UTF-8.

    """
    if any(raw[0] != _QUOTE for raw in raws):
        return None, 0  # a number, a list, nothing
    joined = b"\x00".join([raw[1:-1] for raw in raws])
    text = joined.decode()
    texts = text.split("\x00")
    if "\\" in text:
        texts = [_unescaped(one) if "\\" in one else one for one in texts]
    for one in texts:
        if (not one or one[0] in _BLANKS) and not one.strip(BLANK):
            return None, 0
    return texts, _high(joined)


def _unescaped(text: str) -> str:
    """What the inside of a JSON string means."""
    if "\\\\" not in text:
        made = text
        for escape, meant in _ESCAPES:
            made = made.replace(escape, meant)
            if "\\" not in made:
                return made
    whole: str = orjson.loads(f'"{text}"')
    return whole


def _full_lines(data: bytes) -> int:
    """How many lines there are; 0 where one is too short to be a row."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_END)
    if not len(ends):
        return 1
    shortest = int(np.diff(ends).min()) if len(ends) > 1 else _SHORTEST
    rest = len(data) - 1 - int(ends[-1])
    if min(shortest, int(ends[0])) < _SHORTEST or 0 < rest < _SHORTEST:
        return 0
    return len(ends) + (rest > 0)


def _high(data: bytes) -> int:
    """How many bytes are of letters beyond ASCII."""
    return int(np.count_nonzero(np.frombuffer(data, np.int8) < 0))
