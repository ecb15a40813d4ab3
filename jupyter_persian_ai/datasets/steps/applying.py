"""Streams the rows of one version through steps into the folder of another.

Owns the passes. Steps that look at a row at a time share one pass; before each step that has to
know all rows there is a pass for it, over rows that are written down where steps came before.
Memory does not grow with the texts: what is held is some tens of bytes a row.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from ...errors import DiskFull
from ...protocol.data import DatasetReport, DatasetShape, DatasetStats, Row
from ...protocol.quality import DatasetAnalysis, FindingCode
from ...protocol.versions import (
    CleanStep,
    FilterStep,
    MapStep,
    MaskStep,
    NormaliseStep,
    Step,
    StepCount,
)
from .. import findings
from ..analysis import ANALYSIS, LABELLED, Analysis, Tick
from ..canonical import INDEX, ROWS, RowWriter, labels_of, line_of, texts_of
from ..glimpses import glimpse
from ..stored import ORIGIN, ORIGIN_OF, flagged, offsets, shape_of, stretches
from .changes import Change, RowStep, change
from .checking import STEPS, check, check_compared, refuse
from .choices import Choice, Mask, mask

REPORT_ROWS = 5
_CHANGES = (NormaliseStep, FilterStep, MapStep, MaskStep, CleanStep)


@dataclass(slots=True)
class _Pass:
    """One reading of the rows: first a choice of all of them, then changes, one after another."""

    place: int
    choice: Choice | None = None
    steps: list[RowStep] = field(default_factory=list)
    shapes: list[DatasetShape] = field(default_factory=list)


@dataclass(slots=True)
class _Stage:
    """Rows between two passes; `origin` says which row of the beginning each was."""

    folder: Path
    origin: NDArray[np.uint32] | None = None

    def numbers(self, first: int, count: int) -> NDArray[np.int64]:
        """The numbers at the beginning of some rows here."""
        if self.origin is None:
            return np.arange(first, first + count)
        return self.origin[first : first + count].astype(np.int64)


class Work:
    """The passes of one making of a version."""

    def __init__(
        self,
        source: Path,
        out: Path,
        steps: list[Step],
        others: Mapping[str, str],
        tick: Tick | None = None,
        labels: list[str] | None = None,
    ) -> None:
        self.source, self.out, self.steps, self.others = source, out, steps, others
        self.counts = [StepCount(kind=s.kind, rows_in=0, rows_out=0, changed=0) for s in steps]
        #: Of a row that went: the kind of the step, if somebody wants to know.
        self.went: dict[int, str] | None = None
        self._shape = shape_of(source)
        known = labels_known(source, self._shape) if labels is None else labels
        self._shapes = check(steps, self._shape, known, others)
        self._flags = flagged(source) if (source / findings.FLAGS).is_file() else None
        self._passes = _passes(steps, self._shapes)
        self._rows = len(offsets(source))
        self._tick = tick
        self._readings = len(self._passes) + sum(one.choice is not None for one in self._passes)
        self._reading = 0

    def run(self, name: str) -> dict[str, Any]:
        """Make the rows; what `apply` returns."""
        stage = _Stage(self.source)
        made: dict[str, Any] = {}
        with tempfile.TemporaryDirectory(dir=self.out.parent, prefix=".stage-") as space:
            for number, one in enumerate(self._passes):
                stays = self._chosen(one, stage)
                if number < len(self._passes) - 1:
                    folder = Path(space) / str(number)
                    before, stage = stage, self._between(one, stage, stays, folder)
                    if before.folder != self.source:
                        shutil.rmtree(before.folder)
                else:
                    made = self._last(one, stage, stays, name)
        return made

    def _chosen(self, one: _Pass, stage: _Stage) -> Mask | None:
        if one.choice is None:
            return None
        stays = mask(one.choice, stage.folder, self.others, self._seen(stage))
        self._reading += 1
        count = self.counts[one.place]
        count.rows_in, count.rows_out = len(stays), int(np.count_nonzero(stays))
        if not count.rows_out:
            _nothing_left(one.place, self.steps[one.place])
        if self.went is not None:
            gone = np.flatnonzero(~stays)
            for number in stage.numbers(0, len(stays))[gone].tolist():
                self.went[number] = self.steps[one.place].kind
        return stays

    def _between(self, one: _Pass, stage: _Stage, stays: Mask | None, folder: Path) -> _Stage:
        origin = [np.zeros(0, np.uint32)]
        with RowWriter(folder) as writer:
            for rows, lines, numbers in self._changed(one, stage, stays):
                _write(writer, rows, lines)
                origin.append(numbers.astype(np.uint32))
            writer.commit()
        return _Stage(folder, np.concatenate(origin))

    def _last(self, one: _Pass, stage: _Stage, stays: Mask | None, name: str) -> dict[str, Any]:
        shape = self._shapes[-1]
        screen, analysis = findings.Screen(shape), Analysis(shape)
        flags = [np.zeros(0, np.uint32)]
        shown: list[dict[str, Any]] = []
        others = (findings.FLAGS, ORIGIN, ORIGIN_OF, ANALYSIS)
        with RowWriter(self.out, others) as writer:
            for rows, lines, numbers in self._changed(one, stage, stays):
                _write(writer, rows, lines)
                writer.write(ORIGIN, numbers.astype("<u4").tobytes())
                texts = [texts_of(row) for row in rows]
                found = screen.block(rows, texts)
                analysis.add(rows, texts, found, screen.characters)
                flags.append(found)
                shown += [glimpse(row) for row in rows[: REPORT_ROWS - len(shown)]]
            marks = np.concatenate(flags)
            again = screen.duplicates()
            marks[again] |= np.uint32(findings.BITS[FindingCode.DUPLICATE])
            analysis.mark(FindingCode.DUPLICATE, again)
            writer.write(findings.FLAGS, marks.astype("<u4").tobytes())
            known = analysis.finish(writer.bytes)
            writer.write(ORIGIN_OF, orjson.dumps({"of": self.source.name}))
            writer.write(ANALYSIS, known.model_dump_json().encode())
            writer.commit()
        report = DatasetReport(
            name=name,
            format="jsonl",
            encoding="utf-8",
            shape=shape,
            fields=list(shown[0]),
            stats=DatasetStats(
                rows=known.rows,
                characters=known.characters,
                words=known.words,
                half_spaces=known.half_spaces,
                persian_share=known.persian_share,
                longest=analysis.longest,
                labels=known.labels,
                turns=known.turns,
            ),
            preview=cast("list[Row]", shown),
        )
        return {
            "report": report.model_dump(mode="json"),
            "sha256": writer.sha256,
            "bytes": writer.bytes,
            "counts": [count.model_dump(mode="json") for count in self.counts],
        }

    def _changed(self, one: _Pass, stage: _Stage, stays: Mask | None) -> Any:
        """Rows, their lines (None where they changed) and their numbers at the beginning."""
        shapes = one.shapes
        changes = [change(step, shape) for step, shape in zip(one.steps, shapes, strict=True)]
        first_place = one.place + (one.choice is not None)
        seen = self._seen(stage)
        left = 0
        for stretch in stretches(stage.folder):
            numbers = stage.numbers(stretch.first, len(stretch.lines))
            rows: list[dict[str, Any]] = stretch.rows
            lines: list[bytes | None] = list(stretch.lines)
            if stays is not None:
                chosen = np.flatnonzero(stays[stretch.first : stretch.first + len(lines)])
                rows, lines, numbers = _taken(rows, lines, numbers, chosen)
            for offset, one_change in enumerate(changes):
                rows, lines, numbers = self._through(
                    first_place + offset, one_change, rows, lines, numbers
                )
            left += len(rows)
            if rows:
                yield rows, lines, numbers
            seen(stretch.first + len(stretch.lines))
        self._reading += 1
        if not left:
            place = first_place + len(changes) - 1
            worst = next(
                (at for at in range(first_place, place + 1) if not self.counts[at].rows_out), place
            )
            _nothing_left(worst, self.steps[worst])

    def _through(
        self,
        place: int,
        one: Change,
        rows: list[dict[str, Any]],
        lines: list[bytes | None],
        numbers: NDArray[np.int64],
    ) -> tuple[list[dict[str, Any]], list[bytes | None], NDArray[np.int64]]:
        flags = self._flags[numbers] if self._flags is not None else np.zeros(len(rows), np.uint32)
        made = one.rows(rows, flags)
        count = self.counts[place]
        count.rows_in += len(rows)
        for at, (before, after) in enumerate(zip(rows, made, strict=True)):
            if after is not None and after is not before:
                lines[at] = None
                count.changed += 1
            elif after is None and self.went is not None:
                self.went[int(numbers[at])] = self.steps[place].kind
        here = np.array([at for at, row in enumerate(made) if row is not None], np.int64)
        count.rows_out += len(here)
        return _taken(cast("list[dict[str, Any]]", made), lines, numbers, here)

    def _seen(self, stage: _Stage) -> Any:
        """Reports progress in rows of the beginning, over all readings."""
        here = max(1, len(offsets(stage.folder)))

        def seen(rows: int) -> None:
            if self._tick is not None:
                done = self._reading * self._rows + self._rows * rows // here
                self._tick(done, self._readings * self._rows, rows)

        return seen


def apply(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Make the rows of a new version in `out_dir`, with all files beside them.

    Args:
        payload: `source_dir`, `out_dir`, `steps` (as on the wire), `name`, `others` (folders by
            `choices.other_key`) and `disk_reserve_bytes`.
        tick: told rows done, rows in all (over all readings) and rows of this reading; it may
            raise to stop.

    Returns:
        `{"report": DatasetReport, "sha256": str, "bytes": int, "counts": [StepCount]}`.

    Raises:
        DatasetStep: a step does not fit the rows, or leaves none.
        DiskFull: there is no room for the rows; nothing is left behind.

    """
    source, out = Path(payload["source_dir"]), Path(payload["out_dir"])
    out.parent.mkdir(parents=True, exist_ok=True)
    _check_space(source, out.parent, int(payload.get("disk_reserve_bytes", 0)))
    steps = STEPS.validate_python(payload["steps"])
    check_compared(steps, source)
    others = payload.get("others", {})
    return Work(source, out, steps, others, tick).run(str(payload.get("name", "")))


