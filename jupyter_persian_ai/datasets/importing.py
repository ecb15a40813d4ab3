"""From an untrusted file to a canonical dataset and a report that says what was found.

Call `inspect` and `import_file` through `jobs.confined`, never in the server's own process: the
file is someone else's. Both stream; memory does not grow with the file.
"""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from ..errors import (
    DatasetEmpty,
    DatasetFields,
    DatasetFormat,
    DatasetLabels,
    DatasetLimit,
    DiskFull,
    PersianAIError,
)
from ..persian.measure import Measure
from ..protocol.base import Ask
from ..protocol.data import DatasetReport, DatasetShape, DatasetStats, Row
from .canonical import RowWriter, labels_of, texts_of, turns_of
from .problems import Problem, Problems, storable
from .readers import Record, format_of, records
from .shapes import Fields, recognise
from .source import Source, open_source

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 1000
PREVIEW_TURNS = 12
PREVIEW_WORDS = 60
PREVIEW_IN_LIST = 300
MOST_LABELS = 1000
PEEKED_ROWS = 100
SHOWN_FIELDS = 50


class ImportAsk(Ask):
    """The payload of `inspect` and `import_file`. Sizes in bytes."""

    path: str = Field(description="absolute path of the file")
    name: str = Field(default="", description="for messages; its suffix names the format")
    shape: DatasetShape | None = None
    shapes: list[DatasetShape] = Field(default_factory=list, description="any of these")
    fields: dict[str, str] = Field(default_factory=dict, description="ours to the file's")
    encoding: str | None = None
    out_dir: str | None = None
    max_line_bytes: int = 16 * 2**20
    max_rows: int = 50_000_000
    disk_reserve_bytes: int = 0


def inspect(payload: dict[str, Any]) -> dict[str, Any]:
    """What `import_file` would say, with nothing kept.

    Returns:
        `{"report": DatasetReport, "sha256": str, "bytes": int}`.

    Raises:
        DatasetProblem: one of its kinds, when not one row can be used.

    """
    return import_file(payload | {"out_dir": None})


def import_file(payload: dict[str, Any]) -> dict[str, Any]:
    """Read the file and write its rows to `out_dir` (nowhere when it is None).

    Args:
        payload: an `ImportAsk`.

    Returns:
        `{"report": DatasetReport, "sha256": str, "bytes": int}`; sha256 and bytes are those of
        the canonical `rows.jsonl`.

    Raises:
        DatasetProblem: one of its kinds, when not one row can be used.
        DiskFull: before anything is written where possible; nothing is left behind.

    """
    ask = ImportAsk.model_validate(payload)
    path = Path(ask.path)
    source = open_source(path, ask.name or path.name, ask.encoding, ask.max_line_bytes)
    try:
        return _imported(ask, source, path)
    finally:
        source.handle.close()


