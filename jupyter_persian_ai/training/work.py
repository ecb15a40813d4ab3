"""How much useful arithmetic a micro-batch is, and how much the device could do.

Model FLOPs utilisation as in PaLM (Chowdhery et al., 2022, appendix B): what forward and backward
need once, divided by the device's matrix-product peak; recomputed activations do not count. The
peak is measured in this process, not read from a data sheet.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .packing import Batch
from .precision import Precision


@dataclass(frozen=True, slots=True)
class Work:
    """Floating-point operations of training by position.

    `body` is multiply-adds a position in the layers' matrices, `head` those of the output matrix a
    scored position, `attention` those a pair of query and key, over all layers; `factor` is 6 when
    all weights learn (forward, and two products backward) and 4 when only adapters do.
    """

    body: int
    head: int
    attention: int
    factor: int

    @classmethod
    def of_model(cls, model: Any) -> Work:
        """Count the matrices of `model`, by what learns in it."""
        inputs = model.get_input_embeddings()
        outputs = model.get_output_embeddings()
        tables = {id(module.weight) for module in (inputs, outputs) if module is not None}
        weights = [p for p in model.parameters() if p.ndim >= 2 and id(p) not in tables]
        learning = sum(p.numel() for p in weights if p.requires_grad)
        body = sum(map(_elements, weights))
        config = model.config.get_text_config()
        heads = int(getattr(config, "num_attention_heads", 1))
        width = int(getattr(config, "head_dim", 0) or config.hidden_size // heads)
        return cls(
            body=body,
            head=0 if outputs is None else outputs.weight.numel(),
            attention=2 * heads * width * int(config.num_hidden_layers),
            factor=6 if 2 * learning > body else 4,
        )

    def of(self, batch: Batch) -> float:
        """Operations of training on `batch`; causal attention counts half of the pairs."""
        lengths = np.diff(batch.cu_seq_lens.numpy()).astype(np.float64)
        pairs = float((lengths * (lengths + 1) / 2).sum())
        products = self.body * batch.positions + self.head * len(batch.targets)
        return self.factor * (products + self.attention * pairs)


def _elements(weight: torch.Tensor) -> int:
    """How many numbers a matrix has; of four bits, two are packed in each byte."""
    packing = getattr(weight, "quant_state", None)
    return weight.numel() if packing is None else math.prod(packing.shape)


@torch.no_grad()
def matrix_peak(precision: Precision, size: int = 1024) -> float:
    """Operations a second of matrix products [size, size] in this format, the best of several."""
    device, dtype = precision.device, precision.dtype
    one, other = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = 0.0
    deadline = time.perf_counter() + 0.15
    while time.perf_counter() < deadline or not best:
        begun = time.perf_counter()
        for _ in range(4):
            one @ other
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = max(best, 8 * size**3 / (time.perf_counter() - begun))
    return best