def _passes(steps: Sequence[Step], shapes: Sequence[DatasetShape]) -> list[_Pass]:
    made: list[_Pass] = [_Pass(0)]
    for place, step in enumerate(steps):
        if isinstance(step, _CHANGES):
            made[-1].steps.append(step)
            made[-1].shapes.append(shapes[place])
        elif place == 0:
            made[-1].choice = step
        else:
            made.append(_Pass(place, step))
    return made


def labels_known(source: Path, shape: DatasetShape) -> list[str]:
    """The labels or tags of all rows; none of shapes without."""
    if shape not in LABELLED:
        return []
    if (source / ANALYSIS).is_file():
        known = DatasetAnalysis.model_validate_json((source / ANALYSIS).read_bytes())
        return list(known.labels)
    found: set[str] = set()
    for stretch in stretches(source):
        found.update(label for row in stretch.rows for label in labels_of(row))
    return sorted(found)


def _write(writer: RowWriter, rows: list[dict[str, Any]], lines: list[bytes | None]) -> None:
    written = [line or line_of(row) for row, line in zip(rows, lines, strict=True)]
    writer.add_lines(b"".join(written), [len(line) for line in written])


def _taken(
    rows: list[dict[str, Any]],
    lines: list[bytes | None],
    numbers: NDArray[np.int64],
    places: NDArray[np.int64],
) -> tuple[list[dict[str, Any]], list[bytes | None], NDArray[np.int64]]:
    if len(places) == len(rows):
        return rows, lines, numbers
    listed = places.tolist()
    return [rows[at] for at in listed], [lines[at] for at in listed], numbers[places]


def _nothing_left(place: int, step: Step) -> None:
    refuse(place, step, "", "it leaves no row", "هیچ سطری نمی‌گذارد", nothing_left=True)


def _check_space(source: Path, there: Path, reserve: int) -> None:
    # Rows between two passes lie there too: about twice the rows at most, at a time.
    size = sum((source / name).stat().st_size for name in (ROWS, INDEX))
    free = shutil.disk_usage(there).free
    if free < 2 * size + reserve:
        raise DiskFull(needed=2 * size + reserve, free=free)
