"""The weights of a model folder, one tensor at a time, whatever its files are.

At most one tensor is in memory, so that a model of any size is read on a small machine. Reads
safetensors only, of a folder that `hub.inspect` has judged. Must not write.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from safetensors import safe_open

from ..hub.folder import files_of, not_a_folder, read_json

INDEX = "model.safetensors.index.json"
ONE = "model.safetensors"

#: What the format calls a number format, and what torch does.
DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor before it is read."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Its size as it is stored."""
        return self.elements * self.dtype.itemsize


class Weights:
    """The tensors of a folder; a context, within which its files stay open.

    Raises:
        ModelNotAFolder: there are no safetensors, or some in a format that is none of a model's.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[str, Any] = {}
        self.tensors: dict[str, Tensor] = {}

    def __enter__(self) -> Self:
        places = files_of(self._folder)
        if ONE in places:
            named: dict[str, set[str] | None] = {ONE: None}
        elif INDEX in places:
            named = {}
            for tensor, file in read_json(places[INDEX])["weight_map"].items():
                wanted = named.setdefault(str(file), set())
                if wanted is not None:
                    wanted.add(tensor)
        else:
            raise not_a_folder(self._folder, f"it has no {ONE}", f"{ONE} ندارد")
        for file, wanted in sorted(named.items()):
            shard = self._stack.enter_context(safe_open(places[file], framework="pt"))
            for name in shard.keys():  # noqa: SIM118 - it is no mapping
                if wanted is None or name in wanted:
                    self._files[name] = shard
                    self.tensors[name] = self._described(name, shard.get_slice(name))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.clear()
        self._stack.close()

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.tensors.values())

    @property
    def bytes(self) -> int:
        """Of all tensors as they are stored."""
        return sum(tensor.bytes for tensor in self)

    def read(self, name: str) -> torch.Tensor:
        """One tensor, as it is stored."""
        found: torch.Tensor = self._files[name].get_tensor(name)
        return found

    def _described(self, name: str, part: Any) -> Tensor:
        stored = str(part.get_dtype())
        dtype = DTYPES.get(stored)
        if dtype is None:
            shown = name[:80]
            raise not_a_folder(
                self._folder,
                f"tensor {shown} is in the format {stored}",
                f"تنسور {shown} در قالب {stored} است",
            )
        return Tensor(name, dtype, tuple(int(one) for one in part.get_shape()))
