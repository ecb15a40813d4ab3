"""The job that writes a model as files for elsewhere: safetensors or GGUF.

Owns what goes along beside the weights, progress and stopping; the forms are `writing`'s and
`gguf_file`'s. What it makes lies in the job's own folder and is no model of the registry. Must not
change the model.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import torch

from ..curation.pace import Pace
from ..errors import DiskFull
from ..hub.folder import files_of, read_json
from ..hub.inspect import inspect_folder
from ..persian import recipe_file
from ..protocol.events import EventType
from ..protocol.making import ExportAsk
from ..protocol.worker import WorkerContext, WorkStopped
from ..training.durable import MANIFEST, free_bytes, staged, sweep
from . import writing
from .gguf_pretokenizers import SENTENCES
from .weights import Tensor, Weights

#: The folder of the result within the job's.
FOLDER = "export"
_ROOM = 1 << 24  # for what is beside the weights
#: What a loader or a reader needs beside the weights; nothing else of a folder goes along.
BESIDE = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "spiece.model",
    "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "README.md", "LICENSE",
    "LICENSE.txt", "LICENSE.md", "NOTICE", recipe_file.NAME,
)  # fmt: skip


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Write the model of `ctx.spec.inputs["model_path"]` as the options (`ExportAsk`) say.

    Inputs: `model_path`, `model_name`, `disk_reserve_bytes`. Emits progress in bytes written.

    Returns:
        `{"path", "files": [{"name", "bytes", "sha256"}], "bytes", "format"}`.

    Raises:
        ModelProblem: the folder is no longer a model that may be read.
        ExportUnsupported: GGUF has no words for a model or tokenizer of this kind.
        DiskFull: nothing is left behind.
        WorkStopped: a stop was asked for; nothing is left behind.

    """
    ask = ExportAsk.model_validate(ctx.spec.options)
    folder = Path(ctx.spec.inputs["model_path"])
    inspect_folder({"path": str(folder)})
    sweep(ctx.job_dir)
    ctx.emit(EventType.STATE, {"state": "running"})
    with Weights(folder) as weights:
        write = _gguf if ask.format == "gguf" else _safetensors
        made = write(ctx, ask, folder, weights)
    files = _listed(made)
    return {
        "path": str(made),
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
        "format": ask.format,
    }


class Writing:
    """How far the writing is; a stop is heard after each tensor."""

    def __init__(self, ctx: WorkerContext, total: int) -> None:
        self._ctx = ctx
        self._pace = Pace(ctx.emit, unit="byte")
        self._done = 0
        self._total = total

    def told(self, count: int, name: str) -> None:
        """`count` more bytes were written, those of the tensor `name`.

        Raises:
            WorkStopped: a stop was asked for.

        """
        self._done += count
        self._pace.told(self._done, self._total, name)
        if self._ctx.should_stop():
            raise WorkStopped


def need_room(ctx: WorkerContext, folder: Path, needed: int) -> None:
    """Refuse what would use up the reserve.

    Raises:
        DiskFull: there is not room for `needed` bytes.

    """
    needed += _ROOM + int(ctx.spec.inputs.get("disk_reserve_bytes", 0))
    free = free_bytes(folder)
    if needed > free:
        raise DiskFull(needed=needed, free=free)


def _safetensors(ctx: WorkerContext, ask: ExportAsk, folder: Path, weights: Weights) -> Path:
    wanted: torch.dtype | None = getattr(torch, ask.dtype) if ask.dtype else None
    tensors = [cast(tensor, wanted) for tensor in weights]
    total = sum(tensor.bytes for tensor in tensors)
    need_room(ctx, ctx.job_dir, total)
    writer = Writing(ctx, total)

    def read(tensor: Tensor) -> torch.Tensor:
        return weights.read(tensor.name).to(tensor.dtype)

    with staged(ctx.job_dir / FOLDER, needed=total) as staging:
        writing.write(staging, tensors, read, shard_bytes=ask.shard_bytes, on_bytes=writer.told)
        copy_beside(folder, staging, ask.dtype)
    return ctx.job_dir / FOLDER


def _gguf(ctx: WorkerContext, ask: ExportAsk, folder: Path, weights: Weights) -> Path:
    from . import gguf_file, gguf_model, gguf_tokenizer  # noqa: PLC0415 - slow, not always needed

    told = gguf_model.Told(folder, weights)
    words = gguf_tokenizer.read(folder, told.rows)
    if words.way is not None and (words.way.sentences or words.way.tokens):
        message = (
            f"llama.cpp has no pattern for this tokenizer; with “{words.way.name}” it cuts "
            f"{words.way.sentences} of {len(SENTENCES)} sample sentences and {words.way.tokens} "
            f"of {words.way.tried} tokens otherwise."
        )
        ctx.emit(EventType.LOG, {"level": "warning", "message": message})
    total = sum(size for _, _, size in gguf_file.planned(told, ask.gguf_type))
    need_room(ctx, ctx.job_dir, total)
    writer = Writing(ctx, total)
    name = str(ctx.spec.inputs.get("model_name") or "model")
    with staged(ctx.job_dir / FOLDER, needed=total) as staging:
        gguf_file.write(
            staging / f"{file_name(name)}-{ask.gguf_type}.gguf",
            told,
            words,
            name=name,
            license_=str(ctx.spec.inputs.get("license") or ""),
            asked=ask.gguf_type,
            on_bytes=writer.told,
        )
    return ctx.job_dir / FOLDER


def file_name(name: str) -> str:
    """A model's name as a file may be called everywhere; Persian letters stay."""
    kept = re.sub(r"[^\w.-]+", "-", name.replace("\u200c", "-")).strip("-._")
    return kept[:80] or "model"


def cast(tensor: Tensor, wanted: torch.dtype | None) -> Tensor:
    """The tensor in another number format; whole numbers stay as they are."""
    if wanted is None or not tensor.dtype.is_floating_point:
        return tensor
    return Tensor(tensor.name, wanted, tensor.shape)


def copy_beside(folder: Path, target: Path, dtype: str | None) -> None:
    """Copy what belongs to the weights; the configuration says their new format."""
    places = files_of(folder)
    for name in BESIDE:
        if name in places:
            shutil.copyfile(places[name], target / name)
    if dtype is not None:
        config = read_json(places["config.json"])
        config.pop("torch_dtype", None)
        for part in (config, config.get("text_config")):
            if isinstance(part, dict):
                part.pop("torch_dtype", None)
                part["dtype"] = dtype
        text = json.dumps(config, ensure_ascii=False, indent=2)
        (target / "config.json").write_text(f"{text}\n", encoding="utf-8")


def _listed(folder: Path) -> list[dict[str, Any]]:
    """What was sealed, as the manifest has it."""
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    return [{"name": name} | facts for name, facts in sorted(files.items())]
