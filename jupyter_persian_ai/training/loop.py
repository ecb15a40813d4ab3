"""The steps that every recipe shares: one optimiser step, one evaluation.

Plain functions over explicit arguments; `fit` calls them. Must not write files or know where data
comes from.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .checkpoint import trained_parameters
from .corpus import Corpus
from .dealing import deal
from .objectives import Objective, Verdict
from .packing import pack
from .precision import Precision
from .work import Work
from .world import here


class StopAsked(Exception):
    """A stop was asked for between two micro-batches; the step was not taken."""


class NotFinite(Exception):
    """The loss or the gradient is no number; weights were not changed."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True, slots=True)
class StepResult:
    """One optimiser step: mean loss, gradient norm, positions read, useful operations done."""

    loss: float
    grad_norm: float
    tokens: int
    operations: float


def seed_everything(seed: int) -> None:
    """Seed every generator of this process."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def train_step(
    model: Any,
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    corpus: Corpus,
    batches: Sequence[NDArray[Any]],
    *,
    learning_rate: float,
    max_grad_norm: float,
    precision: Precision,
    work: Work,
    should_stop: Callable[[], bool],
    micro_positions: int | None = None,
) -> StepResult:
    """One optimiser step over `batches`; the loss is a mean over all that they count.

    Args:
        model: in training mode.
        optimizer: over its learning parameters, without gradients.
        objective: what is minimised.
        corpus: tokenised segments.
        batches: segment indices of each micro-batch of this step.
        learning_rate: for this step.
        max_grad_norm: gradients with a larger norm are scaled down to it.
        precision: device and number format.
        work: counts useful operations.
        should_stop: asked before each micro-batch.
        micro_positions: micro-batches larger than this are split; the step stays the same mean.

    Raises:
        StopAsked: nothing was changed but the random generators.
        NotFinite: weights were not changed.

    """
    world = here()
    passes = deal(corpus, batches, world, micro_positions)
    packed = [(pack(corpus, part), counts) for part, counts in passes]
    real = [batch for batch, counts in packed if counts]
    counted, tokens, operations = world.total(
        sum(objective.count(batch) for batch in real),
        sum(batch.positions for batch in real),
        sum(work.of(batch) for batch in real),
    )
    total = torch.zeros((), device=precision.device)
    for batch, counts in packed:
        if world.agree(should_stop()):
            optimizer.zero_grad(set_to_none=True)
            raise StopAsked
        # A pass that does not count is observed by nobody either.
        aim = objective if counts else copy.copy(objective)
        loss = world.forward(aim.loss, model, batch.to(precision.device), precision) / counted
        loss = loss if counts else 0 * loss
        # FSDP divides the sum of the ranks' gradients by their number.
        torch.autograd.backward(loss * world.size if world.size > 1 else loss)
        total += loss.detach()
    total = world.sum(total)
    parameters = list(trained_parameters(model).values())
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm)
    mean, grad_norm = total.item(), world.norm(norm)
    if not (math.isfinite(mean) and math.isfinite(grad_norm)):
        optimizer.zero_grad(set_to_none=True)
        raise NotFinite(mean if not math.isfinite(mean) else grad_norm)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return StepResult(mean, grad_norm, int(tokens), operations)


@torch.no_grad()
def evaluate(
    model: Any,
    objective: Objective,
    corpus: Corpus,
    batches: Sequence[NDArray[Any]],
    precision: Precision,
    *,
    tick: Callable[[], None],
    micro_positions: int | None = None,
) -> Verdict:
    """Judge `batches`; adds up numbers, holds no logits."""
    was_training = model.training
    model.eval()
    world = here()
    judge, idle = objective.judge(), objective.judge()
    try:
        for part, counts in deal(corpus, batches, world, micro_positions):
            tick()
            add = judge.add if counts else idle.add
            world.forward(add, model, pack(corpus, part).to(precision.device), precision)
    finally:
        model.train(was_training)
    judge.pool(world)
    return judge.verdict()
