"""Readers of the formats: a checked source in, numbered records or problems out.

Each reader streams: what it holds at a time is bounded by the limit on a line. A `Record` is a
mapping of the file's own field names to values; plain text has the one field `text`.

* `.txt`: a row for each block between blank lines, so a poem keeps its verses together. In a file
  without blank lines in its first MiB each line is a row. A block longer than `BLOCK_CHARACTERS`
  is cut at the end of a line.
* `.jsonl`: an object, or a string, on each line. * `.json`: a list of objects or strings.
* `.conll`, `.bio`, `.iob`: a word on each line, its tag in the last column; a blank line ends a
  sentence. A sentence is a record of `tokens` and `tags`.
* `.csv`, `.tsv`: a header, then rows; the delimiter is found out, because many a `.csv` holds tabs.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetFormat, DatasetLimit
from .json_list import elements
from .problems import Problem
from .source import HEAD, Source

BLOCK_CHARACTERS = 1 << 16
FORMATS = {
    ".txt": "txt", ".text": "txt", ".md": "txt",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json",
    ".conll": "conll", ".conll2003": "conll", ".bio": "conll", ".iob": "conll",
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
}  # fmt: skip
_DELIMITERS = (",", "\t", ";", "|")
_NO_DELIMITER = "\x1f"  # a table of one column: commas in it are text
_SNIFFED_ROWS = 50


@dataclass(frozen=True, slots=True)
class Record:
    """One row as the file has it; `line` is where it begins, from 1."""

    line: int
    values: Mapping[str, Any]


Found = Iterator[Record | Problem]


def format_of(source: Source, *names: str) -> str:
    """One of the values of `FORMATS`: by the first name that tells, else by the first character."""
    first = source.beginning.lstrip()[:1]
    for name in names:
        if known := FORMATS.get(Path(name).suffix.lower()):
            # Lines of objects are very often what a `.json` holds.
            return "jsonl" if known == "json" and first == "{" else known
    return {"{": "jsonl", "[": "json"}.get(first, "txt")


def records(source: Source, form: str) -> Found:
    """Every record and every bad row of the file, in order.

    Raises:
        DatasetFormat: the file as a whole is not in this format.
        DatasetLimit: a line or a row is too long.

    """
    if form == "txt":
        return _texts(source)
    if form == "jsonl":
        return _json_lines(source)
    if form == "json":
        return _json_list(source)
    if form == "conll":
        return _sentences(source)
    return _table(source, form)


# --- plain text --------------------------------------------------------------------------------


def _texts(source: Source) -> Found:
    blocks = _has_blocks(source)
    start, held, length = 0, list[str](), 0
    for number, line in source.lines():
        text = line.removesuffix("\n")
        blank = not text.strip()
        if held and (blank or not blocks or length + len(text) > BLOCK_CHARACTERS):
            yield Record(start, {"text": "\n".join(held)})
            held, length = [], 0
        if blank:
            continue
        if not held:
            start = number
        held.append(text)
        length += len(text) + 1
    if held:
        yield Record(start, {"text": "\n".join(held)})


def _has_blocks(source: Source) -> bool:
    """Whether a blank line stands between two lines with text, as far as the beginning goes."""
    seen_text = seen_gap = False
    for line in io.StringIO(source.beginning, newline=None):
        if line.strip():
            if seen_gap:
                return True
            seen_text = True
        elif seen_text:
            seen_gap = True
    return False


# --- words with tags ---------------------------------------------------------------------------


def _sentences(source: Source) -> Found:
    start, tokens, tags = 0, list[str](), list[str]()
    for number, line in source.lines():
        cells = line.split()
        # A comment, or the mark between documents, which is nobody's word.
        aside = line.startswith("# ") or cells[:1] == ["-DOCSTART-"]
        if tokens and not cells:
            yield Record(start, {"tokens": tokens, "tags": tags})
            tokens, tags = [], []
        if not cells or aside:
            continue
        if not tokens:
            start = number
        tokens.append(cells[0])
        tags += cells[-1:] if len(cells) > 1 else []
        if len(tokens) > BLOCK_CHARACTERS:
            raise DatasetLimit(
                name=source.name,
                what=f"line {start}: a sentence without end (no blank line?)",
                what_fa=f"سطر {start}: جمله‌ای بی‌پایان (سطر خالی جا افتاده؟)",
                limit=f"{BLOCK_CHARACTERS} words",
                line=start,
            )
    if tokens:
        yield Record(start, {"tokens": tokens, "tags": tags})


# --- JSON --------------------------------------------------------------------------------------


def _json_lines(source: Source) -> Found:
    for number, line in source.lines():
        if line.strip():
            yield parsed(line.removesuffix("\n"), number)


def _json_list(source: Source) -> Found:
    for number, text in elements(source):
        yield parsed(text, number)


def parsed(text: str, line: int) -> Record | Problem:
    """The record that a JSON text holds, or what is wrong with it."""
    try:
        value = json.loads(text)
    except RecursionError:
        return Problem(line, "nesting", sample=text)
    except ValueError as error:  # bad JSON, and numbers of thousands of digits
        return Problem(line, "bad_json", str(error)[:160], text)
    if isinstance(value, str):
        return Record(line, {"text": value})
    if not isinstance(value, dict):
        return Problem(line, "not_an_object", type(value).__name__, text)
    return Record(line, value)


# --- tables ------------------------------------------------------------------------------------


def _table(source: Source, form: str) -> Found:
    csv.field_size_limit(source.max_line_bytes)
    delimiter = _delimiter(source, form)
    rows = _rows(source, (line for _, line in source.lines(newline="")), delimiter)
    header: list[str] | None = None
    for line, row in rows:
        if isinstance(row, Problem):
            if header is None:
                raise DatasetFormat(name=source.name, format=form, line=line, reason=row.what)
            yield row
        elif header is None:
            header = _header(row, source, form, line)
        elif len(row) != len(header):
            sample = delimiter.join(row)
            yield Problem(line, "ragged", f"{len(row)} ≠ {len(header)}", sample)
        else:
            yield Record(line, dict(zip(header, row, strict=True)))


def _header(row: list[str], source: Source, form: str, line: int) -> list[str]:
    names = [cell.strip() or f"column_{place}" for place, cell in enumerate(row, start=1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DatasetFormat(
            name=source.name,
            format=form,
            line=line,
            reason=f"two columns are named “{twice[:40]}”",
            reason_fa=f"نام دو ستون «{twice[:40]}» است",
        )
    return names


def _rows(
    source: Source, lines: Iterable[str], delimiter: str
) -> Iterator[tuple[int, list[str] | Problem]]:
    """Rows with the line where each begins; blank lines are left out."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise DatasetLimit(
                    name=source.name,
                    what=f"line {start}: a cell without end (a lost quotation mark?)",
                    what_fa=f"سطر {start}: خانه‌ای بی‌پایان (گیومهٔ جاافتاده؟)",
                    limit=f"{source.max_line_bytes} bytes",
                    line=start,
                ) from error
            # The reader starts afresh with the next line after an error.
            yield start, Problem(start, "bad_csv", str(error)[:160])
            continue
        if any(cell.strip() for cell in row):
            yield start, row


def _delimiter(source: Source, form: str) -> str:
    """The delimiter that gives the first rows the most columns, all in equal number."""
    best, best_score = _NO_DELIMITER, (0.0, 0)
    lines = io.StringIO(source.beginning, newline="").readlines()
    if len(lines) > 1 and len(source.head) == HEAD:
        lines.pop()  # it is not all there
    # On equal scores the one that the name of the file promises wins.
    for delimiter in sorted(_DELIMITERS, key=lambda one: one != ("\t" if form == "tsv" else ",")):
        widths = []
        for _, row in _rows(source, lines, delimiter):
            widths.append(0 if isinstance(row, Problem) else len(row))
            if len(widths) == _SNIFFED_ROWS:
                break
        if not widths or widths[0] < 2:
            continue
        equal = sum(width == widths[0] for width in widths) / len(widths)
        if (equal, widths[0]) > best_score:
            best, best_score = delimiter, (equal, widths[0])
    return best
