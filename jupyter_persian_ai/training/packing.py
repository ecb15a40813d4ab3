"""From segments to micro-batches: a plan of a whole run, and the tensors of one micro-batch.

Segments are laid end to end in one row of tokens, positions restarting at each, so no computation
is spent on padding. The plan is a pure function of seed and epoch: a checkpoint only has to
remember a number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .corpus import Corpus


@dataclass(frozen=True, slots=True)
class Batch:
    """One micro-batch of packed segments, T positions, S of them scored.

    `input_ids`, `position_ids` int64 [1, T]; `cu_seq_lens` int32 [segments + 1]; `targets` int64
    [S] (next tokens, or classes); `scored` int64 [S], or None when every position is; `kinds`
    int64 [1, T], the token types of pairs, where the data has them; `segments` int64 [segments],
    which segments of the corpus these are.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    cu_seq_lens: torch.Tensor
    targets: torch.Tensor
    scored: torch.Tensor | None
    kinds: torch.Tensor | None = None
    segments: NDArray[np.int64] | None = None

    @property
    def positions(self) -> int:
        """T."""
        return self.input_ids.shape[1]

    def to(self, device: torch.device) -> Batch:
        """The same on `device`; segment borders stay on the host, where they are read."""
        if device.type == "cpu":
            return self
        return replace(
            self,
            input_ids=self.input_ids.to(device),
            position_ids=self.position_ids.to(device),
            targets=self.targets.to(device),
            scored=None if self.scored is None else self.scored.to(device),
            kinds=None if self.kinds is None else self.kinds.to(device),
        )


def hold_out(corpus: Corpus, fraction: float, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Segment indices for training and for evaluation; whole rows are held out together.

    Where rows have labels, each label gives the same share (at least one row of two).
    """
    rows, first = np.unique(corpus.rows, return_index=True)
    draw = np.random.default_rng([seed, 0x5EED])
    if fraction <= 0:
        held = rows[:0]
    elif corpus.labels is None:
        count = min(len(rows) - 1, max(1, round(len(rows) * fraction)))
        held = draw.permutation(rows)[:count]
    else:
        parts = []
        of_row = corpus.labels[first]
        for label in np.unique(of_row):
            some = draw.permutation(rows[of_row == label])
            parts.append(some[: min(len(some) - 1, max(1, round(len(some) * fraction)))])
        held = np.concatenate(parts)
    mask = np.isin(corpus.rows, held)
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def plan_epoch(
    corpus: Corpus, segments: NDArray[Any], budget: int, seed: int, epoch: int | None
) -> list[NDArray[Any]]:
    """Segment indices of each micro-batch of an epoch, at most `budget` positions in each.

    Shuffled by (`seed`, `epoch`); in the given order when `epoch` is None (evaluation).
    """
    units = segments.reshape(-1, corpus.together)
    if epoch is not None:
        units = np.random.default_rng([seed, epoch]).permutation(units)
    return _fill(corpus, units, budget)


def _fill(corpus: Corpus, units: NDArray[Any], budget: int) -> list[NDArray[Any]]:
    """`units` [n, together] in batches of at most `budget` positions, at least one unit each."""
    ends = np.cumsum(corpus.lengths[units].sum(axis=1))
    batches = []
    start, before = 0, 0
    while start < len(units):
        stop = max(start + 1, int(np.searchsorted(ends, before + budget, side="right")))
        batches.append(units[start:stop].reshape(-1))
        start, before = stop, int(ends[stop - 1])
    return batches


def split(corpus: Corpus, segments: NDArray[Any], positions: int | None) -> list[NDArray[Any]]:
    """One planned micro-batch as smaller ones of at most `positions`, in the same order."""
    if positions is None:
        return [segments]
    return _fill(corpus, segments.reshape(-1, corpus.together), positions)


def pack(corpus: Corpus, segments: NDArray[Any]) -> Batch:
    """The tensors of one micro-batch."""
    starts = corpus.starts[segments]
    lengths = corpus.lengths[segments]
    borders = np.zeros(len(segments) + 1, dtype=np.int64)
    np.cumsum(lengths, out=borders[1:])
    position = np.arange(borders[-1]) - np.repeat(borders[:-1], lengths)
    at = position + np.repeat(starts, lengths)
    targets, scored = _targets(corpus, segments, at, borders)
    kinds = None
    if corpus.kinds is not None:
        kinds = torch.from_numpy(corpus.kinds[at].astype(np.int64)).unsqueeze(0)
    return Batch(
        input_ids=torch.from_numpy(corpus.tokens[at].astype(np.int64)).unsqueeze(0),
        position_ids=torch.from_numpy(position).unsqueeze(0),
        cu_seq_lens=torch.from_numpy(borders.astype(np.int32)),
        targets=torch.from_numpy(targets),
        scored=None if scored is None else torch.from_numpy(scored),
        kinds=kinds,
        segments=np.asarray(segments, dtype=np.int64),
    )


def _targets(
    corpus: Corpus, segments: NDArray[Any], at: NDArray[Any], borders: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """What is predicted, and at which positions; no positions when at all of them."""
    if corpus.labels is not None:
        ends = borders[1:] - 1 if corpus.pool == "last" else borders[:-1]
        return corpus.labels[segments].astype(np.int64), ends
    if corpus.tags is not None:
        tags = corpus.tags[at]
        scored = np.flatnonzero(tags >= 0)
        return tags[scored].astype(np.int64), scored
    answer = corpus.tokens[at + corpus.shift].astype(np.int64)
    if corpus.scored is None:
        return answer, None
    scored = np.flatnonzero(corpus.scored[at + corpus.shift])
    return answer[scored], (None if len(scored) == len(answer) else scored)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every micro-batch of a run, in order, and the steps they make."""

    batches: list[NDArray[Any]]
    accumulation: int
    epoch_ends: list[int]

    @property
    def steps(self) -> int:
        """Optimiser steps; the last may have fewer micro-batches."""
        return -(-len(self.batches) // self.accumulation)

    def step(self, index: int) -> list[NDArray[Any]]:
        """The micro-batches of the 0-based step `index`."""
        return self.batches[index * self.accumulation : (index + 1) * self.accumulation]

    def epoch(self, steps_done: int) -> float:
        """How many epochs (with fraction) `steps_done` steps have read."""
        read = min(steps_done * self.accumulation, len(self.batches))
        begin = 0
        for number, end in enumerate(self.epoch_ends):
            if read < end:
                return number + (read - begin) / (end - begin)
            begin = end
        return float(len(self.epoch_ends))


def plan_run(
    corpus: Corpus,
    segments: NDArray[Any],
    *,
    budget: int,
    accumulation: int,
    epochs: float,
    max_steps: int | None,
    seed: int,
) -> Plan:
    """All micro-batches of `epochs` epochs (the last may be a part), or of `max_steps` steps."""
    batches: list[NDArray[Any]] = []
    ends: list[int] = []
    limit = None if max_steps is None else max_steps * accumulation
    whole = int(epochs)
    for epoch in range(whole + (epochs > whole)):
        planned = plan_epoch(corpus, segments, budget, seed, epoch)
        ends.append(len(batches) + len(planned))
        if epoch == whole:
            planned = planned[: max(1, round(len(planned) * (epochs - whole)))]
        batches.extend(planned)
        if limit is not None and len(batches) >= limit:
            break
    return Plan(batches[:limit], accumulation, ends)
