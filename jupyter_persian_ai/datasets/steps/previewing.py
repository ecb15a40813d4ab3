"""What steps would do to the beginning of a version, with nothing kept.

The first rows go through the very passes of `applying`, in a temporary folder.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DatasetStep
from ...protocol.versions import ChangedRow, SampleStep, Step, VersionPreview
from .. import findings
from ..canonical import RowWriter
from ..stored import ORIGIN, offsets, rows_at, shape_of, stretches
from .applying import Work, labels_known
from .checking import STEPS, check_compared

PREVIEWED = 1000
PREVIEW_SHOWN = 50


def preview(payload: dict[str, Any]) -> dict[str, Any]:
    """What the steps would do to the first `PREVIEWED` rows: a `VersionPreview`.

    Takes what `apply` takes, without `out_dir`, and raises what it raises, but when no row of
    these is left. A sample of the whole is drawn from these in proportion.
    """
    source = Path(payload["source_dir"])
    steps = STEPS.validate_python(payload["steps"])
    check_compared(steps, source)
    total = len(offsets(source))
    with tempfile.TemporaryDirectory(prefix="preview-") as space:
        few, out = Path(space) / "few", Path(space) / "out"
        sampled = _beginning(source, few)
        if total > sampled:
            steps = [_in_proportion(step, sampled, total) for step in steps]
        # Labels that come later than the beginning are no mistake of the steps.
        labels = labels_known(source, shape_of(source))
        work = Work(few, out, steps, payload.get("others", {}), labels=labels)
        work.went = {}
        try:
            work.run("")
            origin = np.fromfile(out / ORIGIN, np.dtype("<u4")).tolist()
            after = dict(zip(origin, rows_at(out, list(range(len(origin)))), strict=True))
        except DatasetStep as error:
            if not error.details.get("nothing_left"):
                raise
            after = {}
        shown: list[ChangedRow] = []
        for number, before in enumerate(rows_at(few, list(range(sampled)))):
            now = after.get(number)
            if now != before and len(shown) < PREVIEW_SHOWN:
                step = work.went.get(number, "") if now is None else ""
                shown.append(ChangedRow(number=number, before=before, after=now, step=step))
    return VersionPreview(sampled=sampled, counts=work.counts, rows=shown).model_dump(mode="json")


def _beginning(source: Path, few: Path) -> int:
    """Copy the first rows, with their flags; how many there are."""
    with RowWriter(few) as writer:
        for stretch in stretches(source, PREVIEWED):
            writer.add_lines(b"".join(stretch.lines), [len(line) for line in stretch.lines])
        writer.commit()
    if (source / findings.FLAGS).is_file():
        data = np.fromfile(source / findings.FLAGS, np.dtype("<u4"), writer.rows)
        data.tofile(few / findings.FLAGS)
    return writer.rows


def _in_proportion(step: Step, sampled: int, total: int) -> Step:
    if not isinstance(step, SampleStep):
        return step
    return step.model_copy(update={"rows": max(1, round(step.rows * sampled / total))})
