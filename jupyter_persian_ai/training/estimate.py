"""What a run will need, before it starts: parameters, tokens, steps, memory, disk, time.

Imports no torch, so that the server may ask. All figures are estimates and err on the large side
where a user would suffer from a small one (memory, disk).
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import psutil

from ..protocol.base import Note
from ..protocol.jobs import Estimate
from ..protocol.recipes import ModelShape, PretrainOptions, SftOptions, TrainingOptions
from .threads import available_cores, threads_for

#: Characters per token of Persian text in a tokenizer with many Persian tokens.
_CHARACTERS_PER_TOKEN = 3.2
#: Tokens that wrap a row: begin and end of text, or the chat template's markers.
_TOKENS_PER_ROW = {"pretrain": 2, "sft": 8}
#: Interpreter, torch, transformers and peft in memory before the first tensor.
_PROCESS_BYTES = 700 * 2**20
#: Useful fp32 work of one core of a recent x86 machine in training, measured.
_FLOPS_PER_CORE = 50e9


def intermediate_size(hidden_size: int) -> int:
    """Width of the gated feed-forward layer: 8/3 of the model's, in whole 32s."""
    return 32 * math.ceil(hidden_size * 8 / 3 / 32)


def shape_parameters(shape: ModelShape) -> int:
    """Parameters of a new Llama with tied embeddings."""
    hidden, wide = shape.hidden_size, intermediate_size(shape.hidden_size)
    layer = 4 * hidden * hidden + 3 * hidden * wide + 2 * hidden
    return shape.vocab_size * hidden + shape.layers * layer + hidden


def _characters_per_token(vocabulary: int) -> float:
    """Small vocabularies cut words into more pieces; measured on Persian verse and prose."""
    return min(_CHARACTERS_PER_TOKEN + 0.6, 1.5 + 0.5 * math.log2(max(512, vocabulary) / 300))


def estimate(
    recipe: str,
    options: TrainingOptions,
    *,
    characters: int,
    rows: int,
    model_config: dict[str, Any] | None = None,
    parameters: int | None = None,
    data_dir: Path | None = None,
) -> Estimate:
    """What a run of `recipe` with `options` will need.

    Args:
        recipe: `pretrain` or `sft`.
        options: its options.
        characters: of all rows of the dataset.
        rows: of the dataset.
        model_config: `config.json` of the model to continue, if there is one.
        parameters: of that model.
        data_dir: whose disk will hold checkpoints; the home folder's when None.

    """
    shape = options.shape if isinstance(options, PretrainOptions) else ModelShape()
    config = model_config or {
        "hidden_size": shape.hidden_size,
        "num_hidden_layers": shape.layers,
        "vocab_size": shape.vocab_size,
        "intermediate_size": intermediate_size(shape.hidden_size),
    }
    config = {**config, **config.get("text_config", {})}
    hidden = int(config.get("hidden_size", 1024))
    layers = int(config.get("num_hidden_layers", 16))
    vocabulary = int(config.get("vocab_size", 32_000))
    wide = int(config.get("intermediate_size", 4 * hidden))
    total = parameters or (
        shape_parameters(shape)
        if model_config is None
        else vocabulary * hidden + layers * (4 * hidden * hidden + 3 * hidden * wide)
    )
    lora = isinstance(options, (PretrainOptions, SftOptions)) and options.method == "lora"
    trainable = total
    if lora and isinstance(options, (PretrainOptions, SftOptions)):
        trainable = options.lora.rank * layers * (8 * hidden + 3 * (hidden + wide))

    tokens = math.ceil(
        characters / _characters_per_token(vocabulary) + rows * _TOKENS_PER_ROW.get(recipe, 2)
    )
    learned = math.ceil(tokens * (1 - options.eval_fraction))
    batch = options.batch_size * options.sequence_length
    micro = math.ceil(options.epochs * max(1, math.ceil(learned / (0.93 * batch))))
    steps = max(1, math.ceil(micro / options.gradient_accumulation))
    if options.max_steps is not None:
        steps = min(steps, options.max_steps)

    # A micro-batch never holds more than the data has; fp32 weights, gradients, two moments.
    held = min(batch, learned)
    activations = held * layers * (18 * hidden + 5 * wide) * 4
    logits = 3 * held * vocabulary * 4 if vocabulary < 16_384 else 64 * 2**20
    memory = _PROCESS_BYTES + 4 * total + 12 * trainable + activations + logits
    disk = (options.keep_checkpoints + 2) * 12 * trainable + 4 * total + 4 * tokens

    cores = threads_for(batch, hidden, available_cores())
    work = (4 if lora else 6) * total * min(steps * options.gradient_accumulation, micro) * held
    disk_free = shutil.disk_usage(_existing(data_dir or Path.home())).free
    available = psutil.virtual_memory().available
    notes = []
    if memory > available:
        notes.append(
            Note(
                en="This may not fit in memory: choose a smaller batch, a shorter sequence, "
                "or LoRA.",
                fa="شاید در حافظه جا نشود: دستهٔ کوچک‌تر، دنبالهٔ کوتاه‌تر یا LoRA را برگزینید.",
            )
        )
    if disk > disk_free:
        notes.append(
            Note(
                en="The disk has too little room for the checkpoints.",
                fa="دیسک برای چک‌پوینت‌ها جا ندارد.",
            )
        )
    return Estimate(
        parameters=total,
        trainable_parameters=trainable,
        tokens=tokens,
        steps=steps,
        memory_bytes=memory,
        memory_available=available,
        disk_bytes=disk,
        disk_available=disk_free,
        seconds=work / (_FLOPS_PER_CORE * cores),
        fits=memory <= available and disk <= disk_free,
        notes=notes,
    )


def _existing(path: Path) -> Path:
    """`path` or its nearest parent that exists."""
    while not path.exists():
        path = path.parent
    return path
