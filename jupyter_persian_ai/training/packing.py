"""From rows to micro-batches: tokens on disk, a plan for each epoch, packed tensors.

A *segment* is one document or exchange (or a window of a long one). Segments are laid end to end
in one row of tokens, positions restarting at each, so no computation is spent on padding. The
plan is a pure function of seed and epoch: a checkpoint only has to remember a number.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import DatasetEmpty

Row = dict[str, Any]
#: Token ids of one row, and the index of the first token that the loss looks at.
Encoded = tuple[list[int], int]

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Tokenised segments.

    `tokens` is uint32 [n], mapped from disk; `offsets` int64 [segments + 1]; `scored_from` int32
    [segments], the index within a segment of its first scored token (at least 1); `rows` int64
    [segments], the dataset row that it comes from.
    """

    tokens: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    scored_from: NDArray[np.int32]
    rows: NDArray[np.int64]
    dropped: int

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Input positions of each segment: one less than its tokens."""
        return np.diff(self.offsets) - 1

    @property
    def scored(self) -> NDArray[np.int64]:
        """Scored positions of each segment."""
        return np.diff(self.offsets) - self.scored_from.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Batch:
    """One micro-batch of packed segments, T positions, S of them scored.

    `input_ids`, `position_ids` int64 [1, T]; `cu_seq_lens` int32 [segments + 1]; `targets` int64
    [S]; `scored` int64 [S], or None when every position is.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    cu_seq_lens: torch.Tensor
    targets: torch.Tensor
    scored: torch.Tensor | None

    @property
    def positions(self) -> int:
        """T."""
        return self.input_ids.shape[1]

    def to(self, device: torch.device) -> Batch:
        """The same on `device`; segment borders stay on the host, where they are read."""
        return Batch(
            self.input_ids.to(device),
            self.position_ids.to(device),
            self.cu_seq_lens,
            self.targets.to(device),
            None if self.scored is None else self.scored.to(device),
        )


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a canonical `rows.jsonl`."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def build_corpus(
    rows: Iterator[Row],
    folder: Path,
    encode: Callable[[list[Row]], list[Encoded]],
    *,
    name: str,
    longest: int,
    split_long: bool,
    tick: Callable[[int], None],
) -> Corpus:
    """Tokenise `rows` into `folder`, holding only a thousand rows in memory.

    Args:
        rows: canonical rows.
        folder: made here; replaced if a killed attempt left one.
        encode: rows to `Encoded`, called with up to a thousand.
        name: of the dataset, for errors.
        longest: input positions of the longest segment.
        split_long: whether a longer row becomes several segments (raw text), overlapping by one
            token so that each token is predicted once, or is cut at its end (exchanges).
        tick: called with the number of rows read so far; may raise to stop.

    Raises:
        DatasetEmpty: when no row leaves anything to learn.

    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lengths: list[int] = []
    scored_from: list[int] = []
    origin: list[int] = []
    read = dropped = 0
    with (folder / "tokens.bin").open("wb") as sink:
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            for ids, first in encode(chunk):
                pieces = _pieces(ids, max(1, first), longest, split_long)
                dropped += not pieces
                for piece, piece_first in pieces:
                    sink.write(np.asarray(piece, dtype=np.uint32).tobytes())
                    lengths.append(len(piece))
                    scored_from.append(piece_first)
                    origin.append(read)
                read += 1
            tick(read)
    if not lengths:
        raise DatasetEmpty(name=name, rows=read)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Corpus(
        tokens=np.memmap(folder / "tokens.bin", dtype=np.uint32, mode="r"),
        offsets=offsets,
        scored_from=np.asarray(scored_from, dtype=np.int32),
        rows=np.asarray(origin, dtype=np.int64),
        dropped=dropped,
    )


def _pieces(ids: list[int], first: int, longest: int, split_long: bool) -> list[Encoded]:
    """Segments of one row: at most `longest` + 1 tokens each, none without a scored token."""
    if not split_long:
        kept = ids[: longest + 1]
        return [(kept, first)] if first < len(kept) else []
    return [(ids[at : at + longest + 1], 1) for at in range(0, len(ids) - 1, longest)]


def hold_out(corpus: Corpus, fraction: float, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Segment indices for training and for evaluation; whole rows are held out together."""
    rows = np.unique(corpus.rows)
    count = min(len(rows) - 1, max(1, round(len(rows) * fraction))) if fraction > 0 else 0
    held = np.random.default_rng([seed, 0x5EED]).permutation(rows)[:count]
    mask = np.isin(corpus.rows, held)
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def plan_epoch(
    corpus: Corpus, segments: NDArray[Any], budget: int, seed: int, epoch: int | None
) -> list[NDArray[Any]]:
    """Segment indices of each micro-batch of an epoch, at most `budget` positions in each.

    Shuffled by (`seed`, `epoch`); in the given order when `epoch` is None (evaluation).
    """
    order = segments
    if epoch is not None:
        order = np.random.default_rng([seed, epoch]).permutation(segments)
    ends = np.cumsum(corpus.lengths[order])
    batches = []
    start, before = 0, 0
    while start < len(order):
        stop = max(start + 1, int(np.searchsorted(ends, before + budget, side="right")))
        batches.append(order[start:stop])
        start, before = stop, int(ends[stop - 1])
    return batches


def pack(corpus: Corpus, segments: NDArray[Any]) -> Batch:
    """The tensors of one micro-batch."""
    inputs, targets, positions, marks = [], [], [], []
    for segment in segments:
        start, stop = corpus.offsets[segment], corpus.offsets[segment + 1]
        ids = corpus.tokens[start:stop].astype(np.int64)
        length = len(ids) - 1
        inputs.append(ids[:-1])
        targets.append(ids[1:])
        positions.append(np.arange(length))
        marks.append(np.arange(1, length + 1) >= corpus.scored_from[segment])
    scored = np.flatnonzero(np.concatenate(marks))
    answer = np.concatenate(targets)
    borders = np.cumsum([0, *(len(part) for part in inputs)], dtype=np.int32)
    every = len(scored) == len(answer)
    return Batch(
        input_ids=torch.from_numpy(np.concatenate(inputs)).unsqueeze(0),
        position_ids=torch.from_numpy(np.concatenate(positions)).unsqueeze(0),
        cu_seq_lens=torch.from_numpy(borders),
        targets=torch.from_numpy(answer if every else answer[scored]),
        scored=None if every else torch.from_numpy(scored),
    )


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


def free_corpus(folder: Path) -> None:
    """Remove the tokens of a finished run; they can be made again from the dataset."""
    if os.path.lexists(folder):
        shutil.rmtree(folder, ignore_errors=True)
