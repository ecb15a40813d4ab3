"""One real step before the run, to learn whether it fits and how fast it is.

The largest planned micro-batches go forward and backward, with the optimiser's moments in
memory, at learning rate 0. Then moments, gradients and every random generator are put back: a
run that was rehearsed is bit-equal to one that was not.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import footprint
from .checkpoint import RandomState, trained_parameters
from .corpus import Corpus
from .loop import NotFinite, train_step
from .run import Run

# Two micro-batches hold what a hundred do: from the second on, gradients stay in memory.
_MICRO_BATCHES = 2


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one real step took.

    `peak_memory_bytes` is the most that the process held until now (on a GPU: that torch held
    there); `seconds_per_step` is for a step with all its micro-batches; `tokens` were read.
    """

    peak_memory_bytes: int
    seconds_per_step: float
    loss: float
    tokens: int


def rehearse(run: Run) -> Rehearsal:
    """Take the largest step of `run.plan` without learning from it.

    A loss that is no number is the run's own matter, and only told here.

    Raises:
        MemoryError, RuntimeError: it does not fit (`shortage.is_shortage`); nothing was changed.
        StopAsked: a stop was asked for.

    """
    device = run.precision.device
    rng = RandomState.capture()
    rates = [group["lr"] for group in run.optimizer.param_groups]
    was_training = run.model.training
    run.model.train()
    fresh = not run.optimizer.state
    loss, tokens = math.nan, 0
    try:
        settled = _settle_moments(run) if fresh else 0.0
        batches = largest_step(run.corpus, run.plan.batches, run.plan.accumulation)
        begun = time.perf_counter()
        with contextlib.suppress(NotFinite):
            result = train_step(
                run.model,
                # The moments of a resumed run must not change, and a copy of them is dear: no
                # step is taken there.
                run.optimizer if fresh else _Still(run.optimizer),  # type: ignore[arg-type]
                run.objective,
                run.corpus,
                batches,
                learning_rate=0.0,
                max_grad_norm=run.options.max_grad_norm,
                precision=run.precision,
                work=run.work,
                should_stop=run.ctx.should_stop,
                micro_positions=run.state.micro_positions,
            )
            loss, tokens = result.loss, result.tokens
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken = time.perf_counter() - begun
    finally:
        run.optimizer.zero_grad(set_to_none=True)
        if fresh:
            run.optimizer.state.clear()
        for group, rate in zip(run.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        run.objective.observed()  # what it saw here is no part of the run
        run.model.train(was_training)
        rng.restore()
    # What is done once in a step is the optimiser's part, as long as settling its moments took.
    once = min(settled, taken)
    planned = max(1, min(run.plan.accumulation, len(run.plan.batches)))
    per_step = once + (taken - once) * planned / len(batches)
    return Rehearsal(_peak(device), per_step, loss, tokens)


def largest_step(
    corpus: Corpus, batches: list[NDArray[Any]], accumulation: int
) -> list[NDArray[Any]]:
    """At most two micro-batches of the step that needs the most memory, the largest last.

    Compared are positions, then the longest segment.
    """
    sizes = np.asarray([len(batch) for batch in batches])
    starts = np.cumsum(sizes) - sizes
    order = np.concatenate(batches)
    lengths = corpus.lengths[order]
    keys = (
        np.maximum.reduceat(lengths, starts),
        np.add.reduceat(lengths, starts),
    )
    ranks = np.empty(len(batches), dtype=np.int64)
    ranks[np.lexsort(keys)] = np.arange(len(batches))
    first = int(ranks.argmax()) // accumulation * accumulation
    step = list(range(first, min(first + accumulation, len(batches))))
    chosen = sorted(step, key=lambda index: int(ranks[index]))[-_MICRO_BATCHES:]
    return [batches[index] for index in chosen]


class _Still:
    """An optimiser whose step changes nothing."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.param_groups = optimizer.param_groups
        self.zero_grad = optimizer.zero_grad

    def step(self) -> None:
        """Leave weights and moments as they are."""


def _settle_moments(run: Run) -> float:
    """Let the optimiser take its memory, by a step of zero gradients; seconds of one step.

    From the second step of a run on, the moments are there during forward and backward.
    """
    for group in run.optimizer.param_groups:
        group["lr"] = 0.0
    seconds = 0.0
    for _ in range(2):  # the first pays for the pages, once in a run
        for parameter in trained_parameters(run.model).values():
            parameter.grad = torch.zeros_like(parameter)
        begun = time.perf_counter()
        run.optimizer.step()
        seconds = time.perf_counter() - begun
    run.optimizer.zero_grad(set_to_none=True)
    return seconds


def _peak(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return footprint.peak_resident_bytes()
