"""The job that makes safetensors of a GGUF file: kind `model`, recipe `gguf`.

Owns the order of steps; `gguf_child` does the work. The file's header is read by our own reader
(`hub.gguf_header`) before any loader sees it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil

from ..errors import TooLittleMemory
from ..jobs import confined
from ..protocol.events import EventType
from ..protocol.jobs import Progress
from ..protocol.making import ModelImportAsk
from ..protocol.worker import WorkerContext
from .staging import inspected, judged, made_known, need_room, staged

_READ = "jupyter_persian_ai.hub.gguf_header:read_gguf"
_CONVERT = "jupyter_persian_ai.conversion.gguf_child:convert"
_WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}
#: What the libraries map of themselves, before any model.
_ADDRESSES = 32 * 2**30
#: Bytes of the result in a second; transformers says nothing while it unpacks.
_SLOWEST = 10**6


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Convert the file `ctx.spec.inputs["path"]`; options are a `ModelImportAsk`.

    More inputs: as of `pickles.run`. Weights of blocks become numbers; `dtype` says which
    (bfloat16 without it). Emits progress in steps of the work.

    Returns:
        `{"path", "model"}`: the new folder and the facts of `hub.inspect`.

    Raises:
        GgufDamaged: the file does not keep to its format.
        ModelUnsupported: it is of a kind that we cannot use.
        TooLittleMemory, DiskFull, WorkStopped: as always.

    """
    ask = ModelImportAsk.model_validate(ctx.spec.options)
    inputs = ctx.spec.inputs
    file = Path(inputs["path"])
    ctx.emit(EventType.STATE, {"state": "running"})
    made = staged(ctx)
    if made is None:
        return made_known(ctx)
    facts = judged(ctx, _READ, file)
    dtype = ask.dtype or "bfloat16"
    result = int(facts["parameters"]) * _WIDTHS[dtype]
    need_room(made, result, inputs)
    # The largest tensor stands twice while it is changed; a quarter of all is more than enough.
    needed, free = result + result // 4, psutil.virtual_memory().available
    if needed > free:
        raise TooLittleMemory(needed=needed, available=free)

    def told(done: int, total: int, detail: Any) -> None:
        progress = Progress(done=done, total=total, unit="step", detail=str(detail)[:200])
        ctx.emit(EventType.PROGRESS, progress.model_dump(mode="json"))

    confined.call(
        _CONVERT,
        {"path": str(file), "name": file.name, "out": str(made), "dtype": dtype, "facts": facts},
        memory_bytes=_ADDRESSES + 8 * result,
        seconds=float(inputs["silent_seconds"]) + result / _SLOWEST,
        on_progress=told,
        should_stop=ctx.should_stop,
    )
    inspected(ctx, made)
    return made_known(ctx)
