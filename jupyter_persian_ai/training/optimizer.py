"""AdamW as this project uses it: fused, weight decay on matrices only."""

from __future__ import annotations

import torch
from torch import nn

from .checkpoint import trained_parameters


def make_optimizer(
    model: nn.Module, *, learning_rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """Over the learning parameters of `model`; norms and biases do not decay."""
    parameters = trained_parameters(model).values()
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), eps=1e-8, fused=True)
