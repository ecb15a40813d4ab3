"""Checkpoints: everything a run needs to go on as if it had never stopped.

Weights, optimiser, every random generator, the position in the plan, the tokenizer. Tensors are
in safetensors and the rest is JSON, so that loading runs no pickle. The newest *valid* checkpoint
of all attempts of a job wins; `durable` makes it whole and checks it.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ..protocol.base import now
from ..protocol.jobs import Checkpoint
from . import durable
from .world import here

_NAME = re.compile(r"step-(\d{8,})")
_WEIGHTS = "weights.safetensors"
_OPTIMIZER = "optimizer.safetensors"
_RANDOM = "random.safetensors"
_STATE = "state.json"
TOKENIZER = "tokenizer"


@dataclass(slots=True)
class TrainingState:
    """What is not a tensor: where the run is and what it has seen.

    `step` counts finished optimiser steps, which is also the position in the plan. `evaluations`
    maps a step to its evaluation loss and `scores` to the other figures of that evaluation;
    `best_saved` is the step of the best checkpoint.
    `micro_positions` is the limit that a shortage of memory put on micro-batches. `skipped` counts
    steps in a row whose loss was no number; the means are `symptoms`' own.
    """

    step: int = 0
    tokens: int = 0
    best_saved: int | None = None
    evaluations: dict[str, float] = field(default_factory=dict)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    micro_positions: int | None = None
    skipped: int = 0
    mean_loss: float | None = None
    lowest_mean: float | None = None
    diverged: bool = False
    plateau_told: bool = False

    @property
    def best_loss(self) -> float | None:
        """The lowest evaluation loss so far."""
        return min(self.evaluations.values(), default=None)


@dataclass(frozen=True, slots=True)
class RandomState:
    """Every random generator of this process at one moment."""

    python: Any
    numpy: dict[str, Any]
    tensors: dict[str, torch.Tensor]

    @classmethod
    def capture(cls) -> RandomState:
        """As they are now."""
        tensors = {"torch": torch.get_rng_state()}
        if torch.cuda.is_available():
            # Of the device that this process trains on, whatever its number.
            tensors["cuda0"] = torch.cuda.get_rng_state()
        return cls(random.getstate(), np.random.get_state(legacy=False), tensors)

    def restore(self) -> None:
        """Put them back."""
        version, numbers, gauss = self.python
        random.setstate((version, tuple(numbers), gauss))
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.tensors["torch"])
        if torch.cuda.is_available() and "cuda0" in self.tensors:
            torch.cuda.set_rng_state(self.tensors["cuda0"])

    def as_json(self) -> dict[str, Any]:
        """Without the tensors."""
        numpy = {**self.numpy, "state": dict(self.numpy["state"])}
        numpy["state"]["key"] = [int(word) for word in numpy["state"]["key"]]
        return {"python": self.python, "numpy": numpy}

    @classmethod
    def from_parts(cls, data: dict[str, Any], tensors: dict[str, torch.Tensor]) -> RandomState:
        """From `as_json` and the tensors."""
        numpy = data["numpy"]
        numpy["state"]["key"] = np.asarray(numpy["state"]["key"], dtype=np.uint32)
        return cls(data["python"], numpy, tensors)


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that learn, by name; tied ones once."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a checkpoint holds, at one moment; tensors by name."""

    weights: dict[str, torch.Tensor]
    moments: dict[str, torch.Tensor]
    rng: RandomState
    step: int
    text: str
    tokenizer: Any | None

    @property
    def bytes(self) -> int:
        """Of its tensors."""
        tensors = [*self.weights.values(), *self.moments.values()]
        return sum(t.numel() * t.element_size() for t in tensors)

    def copied(self) -> Snapshot:
        """The same in tensors of its own, so that training may go on while it is written."""
        weights = {name: tensor.clone() for name, tensor in self.weights.items()}
        moments = {name: tensor.clone() for name, tensor in self.moments.items()}
        return replace(self, weights=weights, moments=moments)


def snapshot(
    *,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    rng: RandomState,
    tokenizer: Any | None,
) -> Snapshot:
    """What a checkpoint of this moment holds, sharing memory with the run (together).

    Args:
        model: its learning parameters are kept.
        optimizer: AdamW over the same parameters.
        state: the run's counters.
        rng: the generators at the end of `state.step`.
        tokenizer: kept beside the weights when it was made by this run.

    """
    parameters = trained_parameters(model)
    names = {id(parameter): name for name, parameter in parameters.items()}
    whole = here().whole
    moments = {
        f"{names[id(parameter)]}.{key}": whole(value).contiguous()
        for parameter, values in optimizer.state.items()
        for key, value in values.items()
    }
    weights = {
        name: whole(parameter.detach()).contiguous() for name, parameter in parameters.items()
    }
    text = json.dumps({"training": asdict(state), "random": rng.as_json()})
    return Snapshot(weights, moments, rng, state.step, text, tokenizer)


