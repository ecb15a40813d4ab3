"""Rows that were kept, a block at a time: their lines, their texts and their labels.

Owns how records become blocks. A block is what is written, hashed, screened and counted at once,
because doing it row by row costs several times as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .canonical import labels_of, line_of, texts_of, turns_of
from .problems import Problem
from .readers import Record
from .shapes import Fields

ROWS = 1000
CHARACTERS = 1 << 19


@dataclass(slots=True)
class Block:
    """Rows in order: `lines` holds them as in `rows.jsonl`, `lengths` the bytes of each line.

    `texts` are those of `canonical.texts_of`, a list a row. `problems` are of rows left out.
    """

    lines: bytes = b""
    lengths: list[int] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    turns: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def blocks(found: Iterable[Record | Problem], fields: Fields, file: str) -> Iterator[Block]:
    """The rows that `found` makes, in blocks."""
    lines: list[bytes] = []
    block, size = Block(), 0
    for item in found:
        row = item if isinstance(item, Problem) else fields.row(item.values, item.line)
        if isinstance(row, Problem):
            block.problems.append(row.within(file))
        else:
            size += add_row(block, lines, row)
        if size > CHARACTERS or len(lines) + len(block.problems) >= ROWS:
            yield closed(block, lines)
            lines, block, size = [], Block(), 0
    yield closed(block, lines)


def add_row(block: Block, lines: list[bytes], row: dict[str, Any]) -> int:
    """Take a row into a block that is being made; the bytes of its line."""
    line = line_of(row)
    lines.append(line)
    block.rows.append(row)
    block.texts.append(texts_of(row))
    block.labels += labels_of(row)
    block.turns += turns_of(row)
    return len(line)


def closed(block: Block, lines: list[bytes]) -> Block:
    """The block with the lines that were taken into it."""
    block.lines = b"".join(lines)
    block.lengths = [len(line) for line in lines]
    return block
