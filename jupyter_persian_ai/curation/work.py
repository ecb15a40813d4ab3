"""The jobs of kind `dataset`, as a worker runs them.

Owns where the rows of an attempt are staged and what its progress says. What is untrusted, and
what may grow, runs in confined children; the worker itself only waits for them, so that a stop
is heard at once. Keeping what was made is the server's, in the transaction that completes the job.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DatasetMissing
from ..jobs import confined
from ..protocol.events import EventType
from ..protocol.versions import ImportAsk, PartStep, SplitAsk, VersionAsk
from ..protocol.worker import WorkerContext
from . import hub_files
from .pace import Pace
from .staging import PROBLEMS, ROWS

_IMPORT = "jupyter_persian_ai.datasets.importing:import_file"
_APPLY = "jupyter_persian_ai.datasets.steps:apply"
_MARK = "jupyter_persian_ai.datasets.near:mark"


def run_import(ctx: WorkerContext) -> dict[str, Any]:
    """Read what `ctx.spec.options` (an `ImportAsk`) names into the attempt's folder.

    `ctx.spec.inputs` holds `files` (each a path and a name; none for a repository of the Hub),
    `hub_dir` and the limits of the reading process. Emits progress in bytes of the source.

    Returns:
        `{"report", "sha256", "bytes", "dataset_id"}`; the id is None unless it is to be kept.

    Raises:
        DatasetProblem: not one row can be used, or a limit was reached.
        HubProblem: the Hub did not give it.
        DiskFull: there is no room.
        WorkStopped: a stop was asked for.

    """
    ask = ImportAsk.model_validate(ctx.spec.options)
    inputs = ctx.spec.inputs
    staged = _staged(ctx)
    files = hub_files.fetched(ctx, ask) if ask.repo_id else inputs["files"]
    payload = {
        "files": files,
        "members": ask.members,
        "shape": ask.shape.value if ask.shape else None,
        "shapes": [shape.value for shape in ask.shapes],
        "fields": ask.fields,
        "encoding": ask.encoding,
        "out_dir": str(staged),
        "max_line_bytes": inputs["max_line_bytes"],
        "disk_reserve_bytes": inputs["disk_reserve_bytes"],
    }
    answer = _confined(ctx, _IMPORT, payload, unit="byte")
    # What was left out belongs to this reading, not to the rows, which others may share.
    if (staged / PROBLEMS).is_file():
        (staged / PROBLEMS).replace(ctx.attempt_dir / PROBLEMS)
    if ask.repo_id:
        answer["report"]["name"] = ask.repo_id
    return {
        "report": answer["report"],
        "sha256": answer["sha256"],
        "bytes": answer["bytes"],
        "dataset_id": ctx.spec.job_id if ask.keep else None,
    }


def run_version(ctx: WorkerContext) -> dict[str, Any]:
    """Apply the steps of `ctx.spec.options` (a `VersionAsk`) to `inputs["source_dir"]`.

    Returns:
        `{"report", "sha256", "bytes", "counts"}`; the server makes the version of it.

    Raises:
        DatasetProblem: nothing is left, or a step does not fit the data.
        DiskFull, WorkStopped: as for `run_import`.

    """
    ask = VersionAsk.model_validate(ctx.spec.options)
    steps = [step.model_dump(mode="json") for step in ask.steps]
    return _applied(ctx, steps, _staged(ctx))


def run_split(ctx: WorkerContext) -> dict[str, Any]:
    """Make each part of the split that `ctx.spec.options` (a `SplitAsk`) names.

    Returns:
        `{"parts": [{"part", "step", "report", "sha256", "bytes"}]}`, staged in `rows/<number>`.

    Raises:
        DatasetProblem, DiskFull, WorkStopped: as for `run_version`.

    """
    ask = SplitAsk.model_validate(ctx.spec.options)
    staged = _staged(ctx)
    parts = []
    for number, part in enumerate(ask.parts):
        step = PartStep(part=part, parts=ask.parts, stratify=ask.stratify, seed=ask.seed)
        asked = step.model_dump(mode="json")
        made = _applied(ctx, [asked], staged / str(number), share=(number, len(ask.parts)))
        parts.append({"part": part, "step": asked} | made)
    return {"parts": parts}


def run_near_duplicates(ctx: WorkerContext) -> dict[str, Any]:
    """Look for rows of `inputs["source_dir"]` that are almost the same, and mark them there."""
    payload = {"folder": str(_source(ctx)), "name": ctx.spec.inputs["dataset_name"]}
    return _confined(ctx, _MARK, payload | dict(ctx.spec.options), unit="row")


def _applied(
    ctx: WorkerContext, steps: list[dict[str, Any]], out: Path, *, share: tuple[int, int] = (0, 1)
) -> dict[str, Any]:
    inputs = ctx.spec.inputs
    payload = {
        "source_dir": str(_source(ctx)),
        "out_dir": str(out),
        "steps": steps,
        "name": inputs["dataset_name"],
        "others": inputs.get("other_dirs", {}),
        "disk_reserve_bytes": inputs["disk_reserve_bytes"],
    }
    return _confined(ctx, _APPLY, payload, unit="row", share=share)


def _source(ctx: WorkerContext) -> Path:
    """The rows to begin from; whoever tries a job again may have deleted them meanwhile."""
    folder = Path(ctx.spec.inputs["source_dir"])
    if not (folder / "rows.jsonl").is_file():
        raise DatasetMissing(path=ctx.spec.inputs["dataset_name"])
    return folder


def _staged(ctx: WorkerContext) -> Path:
    """The folder for this attempt's rows; what an attempt before it left goes."""
    for left in ctx.job_dir.glob(f"*/{ROWS}"):
        shutil.rmtree(left, ignore_errors=True)
    ctx.emit(EventType.STATE, {"state": "running"})
    return ctx.attempt_dir / ROWS


def _confined(
    ctx: WorkerContext,
    target: str,
    payload: Mapping[str, Any],
    *,
    unit: str,
    share: tuple[int, int] = (0, 1),
) -> dict[str, Any]:
    inputs = ctx.spec.inputs
    pace = Pace(ctx.emit, unit=unit, share=share)
    answer = confined.call(
        target,
        dict(payload),
        memory_bytes=int(inputs["memory_bytes"]),
        seconds=float(inputs["silent_seconds"]),
        on_progress=pace.told,
        should_stop=ctx.should_stop,
    )
    pace.done()
    return answer
