"""Norms and gated feed-forward layers that keep less for the backward pass, and compute the same.

Written as usual, an RMS norm keeps three tensors of its input's size and a gated layer four of the
wide one: together they are most of what a training step holds. Here a norm keeps its input (which
the residual keeps anyway) and a number a position, a gated layer its two products; the rest is
computed again from them, elementwise, which costs less than reading it back did.

Only `forward` of single modules is replaced, after their class was compared with what it computed
before; parameters, names and files stay as they are. Must not know of attention or of the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

_GATED = ("gate_proj", "up_proj", "down_proj", "act_fn")


class _RmsNorm(torch.autograd.Function):
    """x / sqrt(mean(x²) + eps) · (weight + offset), over the last dimension; computed in fp32."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float, offset: float
    ) -> torch.Tensor:
        wide = x.float()
        square = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_()
        rate = square.div_(x.shape[-1]).add_(eps).rsqrt_()
        scale = weight.float() + offset if offset else weight.float()
        ctx.save_for_backward(x, weight, rate)
        ctx.offset = offset
        out = (wide * rate).mul_(scale)
        # As transformers' own: plain weights promote, weights around one do not.
        kept: torch.Tensor = out.to(
            x.dtype if offset else torch.promote_types(x.dtype, weight.dtype)
        )
        return kept

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, rate = ctx.saved_tensors
        scale = weight.float() + ctx.offset if ctx.offset else weight.float()
        gradient = gradient.float()
        unit = x.float() * rate
        both = gradient * unit
        of_weight = None
        if ctx.needs_input_grad[1]:
            of_weight = both.reshape(-1, x.shape[-1]).sum(0).to(weight.dtype)
        if not ctx.needs_input_grad[0]:
            return None, of_weight, None, None
        share = (both @ scale).unsqueeze_(-1).div_(x.shape[-1])
        of_x = torch.mul(gradient, scale, out=both)
        of_x = of_x.addcmul_(unit, share, value=-1).mul_(rate)
        return of_x.to(x.dtype), of_weight, None, None


class _Gated(torch.autograd.Function):
    """act(gate) · up."""

    @staticmethod
    def forward(
        ctx: Any,
        gate: torch.Tensor,
        up: torch.Tensor,
        act: Callable[[torch.Tensor], torch.Tensor],
    ) -> torch.Tensor:
        ctx.save_for_backward(gate, up)
        ctx.act = act
        out: torch.Tensor = act(gate).mul_(up)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gate, up = ctx.saved_tensors
        with torch.enable_grad():
            again = gate.detach().requires_grad_()
            open_ = ctx.act(again)
        (of_gate,) = torch.autograd.grad(open_, again, gradient * up)
        return of_gate, open_.detach().mul_(gradient), None


# Untyped in torch.
_norm_of: Callable[..., Any] = _RmsNorm.apply
_gated_of: Callable[..., Any] = _Gated.apply


def slim(model: Any) -> int:
    """Let the norms and gated layers of `model` keep less; how many modules do.

    Call it before adapters and sharding. A class whose modules compute something else than is
    known here is left alone.
    """
    known: dict[type, Callable[..., torch.Tensor] | None] = {}
    changed = 0
    for module in model.modules():
        kind = type(module)
        if kind not in known:
            known[kind] = _lean_forward(module)
        forward = known[kind]
        if forward is not None:
            module.forward = MethodType(forward, module)
            changed += 1
    return changed


def _lean_forward(module: nn.Module) -> Callable[..., torch.Tensor] | None:
    """What a module of this class can do instead of its `forward`, or None."""
    part: Any = module
    if _is_norm(module):
        ways, width = [_norm(0.0), _norm(1.0)], int(part.weight.shape[0])
    elif _is_gated(module):
        ways, width = [_gated], int(part.gate_proj.in_features)
    else:
        return None
    return next((way for way in ways if _agrees(module, way, width)), None)


def _is_norm(module: nn.Module) -> bool:
    own = dict(module.named_parameters())
    return type(module).__name__.endswith("RMSNorm") and [*own] == ["weight"] and _eps(module) > 0


def _eps(module: nn.Module) -> float:
    return float(getattr(module, "variance_epsilon", getattr(module, "eps", 0.0)) or 0.0)


def _is_gated(module: nn.Module) -> bool:
    linear = all(isinstance(getattr(module, name, None), nn.Linear) for name in _GATED[:3])
    return linear and callable(getattr(module, "act_fn", None))


def _norm(offset: float) -> Callable[..., torch.Tensor]:
    def forward(self: Any, hidden_states: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = _norm_of(hidden_states, self.weight, _eps(self), offset)
        return out

    return forward


def _gated(self: Any, x: torch.Tensor) -> torch.Tensor:
    inner = _gated_of(self.gate_proj(x), self.up_proj(x), self.act_fn)
    out: torch.Tensor = self.down_proj(inner)
    return out


@torch.no_grad()
def _agrees(module: nn.Module, way: Callable[..., torch.Tensor], width: int) -> bool:
    """Whether `way` computes what the module does; a draw of its own leaves the run's alone."""
    first = next(module.parameters())
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(1, 3, width, generator=draw).to(first.device)
    if first.is_floating_point():
        x = x.to(first.dtype)
    try:
        wanted, got = module(x), way(module, x)
    except (RuntimeError, TypeError):
        return False
    close = 1e-5 if wanted.dtype == torch.float32 else 2e-2
    same = wanted.dtype == got.dtype
    return same and torch.allclose(wanted.float(), got.float(), rtol=close, atol=close)
