"""The steps that every recipe shares: one optimiser step, one evaluation.

Plain functions over explicit arguments; a recipe calls them in its own `train`. Must not write
files or know where data comes from.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import TrainingDiverged
from .checkpoint import trained_parameters
from .loss import Loss
from .packing import Corpus, pack
from .precision import Precision


class StopAsked(Exception):
    """A stop was asked for between two micro-batches; the step was not taken."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One optimiser step: mean loss over scored positions, gradient norm, positions read."""

    loss: float
    grad_norm: float
    tokens: int


def seed_everything(seed: int) -> None:
    """Seed every generator of this process."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def train_step(
    model: Any,
    optimizer: torch.optim.Optimizer,
    loss_of: Loss,
    corpus: Corpus,
    batches: Sequence[NDArray[Any]],
    *,
    step: int,
    learning_rate: float,
    max_grad_norm: float,
    precision: Precision,
    should_stop: Callable[[], bool],
) -> StepResult:
    """One optimiser step over `batches`; the loss is a mean over all their scored positions.

    Args:
        model: a causal language model in training mode.
        optimizer: over its learning parameters, without gradients.
        loss_of: sum of losses of a micro-batch.
        corpus: tokenised segments.
        batches: segment indices of each micro-batch of this step.
        step: the number that this step will have, from 1.
        learning_rate: for this step.
        max_grad_norm: gradients with a larger norm are scaled down to it.
        precision: device and number format.
        should_stop: asked before each micro-batch.

    Raises:
        StopAsked: nothing was changed but the random generators.
        TrainingDiverged: the loss or the gradient is no number; weights were not changed.

    """
    scored = sum(int(corpus.scored[segments].sum()) for segments in batches)
    total = torch.zeros((), device=precision.device)
    tokens = 0
    for segments in batches:
        if should_stop():
            optimizer.zero_grad(set_to_none=True)
            raise StopAsked
        batch = pack(corpus, segments).to(precision.device)
        loss = loss_of(model, batch, precision) / scored
        torch.autograd.backward(loss)
        total += loss.detach()
        tokens += batch.positions
    parameters = list(trained_parameters(model).values())
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm)
    mean, grad_norm = total.item(), norm.item()
    if not (math.isfinite(mean) and math.isfinite(grad_norm)):
        raise TrainingDiverged(value=str(mean if not math.isfinite(mean) else grad_norm), step=step)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return StepResult(mean, grad_norm, tokens)


@torch.no_grad()
def evaluate(
    model: Any,
    loss_of: Loss,
    corpus: Corpus,
    batches: Sequence[NDArray[Any]],
    precision: Precision,
    *,
    tick: Callable[[], None],
) -> float:
    """Mean loss over the scored positions of `batches`; adds up numbers, holds no logits."""
    was_training = model.training
    model.eval()
    total, scored = 0.0, 0
    try:
        for segments in batches:
            tick()
            batch = pack(corpus, segments).to(precision.device)
            total += float(loss_of(model, batch, precision))
            scored += len(batch.targets)
    finally:
        model.train(was_training)
    return total / max(1, scored)


def perplexity(loss: float) -> float:
    """e^loss, infinite where that is no number a double holds."""
    return math.exp(loss) if loss < 700 else math.inf
