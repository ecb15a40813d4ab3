"""The beginning of a file, at once: its first rows, and what it is taken for.

Reads no further than it must, so that a file of any size answers within a second. What lies
further on (a fault, another encoding) is the business of `importing`. Call `peek` through
`jobs.confined`: the file is someone else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import DatasetFields
from .encodings import OtherEncodingError
from .glimpses import glimpse, glimpsed_record
from .parts import Part, listed_members, parts, total_bytes
from .payload import Payload
from .problems import Problem, storable
from .readers import Record
from .reporting import nothing_usable
from .shapes import Fields, recognise
from .source import Meter

ROWS = 50
#: Stop looking for more rows after this many bytes.
BYTES = 8 << 20
SHOWN_FIELDS = 50
MEMBERS = 1000


def peek(payload: dict[str, Any]) -> dict[str, Any]:
    """The first rows of what `import_file` would read with the same payload.

    Args:
        payload: a `Payload`; `out_dir` is ignored.

    Returns:
        A `protocol.versions.Peek`. Without a shape that fits (`shape` is None) the rows have the
        file's own fields, for the user to say which is which.

    Raises:
        DatasetProblem: the beginning cannot be read.

    """
    asked = Payload.model_validate(payload)
    others: set[str] = set()
    while True:
        try:
            return _peeked(asked, others)
        except OtherEncodingError as error:
            others.add(error.file)


def _peeked(asked: Payload, others: set[str]) -> dict[str, Any]:
    meter = Meter(total=total_bytes(asked))
    found = parts(asked, meter, others)
    try:
        part, items = _first_part(found, asked, meter)
    finally:
        found.close()
    members = listed_members(asked, MEMBERS, BYTES)
    records = [item for item in items if isinstance(item, Record)]
    names = list(dict.fromkeys(str(name) for one in records for name in one.values))
    problems = [item for item in items if isinstance(item, Problem)]
    fields = _recognised(asked, part, names, records)
    rows: list[dict[str, Any]] = []
    for record in records:
        row = fields.row(record.values, record.line) if fields else record.values
        if isinstance(row, Problem):
            problems.append(row)
        else:
            rows.append(glimpse(row) if fields else glimpsed_record(row))
    return {
        "name": part.name,
        "bytes": meter.total,
        "format": part.container or part.form,
        "encoding": part.source.encoding if part.source else "",
        "encoding_guessed": bool(part.source and part.source.guessed),
        "members": [member.model_dump() for member in members],
        "fields": [storable(name[:120]) for name in names[:SHOWN_FIELDS]],
        "shape": fields.shape.value if fields else None,
        "mapping": (
            {ours: storable(theirs[:120]) for ours, theirs in fields.names.items()}
            if fields
            else {}
        ),
        "rows": rows,
        "problems": list(dict.fromkeys(problem.code for problem in problems)),
    }


def _first_part(
    found: Iterator[Part | Problem], asked: Payload, meter: Meter
) -> tuple[Part, list[Record | Problem]]:
    """The first part that holds a record, and its first items."""
    problems: list[Record | Problem] = []
    for part in found:
        if isinstance(part, Problem):
            problems.append(part)
            continue
        items = _first_items(part, meter)
        if any(isinstance(item, Record) for item in items):
            return part, [*problems, *items]
        problems += items
        if meter.done > BYTES:
            break
    faults = [item for item in problems if isinstance(item, Problem)]
    raise nothing_usable(asked.title, "", None, faults, len(faults), ())


def _first_items(part: Part, meter: Meter) -> list[Record | Problem]:
    items: list[Record | Problem] = []
    for item in part.found:
        items.append(item)
        if len(items) >= ROWS or meter.done > BYTES:
            break
    return items


def _recognised(
    asked: Payload, part: Part, names: list[str], records: list[Record]
) -> Fields | None:
    """What the rows hold; None where the user has to say."""
    try:
        return recognise(
            names,
            name=part.name,
            shape=asked.shape,
            among=asked.shapes,
            mapping=asked.fields,
            records=[record.values for record in records],
        )
    except DatasetFields:
        if asked.fields:
            raise
        return None
