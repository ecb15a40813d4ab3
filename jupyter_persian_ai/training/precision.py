"""Which device and which number format a run uses, and why.

fp16 is never chosen on a CPU (hundreds of times slower), and bf16 only where the processor has
instructions for it: without them it is emulated and several times slower than fp32.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Precision:
    """A device, the format of its matrix products, and the reason for it."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    @property
    def bf16(self) -> bool:
        """Whether products are in bf16."""
        return self.dtype == torch.bfloat16

    def autocast(self) -> AbstractContextManager[object]:
        """Around a forward pass: bf16 products with fp32 weights, or nothing."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)


def bf16_reason(device: torch.device) -> str:
    """Why `device` computes bf16 natively; empty when it does not."""
    if device.type == "cuda":
        return "the GPU has bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else ""
    if device.type != "cpu":
        return ""
    found = torch.cpu.get_capabilities()
    names = [name for name in ("amx_bf16", "avx512_bf16", "arm_bf16", "bf16") if found.get(name)]
    return f"the CPU has {names[0]}" if names else ""


def choose_precision(requested: str, device: torch.device | None = None) -> Precision:
    """`requested` is `auto`, `bf16` or `fp32`; bf16 that the device lacks becomes fp32."""
    where = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if requested == "fp32":
        return Precision(where, torch.float32, "fp32 was asked for")
    reason = bf16_reason(where)
    if reason:
        return Precision(where, torch.bfloat16, reason)
    return Precision(where, torch.float32, f"this {where.type} has no bf16 instructions")
