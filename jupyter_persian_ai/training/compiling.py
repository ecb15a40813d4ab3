"""`torch.compile` for the layers of a model, in the steps that learn.

Attention stays out, for it reads segment borders on the host: each layer becomes what is before
it and what is after it. All layers of a class share what is compiled, shapes are dynamic, and
evaluations and samples run as ever, so nothing is compiled twice. `forward` alone is replaced:
names and checkpoints stay as they are. Compiled arithmetic rounds differently from eager.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.modeling_layers import GradientCheckpointingLayer

from ..protocol.base import Note
from . import attention
from .checkpoint import RandomState


def compile_layers(model: Any, learn: Callable[[], torch.Tensor]) -> Note | None:
    """Compile every layer, and try it; what a user is told when that cannot be done here.

    Args:
        model: in one process or shared out; left as it was when it cannot be compiled.
        learn: a loss of a small batch, in training mode, to try backward with as well.

    """
    layers = [
        module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)
    ]
    if not layers:
        return _note("the model has no layers that are known", "لایه‌های مدل شناخته نیست")
    compilers = ("cl",) if sys.platform == "win32" else ("cc", "gcc", "clang")
    if not any(map(shutil.which, compilers)):
        return _note("there is no C compiler", "کامپایلر C نیست")
    outside: Any = torch.compiler.disable(attention.segment_attention)  # type: ignore[no-untyped-call]
    AttentionInterface.register(attention.NAME, outside)
    compiled: dict[type, Callable[..., Any]] = {}
    for layer in layers:
        kind = type(layer)
        if kind not in compiled:
            compiled[kind] = torch.compile(_bare(kind.forward), dynamic=True)
        layer.forward = MethodType(_when_learning(compiled[kind], kind.forward), layer)
    rng = RandomState.capture()
    was_training = model.training
    model.train()
    try:
        learn().backward()  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - whatever a compiler says, eager still works
        for layer in layers:
            del layer.forward
        AttentionInterface.register(attention.NAME, attention.segment_attention)
        why = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        return _note(why, why)
    finally:
        model.zero_grad(set_to_none=True)
        model.train(was_training)
        rng.restore()
    # What cannot be compiled later on (another shape) runs as ever.
    torch._dynamo.config.suppress_errors = True
    return None


def _when_learning(compiled: Callable[..., Any], eager: Callable[..., Any]) -> Callable[..., Any]:
    def forward(layer: Any, *arguments: Any, **named: Any) -> Any:
        if not (layer.training and torch.is_grad_enabled()):
            return eager(layer, *arguments, **named)
        if layer.gradient_checkpointing:
            again: Callable[..., Any] = layer._gradient_checkpointing_func
            return again(partial(compiled, layer, **named), *arguments)
        return compiled(layer, *arguments, **named)

    return forward


def _bare(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's own `forward`, without what transformers wraps around it to recompute it.

    The compiler would give up at the attention inside that.
    """
    while forward.__code__.co_name == "forward_with_checkpointing":
        forward = forward.__wrapped__  # type: ignore[attr-defined]
    return forward


def _note(why: str, why_fa: str) -> Note:
    return Note(
        en=f"The model is not compiled ({why}); the run goes on as usual, a little slower.",
        fa=f"مدل کامپایل نشد ({why_fa})؛ آموزش به شکل معمول و کمی کندتر پیش می‌رود.",
    )
