"""What a run will need, before it starts: parameters, tokens, steps, memory, disk, time.

Imports no torch, so that the server may ask. Each figure says how sure it is. The parts have
modules of their own: `anatomy` (the model), `estimate_tokens` (the data), `estimate_memory`; what
would make a run fit is `fitting`'s matter and what is said of it `gate`'s.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..protocol.gate import Certainty
from ..protocol.jobs import Estimate
from ..protocol.recipes import AdaptedOptions, ModelShape, PretrainOptions, TrainingOptions
from . import anatomy, estimate_memory, estimate_tokens, footprint
from .anatomy import Anatomy, intermediate_size
from .estimate_memory import PROCESS_BYTES, Load
from .estimate_tokens import Count
from .texts import Recipes
from .threads import available_cores, threads_for

__all__ = ["START_SECONDS", "Device", "Needs", "estimate", "intermediate_size", "needs"]

#: fp32 products of one core of a recent x86 machine, operations a second, where not measured.
_FLOPS_PER_CORE = 60e9
#: Share of the matrix-product peak that training gets, measured on small models.
_EFFICIENCY = 0.45
#: Bytes a second that the optimiser's walk over its state gets, one core.
_OPTIMIZER_BANDWIDTH = 6e9
#: Bytes that AdamW reads and writes for each parameter.
_OPTIMIZER_BYTES = 28
#: Imports, loading, tokenising: before the first step.
START_SECONDS = 8.0
#: Forward alone is a third of forward and backward.
_FORWARD_SHARE = 1 / 3
#: A checkpoint is copied only when it takes at most this share of the free memory (`saving`).
_COPY_SHARE = 0.25
#: Recomputing the layers costs one more forward.
_CHECKPOINTING_SLOWER = 4 / 3
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Device:
    """What a run may use. Unmeasured figures are typical ones.

    `memory` and `disk` are free bytes (`memory` of the GPU where `kind` is `cuda`);
    `process_bytes` is a worker before it loads anything, `adapter_bytes` the adapters' library;
    `flops` and `bf16_flops` are of matrix products with all cores, 0 where not measured.
    """

    memory: int
    disk: int
    kind: str = "cpu"
    cores: int = field(default_factory=available_cores)
    process_bytes: int = PROCESS_BYTES
    adapter_bytes: int = 55 * 2**20
    flops: float = 0.0
    bf16_flops: float = 0.0
    bf16: bool = False
    measured: bool = False
    gpus: int = 0

    @property
    def cuda(self) -> bool:
        """Whether runs train on a GPU."""
        return self.kind == "cuda"


def this_device(data_dir: Path | None = None) -> Device:
    """The machine as it is, without a GPU; nothing measured but what is free."""
    disk = shutil.disk_usage(_existing(data_dir or Path.home())).free
    return Device(memory=footprint.available_bytes(), disk=disk)


@dataclass(frozen=True, slots=True)
class Needs:
    """What is learned from what, apart from the options: enough to estimate any options.

    `config` is the `config.json` of the model to continue; None for a new one. `sample` is what
    `token_sample.count` answered. `labels` are the classes of the data; `recipes` what its texts
    went through.
    """

    recipe: str
    rows: int
    characters: int
    config: dict[str, Any] | None = None
    parameters: int | None = None
    sample: dict[str, Any] | None = None
    labels: int = 0
    tokenizer_bytes: int = 0
    recipes: Recipes = field(default_factory=Recipes)

    @property
    def continues(self) -> bool:
        """Whether there is a model to continue."""
        return self.config is not None

    def model(self, options: TrainingOptions) -> Anatomy:
        """The model under these options."""
        if self.config is not None:
            return anatomy.of_config(self.config, self.parameters)
        shape = options.shape if isinstance(options, PretrainOptions) else ModelShape()
        reached = self.sample["vocabulary"] if self.sample and self.sample["whole"] else None
        return anatomy.of_shape(shape, vocabulary=reached)

    def count(self, options: TrainingOptions) -> Count:
        """Its tokens under these options."""
        model = self.model(options)
        return estimate_tokens.count(
            self.recipe,
            options,
            rows=self.rows,
            characters=self.characters,
            vocabulary=model.vocabulary,
            context=model.positions,
            sample=self.sample,
        )


def needs(wanted: Needs, options: TrainingOptions, device: Device) -> Estimate:
    """What a run needs; without the gate, which `gate.checks` adds."""
    model = wanted.model(options)
    counted = wanted.count(options)
    adapter = isinstance(options, AdaptedOptions) and options.method != "full"
    rank = options.lora.rank if adapter and isinstance(options, AdaptedOptions) else 0
    trainable = model.adapter(rank) if adapter else model.parameters
    bf16 = device.bf16 and options.precision != "fp32"
    load = Load(
        positions=counted.positions,
        scored=counted.scored,
        longest=counted.longest,
        trainable=trainable,
        rank=rank,
        value_bytes=2 if bf16 else 4,
        weight_bytes=_weight_bytes(options, bf16),
        accumulation=options.gradient_accumulation,
        checkpointing=options.gradient_checkpointing,
        classes=max(2, wanted.labels) if wanted.recipe in {"classify", "ner"} else 0,
        cuda=device.cuda,
        process_bytes=device.process_bytes + (device.adapter_bytes if adapter else 0),
        tokenizer_bytes=wanted.tokenizer_bytes,
    )
    memory = estimate_memory.peak(model, load)
    # A checkpoint is copied beside the run only where that leaves plenty.
    if 12 * trainable <= _COPY_SHARE * (device.memory - memory.total):
        memory = estimate_memory.peak(model, replace(load, copy_bytes=12 * trainable))
    disk = _disk(options, model, trainable, counted)
    sure = {
        "parameters": _parameters_certainty(wanted),
        "trainable_parameters": _parameters_certainty(wanted),
        "tokens": counted.certainty,
        "steps": counted.steps_certainty,
        "memory_bytes": _memory_certainty(model, options, device, counted),
        "disk_bytes": Certainty(how="computed", share=0.1),
        "seconds": Certainty(how="guessed", share=0.5 if device.measured else 0.8),
    }
    return Estimate(
        parameters=model.parameters,
        trainable_parameters=trainable,
        tokens=counted.tokens,
        steps=counted.steps,
        memory_bytes=memory.total,
        memory_available=device.memory,
        disk_bytes=disk,
        disk_available=device.disk,
        seconds=_seconds(wanted, options, device, model, counted, trainable),
        fits=memory.total <= device.memory and disk <= device.disk,
        device=device.kind,
        precision="bf16" if bf16 else "fp32",
        memory_parts=memory.parts,
        certainty=sure,
    )


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
    """What a run of `recipe` with `options` needs on this machine, from what is easily known.

    Args:
        recipe: its id.
        options: its options.
        characters: of all rows of the dataset.
        rows: of the dataset.
        model_config: `config.json` of the model to continue, if there is one.
        parameters: of that model.
        data_dir: whose disk will hold checkpoints; the home folder's when None.

    """
    config = model_config if model_config or not parameters else {}
    wanted = Needs(recipe, rows, characters, config=config, parameters=parameters)
    return needs(wanted, options, this_device(data_dir))


def _weight_bytes(options: TrainingOptions, bf16: bool) -> float:
    """Of one weight at rest: what learns is fp32, a frozen base is in the products' format."""
    method = options.method if isinstance(options, AdaptedOptions) else "full"
    if method == "qlora":
        return 0.6  # four bits, and a scale for each 64
    return 2.0 if bf16 and method == "lora" else 4.0


