"""Several devices of this machine that train one model together: FSDP2.

Weights, gradients and moments are shared out; each layer is made whole when it is used. The
losses that the ranks compute add up to the loss of the step, so a step is what it is on one
device. Must not know what is trained or where checkpoints lie.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import distributed, nn
from torch._C._distributed_c10d import FileStore
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers.modeling_layers import GradientCheckpointingLayer

from .world import World

_T = TypeVar("_T")

#: The leader may tokenise for hours while the others wait; whoever dies ends all the same.
_PATIENCE = timedelta(days=30)
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}


class _Root(nn.Module):
    """The model as FSDP's root: whatever is called inside its forward finds weights whole.

    Losses use the head's weight and the model's body apart, not the model's own forward.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, act: Callable[..., Any], *arguments: Any) -> Any:
        return act(*arguments)


class Ranks(World):
    """One of several processes, each with a device of its own."""

    def __init__(self, folder: Path, rank: int, size: int) -> None:
        """Meet the other ranks through a file in `folder`, so that no port is open for it."""
        self.rank, self.size = rank, size
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        loopback = _LOOPBACK.get(sys.platform)
        if loopback in {name for _, name in socket.if_nameindex()}:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", str(loopback))
        if self.device == "cuda":
            torch.cuda.set_device(rank)
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if self.device == "cuda" else "gloo",
            store=FileStore(str(folder / "store"), size),
            rank=rank,
            world_size=size,
            timeout=_PATIENCE,
        )
        self._mesh = init_device_mesh(self.device, (size,))
        self._root: Any = None

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """See `World`."""
        summed = tensor.clone()
        distributed.all_reduce(summed)
        return summed

    def total(self, *numbers: float) -> tuple[float, ...]:
        """See `World`; on the host, so that no device has to finish first."""
        summed: list[float] = self.sum(torch.tensor(numbers, dtype=torch.float64)).tolist()
        return tuple(summed)

    def agree(self, flag: bool) -> bool:
        """See `World`."""
        return self.total(float(flag))[0] > 0

    def wait(self) -> None:
        """See `World`."""
        self.agree(False)

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """See `World`."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def place(self, model: nn.Module, device: torch.device) -> None:
        """Leave it on the host: a device may have no room for all of it."""

    def shard(self, model: nn.Module, dtype: torch.dtype) -> None:
        """See `World`. Weights that are no numbers (packed four bits) stay whole on each rank."""
        packed = {p for p in model.parameters() if not p.is_floating_point()}
        settings: dict[str, Any] = {"mesh": self._mesh, "ignored_params": packed or None}
        if dtype != torch.float32:
            settings["mp_policy"] = MixedPrecisionPolicy(
                param_dtype=dtype, reduce_dtype=torch.float32, cast_forward_inputs=False
            )
        for module in model.modules():
            if isinstance(module, GradientCheckpointingLayer):
                fully_shard(module, **settings)
        self._root = fully_shard(_Root(model), **settings)

    def forward(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """See `World`."""
        found: Any = self._root(act, *arguments)
        if not (isinstance(found, torch.Tensor) and found.requires_grad):
            # Else the backward pass does so.
            for module in self._root.modules():
                if isinstance(module, FSDPModule):
                    module.reshard()
        return found  # type: ignore[no-any-return]

    def norm(self, norm: torch.Tensor) -> float:
        """See `World`."""
        return (norm.full_tensor() if isinstance(norm, DTensor) else norm).item()

    def whole(self, tensor: torch.Tensor) -> torch.Tensor:
        """See `World`; on the host."""
        if isinstance(tensor, DTensor):
            tensor = tensor.full_tensor()
        return tensor.cpu() if self.leads else tensor.new_empty(0, device="cpu")

    def share(self, parameter: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
        """See `World`; every rank has the whole one, so nothing is sent."""
        if not isinstance(parameter, DTensor) or tensor.shape != parameter.shape:
            return tensor.to(parameter.device)
        return distribute_tensor(
            tensor.detach().to(parameter.device),
            parameter.device_mesh,
            parameter.placements,
            src_data_rank=None,
        )

    def reseed(self, seed: int, step: int) -> None:
        """See `World`: a function of seed, step and rank, so a resumed run repeats it."""
        if not self.leads:
            digest = hashlib.sha256(f"{seed} {step} {self.rank}".encode()).digest()
            torch.manual_seed(int.from_bytes(digest[:8]) >> 1)

    def leave(self) -> None:
        """Close the connections between the ranks."""
        distributed.destroy_process_group()
