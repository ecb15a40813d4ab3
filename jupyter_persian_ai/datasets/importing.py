"""From untrusted files to a canonical dataset and a report that says what was found.

Call `inspect` and `import_file` through `jobs.confined`, never in the server's own process: the
files are someone else's. Everything is read once; memory does not grow with the files.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from ..errors import DatasetFields, DatasetLabels, DatasetLimit, DiskFull, PersianAIError
from ..protocol.data import DatasetReport, DatasetShape, DatasetStats, Row
from .blocks import blocks
from .canonical import RowWriter
from .encodings import OtherEncodingError
from .glimpses import glimpse
from .parts import CrewFailedError, Part, parts, total_bytes
from .payload import Payload
from .problems import PROBLEMS, Problem, Problems, storable
from .readers import Record
from .reporting import nothing_usable
from .shapes import Fields, recognise
from .source import Meter

if TYPE_CHECKING:
    from .surveying import Survey, Taken

_UTF_8 = {"utf-8", "utf-8-sig"}
FLAGS, ANALYSIS = "rows.flags", "analysis.json"
PREVIEW_ROWS = 5
MOST_LABELS = 1000
PEEKED_ROWS = 100
SHOWN_FIELDS = 50

Tick = Callable[[int, int, int], None]


def inspect(payload: dict[str, Any]) -> dict[str, Any]:
    """What `import_file` would say, with nothing kept.

    Returns:
        `{"report": DatasetReport, "sha256": str, "bytes": int}`.

    Raises:
        DatasetProblem: one of its kinds, when not one row can be used.

    """
    return import_file(payload | {"out_dir": None})


def import_file(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Read the files and write their rows to `out_dir` (nowhere when it is None).

    Args:
        payload: a `Payload`.
        tick: called after each block of rows with the bytes read, the bytes of all files and the
            rows kept so far; whatever it raises ends the import, and nothing is left behind.

    Returns:
        `{"report": DatasetReport, "sha256": str, "bytes": int}`; sha256 and bytes are those of
        the canonical `rows.jsonl`.

    Raises:
        DatasetProblem: one of its kinds, when not one row can be used.
        DiskFull: before anything is written where possible; nothing is left behind.

    """
    asked = Payload.model_validate(payload)
    others: set[str] = set()
    while True:
        try:
            return _Import(asked, others, tick).run()
        except OtherEncodingError as error:
            others.add(error.file)
        except CrewFailedError:
            asked.processes = 1


