"""Whether a recipe runs in this process, or in one process for each device that it is to use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from ..errors import TooFewDevices
from ..protocol.worker import WorkerContext
from .world import here

Recipe = Callable[[WorkerContext], dict[str, Any]]


def across_devices(recipe: Recipe) -> Recipe:
    """A recipe's `run` that starts ranks of itself when its options ask for several devices."""

    @functools.wraps(recipe)
    def run(ctx: WorkerContext) -> dict[str, Any]:
        asked = int(ctx.spec.options.get("devices", 1))
        if asked == 1 or here().size > 1:
            return recipe(ctx)
        there = torch.cuda.device_count()
        # Without any GPU, ranks are processes on the processor: slower, good for trying.
        if torch.cuda.is_available() and asked > there:
            raise TooFewDevices(asked=asked, there=there)
        from .crew import Crew  # noqa: PLC0415 — imports torch's launcher, rarely used

        return Crew(ctx, f"{recipe.__module__}:{recipe.__name__}", asked).work()

    return run
