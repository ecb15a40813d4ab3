"""The learning rate as a pure function of the step: nothing to save, nothing to get wrong."""

from __future__ import annotations

import math


def learning_rate(step: int, total: int, peak: float, warmup_ratio: float) -> float:
    """Rate of the optimiser step `step` (0-based) of `total`: linear warm-up, cosine to zero."""
    warmup = round(total * warmup_ratio)
    if step < warmup:
        return peak * (step + 1) / warmup
    share = (step - warmup) / max(1, total - warmup)
    return peak * 0.5 * (1.0 + math.cos(math.pi * min(1.0, share)))
