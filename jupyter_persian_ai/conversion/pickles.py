"""The job that makes safetensors of pickles: kind `model`, recipe `convert`.

Owns the order of steps, the staging, and what is kept. The pickles are opened by a child that is
locked in (`pickle_child`); everything else of the folder is judged before, and the whole result
after, by confined children. What is not finished lies in the attempt's folder.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..curation.pace import Pace
from ..hub.folder import files_of
from ..jobs import confined, lockdown
from ..protocol.events import EventType
from ..protocol.making import ModelImportAsk
from ..protocol.worker import WorkerContext
from .staging import inspected, judged, made_known, need_room, staged

_LOOK = "jupyter_persian_ai.hub.pickled:inspect_pickled"
_CONVERT = "jupyter_persian_ai.conversion.pickle_child:convert"
_INDEX = "model.safetensors.index.json"


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Convert the folder `ctx.spec.inputs["path"]`; options are a `ModelImportAsk`.

    More inputs: `models_dir`, `disk_reserve_bytes`, `memory_bytes` and `silent_seconds` of the
    children. Emits progress in bytes.

    Returns:
        `{"path", "model"}`: the new folder and the facts of `hub.inspect`.

    Raises:
        ModelProblem: the folder is refused, before anything is opened or after.
        PickleRefused: a pickle is more than tensors.
        LockdownMissing: nothing can be locked in on this machine.
        DiskFull, WorkStopped: as always.

    """
    ask = ModelImportAsk.model_validate(ctx.spec.options)
    inputs = ctx.spec.inputs
    folder = Path(inputs["path"])
    ctx.emit(EventType.STATE, {"state": "running"})
    made = staged(ctx)
    if made is None:
        return made_known(ctx)
    found = judged(ctx, _LOOK, folder)
    need_room(made, int(found["bytes"]), inputs)
    places = files_of(folder)
    names = _targets(found["files"])
    pace = Pace(ctx.emit, unit="byte")
    answer = confined.call(
        _CONVERT,
        {
            "files": [
                {"source": str(places[old]), "target": str(made / new), "name": old}
                for old, new in zip(found["files"], names, strict=True)
            ],
            "name": folder.name,
            "bytes": found["bytes"],
            "tied": found["tied"],
            "dtype": ask.dtype,
        },
        memory_bytes=int(inputs["memory_bytes"]),
        seconds=float(inputs["silent_seconds"]),
        file_bytes=4 * int(found["bytes"]) + 2**20,
        on_progress=pace.told,
        should_stop=ctx.should_stop,
        lockdown=lockdown.LAYERS,
    )
    pace.done()
    if len(names) > 1:
        _write_index(made, names, answer["files"])
    for name in found["kept"]:
        shutil.copyfile(places[name], made / name)
    if ask.dtype:
        _name_dtype(made / "config.json", ask.dtype)
    inspected(ctx, made)
    return made_known(ctx)


def _targets(pickles: list[str]) -> list[str]:
    if len(pickles) == 1:
        return ["model.safetensors"]
    count = len(pickles)
    return [f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)]


def _write_index(folder: Path, names: list[str], answers: list[dict[str, Any]]) -> None:
    weight_map = {
        tensor: name
        for name, answer in zip(names, answers, strict=True)
        for tensor in answer["tensors"]
    }
    total = sum((folder / name).stat().st_size for name in names)
    content = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / _INDEX).write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")


def _name_dtype(config: Path, dtype: str) -> None:
    """A loader takes the format from the configuration; it has been judged by now."""
    content = json.loads(config.read_bytes())
    content.pop("torch_dtype", None)
    content["dtype"] = dtype
    config.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
