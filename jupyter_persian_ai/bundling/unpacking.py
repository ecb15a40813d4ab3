"""The job that takes a bundle in: a model, or a dataset.

What is someone else's is parsed in confined children: the bundle, then the model or the rows that
came out of it, by the same checks as any other. The worker itself only waits for them, and puts
in place what has passed: a model by one rename.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..curation.pace import Pace
from ..curation.staging import ROWS as STAGED_ROWS
from ..errors import DatasetLimit
from ..hub.bundles.manifest import ROWS
from ..hub.bundles.staging import JOURNAL
from ..jobs import confined
from ..paths import private_folder, sync_folder
from ..protocol.events import EventType
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.worker import WorkerContext

_UNPACK = "jupyter_persian_ai.hub.bundles.unpack:unpack"
_INSPECT = "jupyter_persian_ai.hub.inspect:inspect_folder"
_IMPORT = "jupyter_persian_ai.datasets.importing:import_file"
#: The largest file that a child may write; disks are smaller.
_FILE_BYTES = 2**48
#: How often unpacking goes on by itself when its child was killed.
_TRIES = 3


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Take in the bundle that begins with the file `ctx.spec.inputs["path"]`.

    More inputs: `bundle_id`, `subject`, `models_dir`, and the limits of the children
    (`memory_bytes`, `silent_seconds`, `max_line_bytes`, `disk_reserve_bytes`). Emits progress in
    bytes.

    Returns:
        Of a model `{"path", "model": facts, "model_id", "bundle"}`, of a dataset
        `{"report", "sha256", "bytes", "license", "normaliser", "dataset_id", "bundle"}`; both ids
        are the job's, and the server makes known what they name.

    Raises:
        BundleProblem: one of its kinds; the details name the part.
        ModelProblem, DatasetProblem: what was packed may not be used here.
        DiskFull: there is no room.
        WorkStopped: a stop was asked for; parts that were checked are not read again.

    """
    ctx.emit(EventType.STATE, {"state": "running"})
    if ctx.spec.inputs["subject"] == "model":
        return _model(ctx)
    return _dataset(ctx)


def staging(models_dir: Path, job_id: str) -> Path:
    """Where the files of a model lie until they are checked; on the disk that they stay on."""
    return models_dir / f".{job_id}.unpacking"


def _model(ctx: WorkerContext) -> dict[str, Any]:
    models = private_folder(Path(ctx.spec.inputs["models_dir"]))
    place, staged = models / ctx.spec.job_id, staging(models, ctx.spec.job_id)
    said: dict[str, Any] = {"id": ctx.spec.inputs["bundle_id"]}
    if not place.is_dir():
        said = _unpacked(ctx, staged)
        _inspected(ctx, staged)
        staged.rename(place)
        sync_folder(models)
    (place / JOURNAL).unlink(missing_ok=True)
    facts = _inspected(ctx, place)
    return {
        "path": str(place),
        "model": facts,
        "model_id": ctx.spec.job_id,
        "bundle": said["id"],
    }


def _inspected(ctx: WorkerContext, folder: Path) -> dict[str, Any]:
    return _confined(ctx, _INSPECT, {"path": str(folder), "name": ctx.spec.name})


def _dataset(ctx: WorkerContext) -> dict[str, Any]:
    staged = ctx.job_dir / "unpacking"
    said = _unpacked(ctx, staged)
    inputs = ctx.spec.inputs
    for left in ctx.job_dir.glob(f"*/{STAGED_ROWS}"):
        shutil.rmtree(left, ignore_errors=True)
    pace = Pace(ctx.emit, unit="byte", share=(1, 2))
    payload = {
        "path": str(staged / ROWS),
        "name": ROWS,
        "shape": said["about"].get("shape") or None,
        "out_dir": str(ctx.attempt_dir / STAGED_ROWS),
        "max_line_bytes": inputs["max_line_bytes"],
        "disk_reserve_bytes": inputs["disk_reserve_bytes"],
    }
    read = _confined(ctx, _IMPORT, payload, pace)
    packed = said["files"][0]["sha256"]
    if read["sha256"] != packed:
        message = "The rows were read, and are not byte for byte those that were packed."
        ctx.emit(EventType.LOG, {"level": "warning", "message": message})
    shutil.rmtree(staged, ignore_errors=True)
    read["report"]["name"] = said["name"]
    return {
        "report": read["report"],
        "sha256": read["sha256"],
        "bytes": read["bytes"],
        "license": said["license"],
        "normaliser": _normaliser(said["about"]),
        "dataset_id": ctx.spec.job_id,
        "bundle": said["id"],
    }


def _normaliser(about: Mapping[str, str]) -> dict[str, Any] | None:
    """What the rows went through, as far as the bundle says so and it is understood here."""
    try:
        recipe = NormaliserRecipe.model_validate_json(about["normaliser"])
    except (KeyError, ValueError):
        return None
    return recipe.model_dump(mode="json")


def _unpacked(ctx: WorkerContext, staged: Path) -> dict[str, Any]:
    inputs = ctx.spec.inputs
    payload = {
        "path": inputs["path"],
        "id": inputs["bundle_id"],
        "staging": str(staged),
        "disk_reserve_bytes": inputs["disk_reserve_bytes"],
    }
    share = (0, 1) if inputs["subject"] == "model" else (0, 2)
    pace = Pace(ctx.emit, unit="byte", share=share)
    for _ in range(_TRIES):
        try:
            return _confined(ctx, _UNPACK, payload, pace)
        except DatasetLimit as error:
            # It needs little memory, so that somebody else's need had it killed: it goes on.
            if error.details.get("what") != "memory":
                raise
            ctx.emit(EventType.LOG, {"level": "warning", "message": "It was killed, and goes on."})
    return _confined(ctx, _UNPACK, payload, pace)


def _confined(
    ctx: WorkerContext, target: str, payload: Mapping[str, Any], pace: Pace | None = None
) -> dict[str, Any]:
    inputs = ctx.spec.inputs
    answer = confined.call(
        target,
        dict(payload),
        memory_bytes=int(inputs["memory_bytes"]),
        seconds=float(inputs["silent_seconds"]),
        file_bytes=_FILE_BYTES,
        on_progress=pace.told if pace else None,
        should_stop=ctx.should_stop,
    )
    if pace is not None:
        pace.done()
    return answer