def _disk(options: TrainingOptions, model: Anatomy, trainable: int, counted: Count) -> int:
    """Checkpoints that are kept, the best, and one being written; the result; the tokens."""
    return (
        (options.keep_checkpoints + 2) * 12 * trainable + 4 * model.parameters + 5 * counted.tokens
    )


def _parameters_certainty(wanted: Needs) -> Certainty:
    if wanted.parameters or (wanted.sample and wanted.sample["whole"]):
        return Certainty(how="computed", share=0.0)
    # A new tokenizer may find fewer tokens than it may have; a config may leave a part untold.
    return Certainty(how="computed", share=0.05)


def _memory_certainty(
    model: Anatomy, options: TrainingOptions, device: Device, counted: Count
) -> Certainty:
    if not model.known or options.compile or options.devices > 1:
        return Certainty(how="guessed", share=0.4)
    share = 0.15 + (0.05 if counted.certainty.how == "guessed" else 0.0)
    return Certainty(how="computed", share=share if device.measured else share + 0.05)


def _seconds(
    wanted: Needs,
    options: TrainingOptions,
    device: Device,
    model: Anatomy,
    counted: Count,
    trainable: int,
) -> float:
    """From the matrix products and the share of their peak that training usually gets."""
    learned = 1 - options.eval_fraction
    read = counted.tokens * learned * options.epochs
    budget = options.batch_size * counted.longest
    read = min(read, counted.micro_batches * budget)
    table = 0 if wanted.recipe in {"classify", "ner"} else model.table
    body = max(1, model.parameters - model.table * (1 if model.tied else 2))
    pairs = counted.pairs / max(1, counted.tokens) * read
    width = model.heads * model.head_width
    products = body * read + table * read * counted.scored_share
    products += 2 * model.layers * width * pairs
    factor = 4 if trainable < model.parameters else 6
    work = factor * products * (_CHECKPOINTING_SLOWER if options.gradient_checkpointing else 1)
    cores = threads_for(budget, model.hidden, device.cores)
    peak = device.bf16_flops if device.bf16 and options.precision != "fp32" else device.flops
    peak = peak * (1 if device.cuda else cores / max(1, device.cores))
    training = work / ((peak or _FLOPS_PER_CORE * cores) * _EFFICIENCY)
    if not device.cuda:
        training += counted.steps * trainable * _OPTIMIZER_BYTES / (_OPTIMIZER_BANDWIDTH * cores)
    evaluations = math.ceil(counted.steps / options.eval_every)
    held = options.eval_fraction / max(1e-9, learned) / max(1e-9, options.epochs)
    evaluating = training * _FORWARD_SHARE * held * evaluations
    return START_SECONDS + training + evaluating


def _existing(path: Path) -> Path:
    """`path` or its nearest parent that exists."""
    while not path.exists():
        path = path.parent
    return path
