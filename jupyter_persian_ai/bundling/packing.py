"""The job that packs a model or a dataset.

Owns which files go along, and what the job's progress says; `hub.bundles.pack` writes them. The
journal lies in the job's folder, so that every try goes on where the one before it was ended.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ..curation.pace import Pace
from ..errors import BundleNotPackable, DiskFull, InvalidField
from ..hub import selection
from ..hub.bundles import pack
from ..hub.bundles.manifest import ROWS, check_packable
from ..hub.folder import files_of
from ..paths import private_folder
from ..protocol.events import EventType
from ..protocol.worker import WorkerContext, WorkStopped
from ..version import __version__

JOURNAL = "packing.json"


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Pack the folder `ctx.spec.inputs["source_dir"]` into `inputs["out_dir"]`.

    More inputs: `chosen_folder` (whether `out_dir` is the user's own, or ours with a folder for
    each job), `subject`, `name`, `license`, `root` (what the files' names begin with),
    `part_bytes` (0 for one file), `about`, `disk_reserve_bytes`. Emits progress in bytes, of
    writing and of reading back.

    Returns:
        `{"id", "path", "bytes", "parts": [{"name", "bytes", "sha256"}], "files"}`.

    Raises:
        BundleProblem: one of its kinds.
        ModelUnsafe, ModelNotAFolder: the folder leads out of itself, or is gone.
        DiskFull: before anything is written where possible.
        WorkStopped: a stop was asked for; what was written is gone on with the next time.

    """
    inputs = ctx.spec.inputs
    ctx.emit(EventType.STATE, {"state": "running"})
    sources = files(inputs["subject"], Path(inputs["source_dir"]))
    out = Path(inputs["out_dir"])
    if not inputs["chosen_folder"]:
        out = private_folder(out / ctx.spec.job_id)
    if not out.is_dir():
        raise InvalidField(
            field="folder", reason="there is no such folder", reason_fa="چنین پوشه‌ای نیست"
        )
    order = pack.Order(
        subject=inputs["subject"],
        name=inputs["name"],
        license=inputs["license"],
        root=root_of(inputs["root"], ctx.spec.job_id),
        sources=sources,
        out=out,
        part_bytes=int(inputs["part_bytes"]),
        by_version=__version__,
        about=dict(inputs.get("about", {})),
    )
    _need_room(order, int(inputs["disk_reserve_bytes"]))
    pace = Pace(ctx.emit, unit="byte")

    def tick(done: int, total: int, part: str) -> None:
        if ctx.should_stop():
            raise WorkStopped
        pace.told(done, total, part)

    made = pack.pack(order, ctx.job_dir / JOURNAL, tick)
    pace.done()
    return made | {"files": len(sources)}


def root_of(root: str, job_id: str) -> str:
    """What the names of a job's files begin with: no other job's do."""
    return f"{root}-{job_id[:6]}"


def files(subject: str, folder: Path) -> list[tuple[str, Path]]:
    """Names and places of what is packed of a folder, in order.

    Of a model what its loader needs, with its licence and card; of a dataset its rows, for all
    else is made anew of them. Where links of the Hub's cache lead is judged by `files_of`.
    """
    if subject == "dataset":
        return [(ROWS, folder / ROWS)]
    there = files_of(folder)
    if not any(name.endswith(".safetensors") for name in there):
        raise BundleNotPackable(
            name=folder.name,
            reason="it has no weights in safetensors",
            reason_fa="وزن safetensors ندارد",
        )
    chosen = selection.select(folder.name, "model", list(there), None)
    check_packable(chosen)
    return [(name, there[name]) for name in chosen]


def _need_room(order: pack.Order, reserve: int) -> None:
    sizes = {name: path.stat().st_size for name, path in order.sources}
    # What an earlier try wrote is on the disk already.
    written = sum(path.stat().st_size for path in order.out.glob(f"{order.root}.tar*"))
    needed = sum(sizes.values()) - written
    free = shutil.disk_usage(order.out).free - reserve
    if needed > free:
        raise DiskFull(needed=needed, free=max(0, free))
