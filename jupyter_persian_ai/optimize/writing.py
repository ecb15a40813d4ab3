"""Writes safetensors files tensor by tensor, in as many files as were asked for.

The format's own library wants all tensors of a file in memory; the format (eight bytes of length,
a JSON header, the tensors one behind the other) does not. Must not know where tensors come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from .weights import INDEX, NAMES, ONE, Tensor

#: Gives a tensor in the format that was announced for it.
Read = Callable[[Tensor], torch.Tensor]
_PIECE = 1 << 24


def write(
    folder: Path,
    tensors: Iterable[Tensor],
    read: Read,
    *,
    shard_bytes: int,
    on_bytes: Callable[[int, str], None],
) -> list[str]:
    """Write `tensors` as a loader of transformers finds them; the names of the files.

    Args:
        folder: where; it exists.
        tensors: in the order in which they are read and written, in the format to write.
        read: gives each of them.
        shard_bytes: largest file, unless one tensor alone is larger.
        on_bytes: told after each tensor how many bytes came, and of which tensor.

    """
    shards = _dealt(tensors, shard_bytes)
    names = [_name(place, len(shards)) for place in range(len(shards))]
    for name, shard in zip(names, shards, strict=True):
        _write_one(folder / name, shard, read, on_bytes)
    if len(shards) == 1:
        return names
    index = {
        "metadata": {"total_size": sum(one.bytes for shard in shards for one in shard)},
        "weight_map": {
            one.name: name for name, shard in zip(names, shards, strict=True) for one in shard
        },
    }
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True), encoding="utf-8")
    return [*names, INDEX]


def _name(place: int, count: int) -> str:
    return ONE if count == 1 else f"model-{place + 1:05d}-of-{count:05d}.safetensors"


def _dealt(tensors: Iterable[Tensor], limit: int) -> list[list[Tensor]]:
    shards: list[list[Tensor]] = [[]]
    held = 0
    for tensor in tensors:
        if shards[-1] and held + tensor.bytes > limit:
            shards.append([])
            held = 0
        shards[-1].append(tensor)
        held += tensor.bytes
    return shards


def _write_one(
    path: Path, tensors: list[Tensor], read: Read, on_bytes: Callable[[int, str], None]
) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for tensor in tensors:
        header[tensor.name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [place, place + tensor.bytes],
        }
        place += tensor.bytes
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)  # so that tensors begin where a processor likes to read them
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        for tensor in tensors:
            content = read(tensor).contiguous().reshape(-1).view(torch.uint8)
            for begin in range(0, len(content), _PIECE):
                file.write(content[begin : begin + _PIECE].numpy().data)
            on_bytes(tensor.bytes, tensor.name)
