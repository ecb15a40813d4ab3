"""`torch.compile` for the parts of a model that gain by it: norms and feed-forward layers.

Attention stays out: it reads segment borders on the host at every call, which would break the
graph at each layer. Modules are compiled in place, so names and checkpoints stay as they are.
Compiled arithmetic rounds differently from eager, and the same at every run.
"""

from __future__ import annotations

import shutil
from typing import Any

from torch import nn

_PARTS = ("mlp", "feed_forward", "input_layernorm", "post_attention_layernorm")


def compile_layers(model: Any) -> str:
    """Compile the parts of every layer; a line for the log that says what was done."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return "Compile: no C compiler on this machine, so nothing is compiled"
    found = 0
    for module in model.modules():
        for name in _PARTS:
            part = getattr(module, name, None)
            if isinstance(part, nn.Module):
                part.compile(dynamic=True)
                found += 1
    return f"Compile: {found} parts of the model are compiled when they are first used"
