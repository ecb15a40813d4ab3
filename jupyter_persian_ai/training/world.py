"""The processes that share a run: how many there are, which this is, what they agree on.

One process is the rule, and then everything here does nothing. `sharding` has the world of several
devices; `rank` enters it. Must not know what is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import nn

_T = TypeVar("_T")


class World:
    """A run in one process. What the methods say of ranks holds for `sharding.Ranks`.

    Of methods marked *together*, every rank calls the same ones in the same order, or all wait
    for ever.
    """

    rank = 0
    size = 1

    @property
    def leads(self) -> bool:
        """Whether this is the rank that reports, writes files and exports."""
        return self.rank == 0

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum over all ranks, of a tensor on any device (together)."""
        return tensor

    def total(self, *numbers: float) -> tuple[float, ...]:
        """Each number summed over all ranks, in double precision (together)."""
        return numbers

    def agree(self, flag: bool) -> bool:
        """Whether it holds on any rank (together)."""
        return flag

    def wait(self) -> None:
        """Until every rank is here (together)."""

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader goes through the block alone, then all others at once (together)."""
        yield

    def place(self, model: nn.Module, device: torch.device) -> None:
        """Bring a loaded model to where it is trained; where it is shared out, `shard` does."""
        model.to(device)

    def shard(self, model: nn.Module, dtype: torch.dtype) -> None:
        """Give every rank its share of the weights; products are in `dtype` (together)."""

    def forward(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """`act`, while the weights of the model are whole (together)."""
        return act(*arguments)

    def norm(self, norm: torch.Tensor) -> float:
        """The number in the norm of all gradients (together)."""
        return norm.item()

    def whole(self, tensor: torch.Tensor) -> torch.Tensor:
        """The leader gets a shared-out tensor in one piece, the others nothing (together)."""
        return tensor

    def share(self, parameter: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
        """The share of this rank of a whole `tensor`, laid out as `parameter` is."""
        return tensor.to(parameter.device)

    def reseed(self, seed: int, step: int) -> None:
        """Random numbers of this rank's own for a step; the leader's go on as they were."""


_world = World()
#: Positions of the micro-batches with which ranks before these ran out of memory.
ran_out_at: int | None = None


def here() -> World:
    """The world of this process."""
    return _world


def enter(world: World, *, ran_out: int | None = None) -> None:
    """Make `world` the one of this process, once, before anything is loaded."""
    global _world, ran_out_at
    _world, ran_out_at = world, ran_out
