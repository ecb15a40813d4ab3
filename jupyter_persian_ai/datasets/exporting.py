"""Rows for other programs: CSV for spreadsheets, parquet for data tools.

Owns the form of the files. A text that a spreadsheet would take for a formula begins with an
apostrophe there, because a dataset may hold what a stranger wrote (CWE-1236); parquet holds every
text as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from .spreadsheet import cell
from .stored import SHAPE_FIELDS, shape_of, stretches


def csv_pieces(folder: Path, *, mark: bool = True) -> Iterator[bytes]:
    """The rows as CSV (RFC 4180) in UTF-8, about a megabyte at a time; lists are JSON in a cell.

    `mark` begins with a byte order mark, without which Excel shows Persian as rubbish.
    """
    fields = SHAPE_FIELDS[shape_of(folder)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff" if mark else "")
    writer.writerow(fields)
    for stretch in stretches(folder):
        writer.writerows([_cell(row[field]) for field in fields] for row in stretch.rows)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _cell(value: object) -> str:
    return cell(value if isinstance(value, str) else orjson.dumps(value).decode())


def to_parquet(payload: dict[str, Any]) -> dict[str, Any]:
    """Write the rows of `payload["folder"]` to the file `payload["path"]`.

    Texts are strings, tokens and tags lists of strings, turns lists of role and content. A prompt
    of several turns, which stands beside prompts of one text, is JSON.

    Returns:
        `{"bytes": int}`.

    """
    import pyarrow as pa  # noqa: PLC0415 - in its own process only
    import pyarrow.parquet as pq  # noqa: PLC0415

    folder, path = Path(payload["folder"]), Path(payload["path"])
    shape = shape_of(folder)
    listed = {
        "messages": pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
        "tokens": pa.list_(pa.string()),
        "tags": pa.list_(pa.string()),
    }
    schema = pa.schema([(field, listed.get(field, pa.string())) for field in SHAPE_FIELDS[shape]])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for stretch in stretches(folder):
            rows = [_plain(row) for row in stretch.rows] if "prompt" in schema.names else None
            writer.write_table(pa.Table.from_pylist(rows or stretch.rows, schema=schema))
    return {"bytes": path.stat().st_size}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    prompt = row["prompt"]
    return {**row, "prompt": prompt if isinstance(prompt, str) else orjson.dumps(prompt).decode()}
