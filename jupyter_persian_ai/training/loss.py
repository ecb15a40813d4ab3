"""The loss over packed segments: only scored positions, and never a tensor of all logits.

The fast way asks the model's body for hidden states and gives them, with the head's weight, to
`F.linear_cross_entropy`. Models whose forward does more after the body (soft-capped or scaled
logits) are found by comparing the two ways once, and then use their own forward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..errors import ModelUnsupported
from .chunks import chunk_rows
from .packing import Batch
from .precision import Precision

#: (model, batch, precision) to the *sum* of the losses of the batch's scored positions, fp32.
Loss = Callable[[Any, Batch, Precision], torch.Tensor]

# Fewer logits than this are made at once: the chunked kernel computes gradients on its way
# forward, which does not pay for a few thousand classes.
_WHOLE_BYTES = 8 * 2**20


def fused_loss(model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
    """Sum of losses by hidden states and the head's weight; no logits outlive a chunk."""
    with precision.autocast():
        hidden = model.base_model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            cu_seq_lens_q=batch.cu_seq_lens,
            use_cache=False,
        ).last_hidden_state[0]
    if batch.scored is not None:
        hidden = hidden.index_select(0, batch.scored)
    weight = model.get_output_embeddings().weight
    hidden, weight = hidden.to(precision.dtype), weight.to(precision.dtype)
    if 4 * len(hidden) * weight.shape[0] > _WHOLE_BYTES:
        rows = chunk_rows(len(hidden), weight.shape[0], learns=weight.requires_grad)
        return functional.linear_cross_entropy(
            hidden,
            weight,
            batch.targets,
            reduction="sum",
            options=nn.LinearCrossEntropyOptions(chunking_method=None, batch_chunk_size=rows),
        ).float()
    if precision.dtype == torch.float32:
        return functional.linear_cross_entropy(hidden, weight, batch.targets, reduction="sum")
    return functional.cross_entropy(
        functional.linear(hidden, weight).float(), batch.targets, reduction="sum"
    )


def reference_loss(model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
    """Sum of losses by the model's own forward, which computes logits of scored positions only."""
    keep = batch.scored
    if keep is None:
        keep = torch.arange(batch.positions, device=batch.input_ids.device)
    with precision.autocast():
        logits = model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            cu_seq_lens_q=batch.cu_seq_lens,
            use_cache=False,
            logits_to_keep=keep,
        ).logits[0]
    return functional.cross_entropy(logits.float(), batch.targets, reduction="sum")


@torch.no_grad()
def choose_loss(model: Any, batch: Batch, precision: Precision) -> tuple[Loss, str]:
    """The loss that is right for `model`, and its name for the log.

    Compares, on the first segments of `batch`, packed against one by one and fused against the
    model's own forward, all in fp32 without dropout. Of a large vocabulary only some positions
    are scored: the model's own forward holds all their logits.

    Raises:
        ModelUnsupported: when packing changes what the model computes.

    """
    exact = Precision(precision.device, torch.float32, "comparison")
    classes = int(model.get_output_embeddings().weight.shape[0])
    small = _thinned(_first_segments(batch, 3), max(16, _WHOLE_BYTES // classes))
    was_training = model.training
    model.eval()
    try:
        alone = torch.stack(
            [reference_loss(model, single, exact) for single in _one_by_one(small)]
        ).sum()
        packed = reference_loss(model, small, exact)
        fused = fused_loss(model, small, exact)
    finally:
        model.train(was_training)
    tolerance = 2e-2 if is_rounded(model) else 1e-3
    if not _close(packed, alone, tolerance):
        raise ModelUnsupported(model_type=model.config.model_type)
    if _close(fused, packed, tolerance):
        return fused_loss, "fused"
    return reference_loss, "reference"


def is_rounded(model: Any) -> bool:
    """Whether its own products are coarser than fp32: half precision, or four bits."""
    return next(model.parameters()).dtype != torch.float32 or getattr(model, "is_quantized", False)


def _close(one: torch.Tensor, other: torch.Tensor, tolerance: float) -> bool:
    """Equal but for rounding; a model of NaNs agrees with itself, and diverges at once."""
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def _first_segments(batch: Batch, count: int) -> Batch:
    borders = batch.cu_seq_lens[: count + 1]
    return _cut(batch, 0, int(borders[-1]), borders)


def _thinned(batch: Batch, most: int) -> Batch:
    """The same positions, of which at most `most`, evenly spread, are scored."""
    if len(batch.targets) <= most:
        return batch
    picked = torch.linspace(0, len(batch.targets) - 1, most, device=batch.targets.device).long()
    return replace(
        batch,
        targets=batch.targets[picked],
        scored=picked if batch.scored is None else batch.scored[picked],
    )


def _one_by_one(batch: Batch) -> list[Batch]:
    borders = batch.cu_seq_lens.tolist()
    return [
        _cut(batch, start, stop, torch.tensor([0, stop - start], dtype=torch.int32))
        for start, stop in pairwise(borders)
    ]


def _cut(batch: Batch, start: int, stop: int, borders: torch.Tensor) -> Batch:
    """Positions `start` to `stop` of a batch."""
    scored = batch.scored
    if scored is None:
        targets = batch.targets[start:stop]
    else:
        inside = (scored >= start) & (scored < stop)
        targets, scored = batch.targets[inside], scored[inside] - start
    return Batch(
        batch.input_ids[:, start:stop],
        batch.position_ids[:, start:stop],
        borders,
        targets,
        scored,
    )