def _imported(ask: ImportAsk, source: Source, path: Path) -> dict[str, Any]:
    out_dir = Path(ask.out_dir) if ask.out_dir else None
    if out_dir is not None:
        _check_space(out_dir, source.size, ask.disk_reserve_bytes)
    form = format_of(source, path)
    found = records(source, form)
    peeked = list(islice(found, PEEKED_ROWS))
    names = list(dict.fromkeys(chain.from_iterable(_names(one) for one in peeked)))
    fields = _recognised(ask, source, form, peeked, names)

    counts, problems = Measure(), Problems()
    labels = Counter[str]()
    turns = 0
    preview: list[dict[str, object]] = []
    try:
        with RowWriter(out_dir) as writer:
            for item in chain(peeked, found):
                row = item if isinstance(item, Problem) else fields.row(item.values, item.line)
                if isinstance(row, Problem):
                    problems.add(row)
                    continue
                if counts.texts == ask.max_rows:
                    raise DatasetLimit(
                        name=source.name,
                        what="number of rows",
                        what_fa="شمار سطرها",
                        limit=ask.max_rows,
                    )
                writer.add(row)
                counts.add(*texts_of(row))
                labels.update(labels_of(row))
                turns += turns_of(row)
                if len(labels) > MOST_LABELS:
                    raise DatasetLabels(
                        name=source.name, field=_label_field(fields), limit=MOST_LABELS
                    )
                if len(preview) < PREVIEW_ROWS:
                    preview.append({key: _glimpse(value) for key, value in row.items()})
            if not counts.texts:
                raise _nothing(source, form, fields, problems, names)
            writer.commit()
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise DiskFull(needed=source.size, free=_free(out_dir or Path())) from error

    report = DatasetReport(
        name=source.name,
        format=form,
        encoding=source.encoding,
        encoding_guessed=source.guessed,
        shape=fields.shape,
        fields=[storable(name[:120]) for name in names[:SHOWN_FIELDS]],
        mapping={ours: storable(theirs[:120]) for ours, theirs in fields.names.items()},
        stats=DatasetStats(
            rows=counts.texts,
            characters=counts.characters,
            words=counts.words,
            half_spaces=counts.half_spaces,
            persian_share=round(counts.persian_share, 4),
            longest=counts.longest,
            labels=dict(labels.most_common()),
            turns=turns,
        ),
        skipped=problems.count,
        problems=[problem.shown() for problem in problems.first],
        preview=cast("list[Row]", preview),
    )
    return {
        "report": report.model_dump(mode="json"),
        "sha256": writer.sha256,
        "bytes": writer.bytes,
    }


def _names(item: Record | Problem) -> list[str]:
    return [] if isinstance(item, Problem) else [str(name) for name in item.values]


def _recognised(
    ask: ImportAsk,
    source: Source,
    form: str,
    peeked: list[Record | Problem],
    names: list[str],
) -> Fields:
    if not names:
        problems = Problems()
        for item in peeked:
            if isinstance(item, Problem):
                problems.add(item)
        raise _nothing(source, form, None, problems, names)
    seen = [item.values for item in peeked if isinstance(item, Record)]
    return recognise(
        names,
        name=source.name,
        shape=ask.shape,
        among=ask.shapes,
        mapping=ask.fields,
        records=seen,
    )


def _label_field(fields: Fields) -> str:
    return fields.names.get("label") or fields.names.get("tags", "label")


def _nothing(
    source: Source, form: str, fields: Fields | None, problems: Problems, names: list[str]
) -> PersianAIError:
    """Why not one row is left: the first problem speaks for all."""
    first = problems.first[0] if problems.first else None
    if first is None or first.code == "empty":
        return DatasetEmpty(name=source.name, rows=problems.count)
    if first.code in {"missing_field", "not_text"} and fields is not None:
        return DatasetFields(
            name=source.name,
            found=", ".join(names[:20]),
            needed=first.what,
            line=first.line,
        )
    shown = first.shown()
    return DatasetFormat(
        name=source.name,
        format=form,
        line=first.line,
        reason=shown.message,
        reason_fa=shown.message_fa,
    )


def _glimpse(value: Any, characters: int = PREVIEW_CHARACTERS) -> Any:
    """The beginning of a text, of a list, and of the texts in it."""
    if isinstance(value, str):
        short = value if len(value) <= characters else f"{value[:characters]}…"
        return storable(short)
    if isinstance(value, dict):
        return {key: _glimpse(one, PREVIEW_IN_LIST) for key, one in value.items()}
    shown = PREVIEW_TURNS if value and isinstance(value[0], dict) else PREVIEW_WORDS
    return [_glimpse(one, PREVIEW_IN_LIST) for one in value[:shown]]


def _check_space(folder: Path, size: int, reserve: int) -> None:
    # Rows are about as big as the file; wide encodings shrink, escapes in JSON too.
    free = _free(folder)
    if free < size + reserve:
        raise DiskFull(needed=size + reserve, free=free)


def _free(folder: Path) -> int:
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path())
    return shutil.disk_usage(there).free
