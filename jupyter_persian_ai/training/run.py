"""A run: everything that the training loop works on, gathered by a recipe.

Data only; `fit` trains it, `rehearsal` tries it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray

from ..protocol.recipes import TrainingOptions
from ..protocol.worker import WorkerContext
from .checkpoint import TrainingState
from .corpus import Corpus
from .objectives import Objective
from .packing import Plan
from .precision import Precision
from .reporting import Reporter
from .saving import Saver
from .work import Work


@dataclass(slots=True)
class Run:
    """Everything the loop works on.

    `budget` is the positions of a full micro-batch. `sample` writes what the model says now
    (prompt, text).
    """

    ctx: WorkerContext
    options: TrainingOptions
    report: Reporter
    precision: Precision
    model: Any
    optimizer: torch.optim.Optimizer
    objective: Objective
    corpus: Corpus
    plan: Plan
    held: list[NDArray[Any]]
    budget: int
    work: Work
    saver: Saver
    sample: Callable[[], tuple[str, str]]
    state: TrainingState = field(default_factory=TrainingState)