def save_checkpoint(folder: Path, taken: Snapshot) -> Path:
    """Write `folder/step-…`, whole or not at all; the path of it.

    Args:
        folder: the attempt's `checkpoints`.
        taken: of this run.

    Raises:
        DiskFull: nothing was changed; older checkpoints are still there.

    """
    final = folder / f"step-{taken.step:08d}"
    with durable.staged(final, needed=taken.bytes + (1 << 20)) as staging:
        save_file(taken.weights, staging / _WEIGHTS)
        save_file(taken.moments, staging / _OPTIMIZER)
        save_file(taken.rng.tensors, staging / _RANDOM)
        (staging / _STATE).write_text(taken.text, encoding="utf-8")
        if taken.tokenizer is not None:
            taken.tokenizer.save_pretrained(staging / TOKENIZER)
    return final


def load_weights(folder: Path, model: nn.Module) -> None:
    """Put the learning parameters of a checkpoint into `model`."""
    weights = load_file(folder / _WEIGHTS)
    with torch.no_grad():
        for name, parameter in trained_parameters(model).items():
            parameter.copy_(here().share(parameter, weights[name]))


def load_checkpoint(
    folder: Path, *, model: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainingState:
    """Put weights, moments and random generators back; the counters."""
    load_weights(folder, model)
    moments = load_file(folder / _OPTIMIZER)
    for name, parameter in trained_parameters(model).items():
        kept = {
            key.removeprefix(f"{name}."): value
            for key, value in moments.items()
            if key.rpartition(".")[0] == name
        }
        if kept:
            # `step` stays where AdamW makes it; the moments live beside their parameter.
            optimizer.state[parameter] = {
                key: here().share(parameter, value) for key, value in kept.items()
            }
    data = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    RandomState.from_parts(data["random"], load_file(folder / _RANDOM)).restore()
    return TrainingState(**data["training"])


@dataclass(frozen=True, slots=True)
class Found:
    """The checkpoint to go on from, and those that were refused: path and reason."""

    path: Path | None
    refused: list[tuple[Path, str]]


def newest_valid(job_dir: Path) -> Found:
    """The valid checkpoint with the highest step of all attempts of a job."""
    refused: list[tuple[Path, str]] = []
    for path in _newest_first(job_dir):
        reason = durable.verify(path)
        if not reason:
            return Found(path, refused)
        refused.append((path, reason))
    return Found(None, refused)


def of_step(job_dir: Path, step: int) -> Path | None:
    """The valid checkpoint of `step`, of the latest attempt that has one."""
    found = [path for path in _newest_first(job_dir) if step_of(path) == step]
    return next((path for path in found if not durable.verify(path)), None)


def prune(job_dir: Path, *, keep: int, best: int | None) -> None:
    """Keep the `keep` newest and the one of step `best`; only after a newer one is complete."""
    for path in _newest_first(job_dir)[max(2, keep) :]:
        if step_of(path) != best:
            durable.discard(path)


def sweep(job_dir: Path) -> None:
    """Remove what killed attempts left half-made."""
    for folder in job_dir.glob("*/checkpoints"):
        durable.sweep(folder)


def step_of(path: Path) -> int:
    """The step of a checkpoint folder."""
    return int(path.name.removeprefix("step-"))


def announce(
    path: Path, job_id: str, attempt: int, loss: float | None, *, best: bool
) -> Checkpoint:
    """The checkpoint as the wire tells it."""
    return Checkpoint(
        job_id=job_id,
        attempt=attempt,
        step=step_of(path),
        bytes=durable.folder_bytes(path),
        eval_loss=loss,
        best=best,
        created=now(),
    )


def _newest_first(job_dir: Path) -> list[Path]:
    """Checkpoint folders of all attempts: highest step first, then latest attempt."""
    found = [
        (step_of(path), int(path.parent.parent.name), path)
        for path in job_dir.glob("*/checkpoints/step-*")
        if _NAME.fullmatch(path.name) and path.parent.parent.name.isdigit()
    ]
    return [path for _, _, path in sorted(found, reverse=True)]
