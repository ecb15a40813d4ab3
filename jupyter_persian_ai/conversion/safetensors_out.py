"""Writes tensors of a PyTorch file as one safetensors file, a piece at a time.

Owns the form of the result and the change of number format. Works on numbers of open files, with
numpy alone, for it runs locked in. Format: eight bytes of length, JSON, then the tensors, without
holes; the JSON is padded so that they begin at a multiple of eight.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .tensor_pickle import STORAGES, Refused, Tensor
from .torch_files import Weights, Window

_PIECE = 1 << 22  # elements are changed so many at a time
_WIDTHS = dict(STORAGES.values())
_FLOATS = frozenset({"F32", "F16", "BF16", "F64"})
#: numpy has no bfloat16: its bits are kept as integers.
_KINDS = {
    "F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|u1",
}  # fmt: skip
#: As a user asks for them.
FORMATS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def write_safetensors(
    source: int,
    target: int,
    weights: Weights,
    *,
    dtype: str | None = None,
    leave: frozenset[str] = frozenset(),
    tick: Callable[[int], None],
) -> list[str]:
    """Write all tensors but those named in `leave`; their names.

    `dtype` (`float32`, ...) is that of the result's floating tensors; None keeps each as it is.
    `tick` is told how many bytes were written since it was last told.

    Raises:
        Refused: a tensor does not fit into the format that was asked for.

    """
    tensors = {name: one for name, one in sorted(weights.tensors.items()) if name not in leave}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, tensor in tensors.items():
        kind = _kind(tensor, dtype)
        length = tensor.elements * _WIDTHS[kind]
        header[name] = {
            "dtype": kind,
            "shape": list(tensor.shape),
            "data_offsets": [place, place + length],
        }
        place += length
    raw = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    _write(target, len(raw).to_bytes(8, "little") + raw)
    for tensor in tensors.values():
        begin = weights.begins[tensor.storage.key]
        to = _kind(tensor, dtype)
        for piece in _pieces(source, begin, tensor):
            changed = _changed(piece, tensor.storage.dtype, to)
            _write(target, changed)
            tick(len(changed))
    os.fsync(target)
    return list(tensors)


def _kind(tensor: Tensor, dtype: str | None) -> str:
    own = tensor.storage.dtype
    return FORMATS[dtype] if dtype and own in _FLOATS else own


def _pieces(source: int, begin: int, tensor: Tensor) -> Any:
    """The elements in order, as arrays."""
    kind, width = np.dtype(_KINDS[tensor.storage.dtype]), tensor.storage.width
    if tensor.contiguous:
        start = begin + tensor.offset * width
        window = Window(source, start, start + tensor.elements * width)
        left = tensor.elements
        while left:
            piece = np.frombuffer(window.read(min(left, _PIECE) * width), kind)
            if not len(piece):
                raise Refused("it is cut off", "بریده است")
            left -= len(piece)
            yield piece
        return
    length = tensor.storage.elements * width
    whole = np.frombuffer(Window(source, begin, begin + length).read(length), kind)
    if len(whole) != tensor.storage.elements:
        raise Refused("it is cut off", "بریده است")
    view = np.lib.stride_tricks.as_strided(
        whole[tensor.offset :], tensor.shape, [one * width for one in tensor.stride]
    )
    yield np.ascontiguousarray(view).reshape(-1)


def _changed(piece: npt.NDArray[Any], own: str, to: str) -> bytes:
    """The bytes of a piece in another format; rounded to the nearest, ties to even."""
    if own == to:
        return piece.tobytes()
    if own == "BF16":
        piece = (piece.astype("<u4") << 16).view("<f4")
    if to != "BF16":
        with np.errstate(over="ignore"):
            made = piece.astype(_KINDS[to])
        if to == "F16" and not np.array_equal(np.isfinite(made), np.isfinite(piece)):
            raise Refused(
                "its weights are too large for float16",
                "وزن‌هایش برای float16 بیش از اندازه بزرگ است",
            )
        return made.tobytes()
    bits = np.ascontiguousarray(piece, "<f4").view("<u4")
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    nothing = np.isnan(piece)
    return np.where(nothing, 0x7FC0, rounded).astype("<u2").tobytes()


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
