"""Writes a GGUF file, tensor by tensor: the form that llama.cpp loads.

Owns number formats: what is multiplied is written as was asked, norms and biases always in fp32,
and what a format cannot hold (too large for fp16, rows that do not fill Q8_0's blocks) in a wider
one. Must not know how a model becomes words of GGUF.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, quants

from ..protocol.making import GgufType
from .gguf_model import Named, Told
from .gguf_tokenizer import Words

_TYPES: dict[GgufType, tuple[GGMLQuantizationType, LlamaFileType]] = {
    "f32": (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "bf16": (GGMLQuantizationType.BF16, LlamaFileType.MOSTLY_BF16),
    "q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
}
_Q8_ROW = 32
_LARGEST_F16 = 65504.0


def planned(told: Told, asked: GgufType) -> list[tuple[Named, GGMLQuantizationType, int]]:
    """Each tensor with its number format and its bytes in that."""
    plan = []
    for named in told.tensors:
        form = _form(told, named, _TYPES[asked][0])
        plan.append((named, form, _bytes(named, form)))
    return plan


def write(
    path: Path,
    told: Told,
    words: Words,
    *,
    name: str,
    license_: str,
    asked: GgufType,
    on_bytes: Callable[[int, str], None],
) -> None:
    """Write the model to `path`.

    Args:
        path: the file; it is made.
        told: the model; read tensor by tensor.
        words: its tokenizer.
        name: of the model.
        license_: as the Hub writes it; empty where it is not known.
        asked: format of what is multiplied.
        on_bytes: told after each tensor how many bytes came, and of which.

    """
    plan = planned(told, asked)
    writer = GGUFWriter(path, told.arch)
    writer.add_type("model")
    writer.add_name(name)
    if license_:
        writer.add_license(license_)
    writer.add_file_type(_TYPES[asked][1])
    writer.add_quantization_version(2)  # of the blocks' layout; see ggml.h
    told.tell(writer)
    words.tell(writer)
    for named, form, size in plan:
        writer.add_tensor_info(named.name, named.shape, np.dtype(np.float32), size, raw_dtype=form)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for named, form, size in plan:
            writer.write_tensor_data(_numbers(told.read(named), form))
            on_bytes(size, named.name)
    finally:
        writer.close()


def _form(told: Told, named: Named, wanted: GGMLQuantizationType) -> GGMLQuantizationType:
    f32, f16 = GGMLQuantizationType.F32, GGMLQuantizationType.F16
    if len(named.shape) < 2:
        return f32
    if wanted is GGMLQuantizationType.Q8_0 and named.shape[-1] % _Q8_ROW:
        wanted = f16
    if wanted is f16:
        largest = told.read(named).float().abs().max().item()
        return f16 if largest <= _LARGEST_F16 else f32
    return wanted


def _bytes(named: Named, form: GGMLQuantizationType) -> int:
    count = int(np.prod(named.shape))
    if form is GGMLQuantizationType.Q8_0:
        return count // _Q8_ROW * (_Q8_ROW + 2)
    return count * (4 if form is GGMLQuantizationType.F32 else 2)


def _numbers(tensor: torch.Tensor, form: GGMLQuantizationType) -> np.ndarray[Any, Any]:
    tensor = tensor.contiguous()
    if form is GGMLQuantizationType.BF16:
        return tensor.to(torch.bfloat16).view(torch.uint16).numpy()
    if form is GGMLQuantizationType.F16:
        return tensor.to(torch.float16).numpy()
    if form is GGMLQuantizationType.Q8_0:
        numbers: np.ndarray[Any, Any] = quants.quantize(tensor.float().numpy(), form)
        return numbers
    return tensor.float().numpy()