class _Import:
    """One import: what was found so far."""

    def __init__(self, asked: Payload, others: set[str], tick: Tick | None) -> None:
        self.asked = asked
        self.others = others
        self.tick = tick
        self.meter = Meter(total=total_bytes(asked))
        self.folder = Path(asked.out_dir) if asked.out_dir else None
        self.writer = RowWriter(self.folder, [PROBLEMS, FLAGS, ANALYSIS])
        self.problems = Problems(lambda line: self.writer.write(PROBLEMS, line))
        self.fields: Fields | None = None
        self.names: list[str] = []
        self.survey: Survey | None = None
        self.first: Part | None = None
        self.preview: list[dict[str, object]] = []

    def run(self) -> dict[str, Any]:
        """Read everything; what was found."""
        try:
            self._check_space()
            with self.writer:
                for part in parts(self.asked, self.meter, self.others):
                    if isinstance(part, Problem):
                        self.problems.add(part)
                    else:
                        self._read(part)
                first, fields, survey = self.first, self.fields, self.survey
                if first is None or fields is None or survey is None or not self.writer.rows:
                    raise self._nothing()
                made = survey.finish(self.writer.file(FLAGS), self.writer.bytes)
                self.writer.write(ANALYSIS, made)
                self.writer.commit()
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise DiskFull(needed=self.meter.total, free=_free(self.folder or Path())) from error
        return self._said(first, fields, survey.stats())

    def _read(self, part: Part) -> None:
        """Read one part to its end."""
        source = part.source
        if part.form == "jsonl" and source is not None and source.codec in _UTF_8:
            # Load numpy, which a server that only imports this module does without.
            from .json_blocks import json_blocks  # noqa: PLC0415
            from .json_lines import first_items  # noqa: PLC0415

            if peeked := first_items(source, PEEKED_ROWS):
                fields = self._fields_of(part, peeked, part.found)
                if fields is not None and self.survey is not None:
                    processes = self.asked.processes
                    for taken in json_blocks(part, source, fields, self.survey, processes):
                        self._take(taken)
                return
        peeked = list(islice(part.found, PEEKED_ROWS))
        found = chain(peeked, part.found)
        fields = self._fields_of(part, peeked, found)
        if fields is not None and self.survey is not None:
            for block in blocks(found, fields, part.file):
                self._take(self.survey.take(block))

    def _fields_of(
        self, part: Part, peeked: list[Record | Problem], found: Iterable[Record | Problem]
    ) -> Fields | None:
        """What the records of a part hold; None when it cannot be used beside those before it."""
        records = [item.values for item in peeked if isinstance(item, Record)]
        names = list(dict.fromkeys(str(name) for one in records for name in one))
        if self.first is None:
            self.first, self.names = part, names
        if not names:
            for item in found:
                if isinstance(item, Problem):
                    self.problems.add(item.within(part.file))
            return None
        if self.fields is None:
            self.first, self.names = part, names
        try:
            fields = recognise(
                names,
                name=part.name,
                shape=self.fields.shape if self.fields else self.asked.shape,
                among=self.asked.shapes,
                mapping=self.asked.fields,
                records=records,
            )
        except DatasetFields as error:
            if self.fields is None:
                raise
            self.problems.add(Problem(0, "other_fields", error.details["found"]).within(part.file))
            return None
        if self.fields is None:
            self.fields, self.survey = fields, _survey(fields.shape)
        return fields

    def _take(self, taken: Taken) -> None:
        """Write a block."""
        if self.writer.rows + len(taken.lengths) > self.asked.max_rows:
            raise DatasetLimit(
                name=self.asked.title,
                what="number of rows",
                what_fa="شمار سطرها",
                limit=self.asked.max_rows,
            )
        for problem in taken.problems:
            self.problems.add(problem)
        self.writer.add_lines(taken.lines, taken.lengths)
        self.writer.write(FLAGS, taken.flags)
        if self.survey is not None and len(self.survey.labels) > MOST_LABELS:
            raise self._too_many_labels()
        if wanted := PREVIEW_ROWS - len(self.preview):
            lines = taken.lines.split(b"\n", wanted)[: min(wanted, len(taken.lengths))]
            self.preview += [glimpse(orjson.loads(line)) for line in lines]
        if self.tick is not None:
            self.tick(self.meter.done, self.meter.total, self.writer.rows)

    def _too_many_labels(self) -> DatasetLabels:
        names = self.fields.names if self.fields else {}
        field = names.get("label") or names.get("tags", "label")
        return DatasetLabels(name=self.asked.title, field=field, limit=MOST_LABELS)

    def _nothing(self) -> PersianAIError:
        return nothing_usable(
            self.asked.title,
            self.first.form if self.first else "",
            self.fields,
            self.problems.first,
            self.problems.count,
            self.names,
        )

    def _said(self, first: Part, fields: Fields, stats: DatasetStats) -> dict[str, Any]:
        source = first.source
        report = DatasetReport(
            name=self.asked.title,
            format=first.container or first.form,
            encoding=source.encoding if source else "",
            encoding_guessed=bool(source and source.guessed),
            shape=fields.shape,
            fields=[storable(name[:120]) for name in self.names[:SHOWN_FIELDS]],
            mapping={ours: storable(theirs[:120]) for ours, theirs in fields.names.items()},
            stats=stats,
            skipped=self.problems.count,
            problems=[problem.shown() for problem in self.problems.first],
            preview=cast("list[Row]", self.preview),
        )
        return {
            "report": report.model_dump(mode="json"),
            "sha256": self.writer.sha256,
            "bytes": self.writer.bytes,
        }

    def _check_space(self) -> None:
        """Rows are about as big as the files; wide encodings shrink, escapes in JSON too."""
        if self.folder is None:
            return
        needed, free = self.meter.total + self.asked.disk_reserve_bytes, _free(self.folder)
        if free < needed:
            raise DiskFull(needed=needed, free=free)


def _survey(shape: DatasetShape) -> Survey:
    # Loads numpy, which a server that only imports this module does without.
    from .surveying import Survey  # noqa: PLC0415

    return Survey(shape)


def _free(folder: Path) -> int:
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path())
    return shutil.disk_usage(there).free
