"""Attention for packed sequences: within each segment alone, one fused call a segment.

Causal for decoders, in both directions for encoders, as the layer itself says.

Registered with transformers under `NAME`. A dense mask over the whole pack would cost its
length squared (measured 3 to 13 times slower), so none is ever built: transformers makes no mask
for a name it does not know. Without segment lengths (generation) it is ordinary causal attention.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AttentionInterface

NAME = "persian_ai_segments"


def _band(
    queries: int, keys: int, window: int, device: torch.device, *, causal: bool
) -> torch.Tensor:
    """Boolean [queries, keys]: which keys a query sees.

    The last `window` keys up to its own position; both ways, those at most `window` away, as
    transformers' masks have it.
    """
    position = torch.arange(keys - queries, keys, device=device).unsqueeze(1)
    distance = position - torch.arange(keys, device=device)
    return (distance >= 0) & (distance < window) if causal else distance.abs() <= window


def _attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    *,
    dropout: float,
    scale: float | None,
    window: int | None,
    softcap: float | None,
    causal: bool,
) -> torch.Tensor:
    """Attention of one segment; [batch, heads, queries, width] in and out.

    Keys and values may have fewer heads: the fused kernel shares them, where a copy for every
    query head would be kept for the backward pass.
    """
    queries, keys = q.shape[2], k.shape[2]
    groups = q.shape[1] // k.shape[1]
    narrow = window is not None and keys > window
    if softcap is None and not narrow and (not causal or queries in {1, keys}):
        return functional.scaled_dot_product_attention(
            q,
            k,
            v,
            dropout_p=dropout,
            scale=scale,
            is_causal=causal and queries > 1,
            enable_gqa=groups > 1,
        )
    if groups > 1:
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    mask = _band(queries, keys, window if narrow and window else keys, q.device, causal=causal)
    if softcap is None:
        return functional.scaled_dot_product_attention(
            q, k, v, mask, dropout_p=dropout, scale=scale
        )
    scores = q @ k.transpose(2, 3) * (q.shape[-1] ** -0.5 if scale is None else scale)
    scores = torch.tanh(scores / softcap) * softcap
    weights = scores.masked_fill(~mask, float("-inf")).softmax(-1, dtype=torch.float32).to(q.dtype)
    return functional.dropout(weights, dropout) @ v


def segment_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 — transformers passes it by name
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    is_causal: bool | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface.

    Args:
        module: the layer; `is_causal` says whether later positions are seen.
        query: [batch, heads, queries, width]; `key` and `value` have fewer heads, maybe more keys.
        key: see `query`.
        value: see `query`.
        attention_mask: always None here (see the module's docstring).
        dropout: probability of dropping an attention weight.
        scaling: factor of the scores; None means 1/√width.
        sliding_window: how many positions back a query sees; None means all.
        softcap: scores are squashed to ±softcap.
        cu_seq_lens_q: int [segments + 1], ascending from 0: where segments start and end.
        is_causal: whether a query sees no later key; None asks the layer.

    Returns:
        [batch, queries, heads, width], and no weights.

    """
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    if cu_seq_lens_q is None:
        parts = [(query, key, value)]
    else:
        # split, not slices: its backward is one concatenation instead of a full-size
        # tensor of zeros for every segment.
        lengths = cu_seq_lens_q.diff().tolist()
        parts = list(
            zip(
                *(torch.split(tensor, lengths, dim=2) for tensor in (query, key, value)),
                strict=True,
            )
        )
    outputs = [
        _attend(
            q,
            k,
            v,
            dropout=dropout,
            scale=scaling,
            window=sliding_window,
            softcap=softcap,
            causal=causal,
        ).transpose(1, 2)
        for q, k, v in parts
    ]
    return (outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1)).contiguous(), None


AttentionInterface.register(NAME, segment_attention)
