"""What a run minimises, and how its evaluation is judged: one interface, and the language model.

Classes and preferences have modules of their own (`classes`, `preference`). An objective sees one
packed micro-batch at a time and keeps sums only, so an evaluation of any size holds no logits.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .loss import Loss
from .packing import Batch
from .precision import Precision
from .world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one evaluation: mean loss, metrics by name, and what `EVALUATION` tells, if anything."""

    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    table: dict[str, Any] | None = None


class Judge(ABC):
    """Adds up one evaluation; its attributes that are numbers or arrays are sums, and no others."""

    @abstractmethod
    def add(self, model: Any, batch: Batch, precision: Precision) -> None:
        """Take a micro-batch in; no gradients, evaluation mode."""

    @abstractmethod
    def verdict(self) -> Verdict:
        """Of all that was taken in."""

    def pool(self, world: World) -> None:
        """Add up what all ranks took in (together)."""
        if world.size == 1:
            return
        for name, value in sorted(vars(self).items()):
            if isinstance(value, (int, float)):
                setattr(self, name, type(value)(*world.total(value)))
            elif isinstance(value, np.ndarray):
                summed = np.asarray(world.total(*value.reshape(-1).tolist()))
                setattr(self, name, summed.reshape(value.shape).astype(value.dtype))


class Objective(ABC):
    """What is minimised."""

    @abstractmethod
    def loss(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Sum of the losses of the batch, a scalar in fp32."""

    @abstractmethod
    def judge(self) -> Judge:
        """For one evaluation."""

    def count(self, batch: Batch) -> int:
        """How many losses `loss` sums: their mean is what a step minimises."""
        return len(batch.targets)

    def observed(self) -> dict[str, float]:
        """Metrics of training besides the loss since the last call."""
        return {}


def perplexity(loss: float) -> float:
    """e^loss, infinite where that is no number a double holds."""
    return math.exp(loss) if loss < 700 else math.inf


class Language(Objective):
    """Predict the next token."""

    def __init__(self, loss: Loss) -> None:
        """`loss` is what `loss.choose_loss` found right for the model."""
        self._loss = loss

    def loss(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Cross entropy over the scored positions."""
        return self._loss(model, batch, precision)

    def judge(self) -> Judge:
        """Loss and perplexity."""
        return _LanguageJudge(self)


class _LanguageJudge(Judge):
    def __init__(self, objective: Language) -> None:
        self._objective = objective
        self._total = 0.0
        self._count = 0

    def add(self, model: Any, batch: Batch, precision: Precision) -> None:
        self._total += float(self._objective.loss(model, batch, precision))
        self._count += len(batch.targets)

    def verdict(self) -> Verdict:
        mean = self._total / max(1, self._count)
        return Verdict(mean, {"eval_perplexity": perplexity(mean)})
