"""The peak memory of a run, part by part. Arithmetic only; no torch.

What is counted follows the code: weights as `models` loads them, AdamW's two moments, gradients
as the loop frees them, what each layer keeps (`anatomy`), what the loss builds, and the copy that
a checkpoint in the background takes. The allocator's share on a CPU is measured, not derived.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .anatomy import Anatomy
from .chunks import chunk_rows

MIB = 2**20
#: Interpreter, torch, transformers and peft in memory before the first tensor, where not measured.
PROCESS_BYTES = 350 * MIB
#: More logits than this are never made at once, as in `loss`; `chunks` says how many then.
WHOLE_BYTES = 8 * MIB
#: Memory that glibc has freed and cannot use for other sizes, as a share of the inner values:
#: adapters and recomputing free and take many more sizes. Measured.
_TORN = {"full": 0.55, "adapter": 1.4, "checkpointing": 3.4, "checkpointing, adapter": 4.8}
#: What starting to compute takes once: threads, packing buffers, compiled kernels' code.
WARM_UP_BYTES = 45 * MIB
#: Tokenising and looking at the data leave this much behind; later steps take it over.
SETUP_BYTES = 180 * MIB
#: A tokenizer in memory, by the size of its file.
_TOKENIZER_SHARE = 13
#: Context, libraries and workspaces on a GPU, by torch's own count.
CUDA_WORKSPACE_BYTES = 64 * MIB


@dataclass(frozen=True, slots=True)
class Load:
    """What a run puts on the device at once.

    `positions` of the largest micro-batch, `scored` of them, `longest` segment; `value_bytes` of
    the matrix products (4 or 2); `weight_bytes` of a weight at rest; `rank` of adapters (0: all
    weights learn); `trainable` parameters; `classes` of a classifier, else 0; `copy_bytes` of a
    checkpoint that is written beside the run; `process_bytes`: held before anything is loaded;
    `tokenizer_bytes` of its file.
    """

    positions: int
    scored: int
    longest: int
    trainable: int
    rank: int = 0
    value_bytes: int = 4
    weight_bytes: float = 4.0
    accumulation: int = 1
    checkpointing: bool = False
    classes: int = 0
    cuda: bool = False
    process_bytes: int = PROCESS_BYTES
    tokenizer_bytes: int = 0
    copy_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """The peak in bytes, and what makes it up."""

    total: int
    parts: dict[str, int] = field(default_factory=dict)


def peak(model: Anatomy, load: Load) -> Memory:
    """The most that the worker holds at once."""
    # Four bits are for the layers' matrices alone: tables stay in the products' format.
    tables = model.table * (1 if model.tied else 2)
    table_bytes = max(load.weight_bytes, 2.0 if load.value_bytes == 2 else 4.0)
    body = max(0, model.parameters - tables)
    weights = round(body * load.weight_bytes + tables * table_bytes)
    if load.rank:
        weights += 4 * load.trainable
    moments = 8 * load.trainable
    gradients = 4 * load.trainable
    inner = activations(model, load)
    loss = loss_bytes(model, load)
    # The embedding's gradient is made apart from the head's and added to it at the end.
    table = 4 * model.table if not load.rank and not load.classes else 0
    held = gradients if load.accumulation > 1 else 0
    step = max(inner + loss + held, gradients + table + held)
    forward = step == inner + loss + held
    parts = {
        "weights": weights,
        "optimizer": moments,
        "gradients": held if forward else gradients + held,
        "activations": inner if forward else 0,
        "loss": loss if forward else table,
    }
    if load.cuda:
        parts["allocator"] = CUDA_WORKSPACE_BYTES
    else:
        torn = WARM_UP_BYTES + round(_torn(load) * inner)
        # What setting up left behind is taken over by the steps; so is room that was torn, by
        # the copy of a checkpoint.
        setup = SETUP_BYTES
        read = setup + _TOKENIZER_SHARE * load.tokenizer_bytes - step
        parts["process"] = load.process_bytes
        spare = max(torn, setup + load.copy_bytes, read)
        parts["checkpoint"] = min(load.copy_bytes, spare - setup)
        parts["allocator"] = spare - parts["checkpoint"]
    kept = {name: size for name, size in parts.items() if size}
    return Memory(sum(kept.values()), kept)


def _torn(load: Load) -> float:
    if load.checkpointing:
        return _TORN["checkpointing, adapter" if load.rank else "checkpointing"]
    return _TORN["adapter" if load.rank else "full"]


def activations(model: Anatomy, load: Load) -> int:
    """Bytes that forward keeps for backward."""
    layer = model.kept(rank=load.rank)
    layer += model.kept_by_pairs(load.longest)
    # Under autocast, norms keep fp32 beside the products' bf16.
    width = 4 if load.value_bytes == 4 else 3
    whole = load.positions * layer * width
    ends = load.positions * model.hidden * width * 2
    if load.checkpointing:
        return whole + model.layers * load.positions * model.hidden * 4 + ends
    return model.layers * whole + ends


def loss_bytes(model: Anatomy, load: Load) -> int:
    """Bytes that the head and the loss hold at once."""
    if load.classes:
        return 3 * load.scored * load.classes * 4
    hidden = 2 * load.scored * model.hidden * 4
    logits = 4 * load.scored * model.vocabulary
    if logits <= WHOLE_BYTES:
        return hidden + 3 * logits
    rows = chunk_rows(load.scored, model.vocabulary, learns=not load.rank)
    chunk = 4 * rows * model.vocabulary
    # Logits of one chunk and their gradient; the head's gradient is made with the loss, and is
    # of the embedding's size.
    gradient = 0 if load.rank else model.table * load.value_bytes
    return hidden + gradient + 3 * chunk
