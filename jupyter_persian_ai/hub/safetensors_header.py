"""Reads the header of a `.safetensors` file, and nothing else of it.

The format: eight bytes of length (uint64, little-endian), that much JSON, then the tensors. A
sound file is covered by its tensors exactly: no hole, no overlap, no byte behind the last one
(which is where a pickle would be appended).
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelUnsafe
from .folder import open_regular

MAX_HEADER_BYTES = 100_000_000  # the limit of the format's own library
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32,
    "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `parameters` counts elements, `bytes` the whole file."""

    parameters: int
    bytes: int
    dtype: str
    tensors: frozenset[str]


def read_header(path: Path) -> Header:
    """The checked header of a file.

    Raises:
        ModelUnsafe: it is not a sound safetensors file; the reason names the file.

    """
    with open_regular(path) as handle:
        size = os.fstat(handle.fileno()).st_size
        length = int.from_bytes(handle.read(8), "little") if size >= 8 else -1
        if length < 2:
            raise _bad(path, "it is too short or empty")
        if length > MAX_HEADER_BYTES or 8 + length > size:
            raise _bad(path, f"its header claims {length} bytes")
        raw = handle.read(length)
    if not raw.startswith(b"{"):
        raise _bad(path, "it does not begin as one")
    try:
        header = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _bad(path, "its header is not JSON") from None
    said = header.pop("__metadata__", {})
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise _bad(path, "its metadata are not texts")
    return _checked(path, header, size - 8 - length, size)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a name stands twice: loaders differ in which of them they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _checked(path: Path, header: dict[str, Any], data: int, size: int) -> Header:
    spans: list[tuple[int, int]] = []
    elements: Counter[str] = Counter()
    for name, tensor in header.items():
        count, dtype, begin, end = _tensor(path, name, tensor)
        spans.append((begin, end))
        elements[dtype] += count
    place = 0
    for begin, end in sorted(spans):
        if begin != place:
            raise _bad(path, "its tensors overlap or leave holes")
        place = end
    if place != data:
        raise _bad(path, f"{data - place} bytes belong to no tensor")
    dtype = elements.most_common(1)[0][0] if elements else ""
    return Header(sum(elements.values()), size, dtype, frozenset(header))


def _tensor(path: Path, name: str, tensor: Any) -> tuple[int, str, int, int]:
    """Elements, dtype, begin and end of one tensor."""
    shown = name[:80]
    if not isinstance(tensor, dict):
        raise _bad(path, f"tensor {shown} is not described")
    dtype = tensor.get("dtype")
    shape, span = _naturals(tensor.get("shape")), _naturals(tensor.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise _bad(path, f"tensor {shown} has an unknown type")
    if shape is None or len(shape) > 16:
        raise _bad(path, f"tensor {shown} has no shape")
    if span is None or len(span) != 2 or span[0] > span[1]:
        raise _bad(path, f"tensor {shown} has no place")
    count = math.prod(shape)
    if count * _BITS[dtype] != (span[1] - span[0]) * 8:
        raise _bad(path, f"tensor {shown} has another size than its shape")
    return count, dtype, span[0], span[1]


def _naturals(value: Any) -> list[int] | None:
    # `type`, not `isinstance`: True is no dimension.
    if isinstance(value, list) and all(type(one) is int and 0 <= one < 2**63 for one in value):
        return value
    return None


def _bad(path: Path, why: str) -> ModelUnsafe:
    return ModelUnsafe(
        path=str(path.parent),
        file=path.name,
        reason=f"{path.name} is not a sound safetensors file: {why}",
        reason_fa=f"{path.name} فایل safetensors سالمی نیست",
    )
