"""Where a model is made, and how it comes to its place: whole, inspected, in one step.

Owns the folder of an attempt that is not finished and the rename to `<models_dir>/<job>`. After a
crash between the rename and the last word, the next attempt finds the model there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ..errors import DiskFull
from ..jobs import confined
from ..paths import private_folder
from ..protocol.worker import WorkerContext

_INSPECT = "jupyter_persian_ai.hub.inspect:inspect_folder"
_STAGED = "model"


def staged(ctx: WorkerContext) -> Path | None:
    """A new folder of this attempt; what earlier ones left goes. None: it is all done already."""
    if _place(ctx).is_dir():
        return None
    for left in ctx.job_dir.glob(f"*/{_STAGED}"):
        shutil.rmtree(left, ignore_errors=True)
    return private_folder(ctx.attempt_dir / _STAGED)


def judged(ctx: WorkerContext, judge: str, place: Path) -> dict[str, Any]:
    """What a confined child says of a file or a folder; `judge` is its `module:function`.

    Raises:
        ModelProblem: what the judge refuses.

    """
    return confined.call(
        judge,
        {"path": str(place), "name": place.name},
        memory_bytes=int(ctx.spec.inputs["memory_bytes"]),
        seconds=float(ctx.spec.inputs["silent_seconds"]),
    )


def need_room(folder: Path, needed: int, inputs: dict[str, Any]) -> None:
    """Make sure that `needed` bytes fit beside the reserve.

    Raises:
        DiskFull: they do not.

    """
    free = shutil.disk_usage(folder).free
    if free < needed + int(inputs.get("disk_reserve_bytes", 0)):
        raise DiskFull(needed=needed, free=free)


def inspected(ctx: WorkerContext, made: Path) -> None:
    """Judge what was made as any other model, and move it to its place.

    Raises:
        ModelProblem: it is none that can be used.

    """
    _facts(ctx, made)
    for path in made.iterdir():
        path.chmod(0o600)
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
    private_folder(_place(ctx).parent)
    made.rename(_place(ctx))


def made_known(ctx: WorkerContext) -> dict[str, Any]:
    """The result of a job whose model is in its place."""
    place = _place(ctx)
    return {"path": str(place), "model": _facts(ctx, place)}


def _place(ctx: WorkerContext) -> Path:
    return Path(ctx.spec.inputs["models_dir"]) / ctx.spec.job_id


def _facts(ctx: WorkerContext, folder: Path) -> dict[str, Any]:
    return judged(ctx, _INSPECT, folder)
