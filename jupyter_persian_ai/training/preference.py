"""Direct preference optimisation: the chosen answer more likely, the rejected one less.

Rafailov et al., 2023: the loss of a pair is -log sigmoid(beta * ((c - c0) - (r - r0))), with the
log-likelihoods of chosen and rejected answer under the model (c, r) and under the model as it was
(c0, r0). Those of the start are computed once, before the first step, so no second model is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from .chunks import chunk_rows
from .corpus import Corpus
from .objectives import Judge, Objective, Verdict
from .packing import Batch, pack
from .precision import Precision
from .world import here


def log_likelihoods(model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
    """Of the scored tokens of each segment, fp32 [segments]."""
    with precision.autocast():
        hidden = model.base_model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            cu_seq_lens_q=batch.cu_seq_lens,
            use_cache=False,
        ).last_hidden_state[0]
    scored = batch.scored
    if scored is None:
        scored = torch.arange(batch.positions, device=hidden.device)
    else:
        hidden = hidden.index_select(0, scored)
    weight = model.get_output_embeddings().weight
    losses = _losses(hidden.to(precision.dtype), weight.to(precision.dtype), batch.targets)
    borders = batch.cu_seq_lens.to(scored.device)
    owner = torch.searchsorted(borders[1:].long(), scored, right=True)
    sums = torch.zeros(len(borders) - 1, device=losses.device)
    return -sums.index_add(0, owner, losses)


def _losses(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross entropy of each row, fp32 [rows]; logits of one chunk of rows at a time.

    Each pair weighs its tokens differently, so the sum that torch's chunked kernel gives will not
    do; a chunk's logits are made again on the way back instead.
    """

    def chunk(rows: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        logits = functional.linear(rows, weight).float()
        return functional.cross_entropy(logits, wanted, reduction="none")

    count = chunk_rows(len(hidden), weight.shape[0], learns=weight.requires_grad)
    parts = [
        checkpoint(chunk, rows, wanted, use_reentrant=False)
        for rows, wanted in zip(
            torch.split(hidden, count), torch.split(targets, count), strict=True
        )
    ]
    return torch.cat(parts)


@torch.no_grad()
def references(
    model: Any,
    corpus: Corpus,
    batches: Sequence[NDArray[Any]],
    precision: Precision,
    *,
    path: Path,
    tick: Callable[[], None],
) -> NDArray[np.float32]:
    """Log-likelihoods of every segment under `model` as it is now, fp32 [segments].

    Kept at `path`, so that a resumed run compares with the same start.
    """
    world = here()
    kept: NDArray[np.float32] = np.load(path) if path.exists() else np.zeros(0, dtype=np.float32)
    # Before any rank may write it, all have looked.
    if not world.agree(len(kept) != len(corpus)):
        return kept
    found = np.zeros(len(corpus), dtype=np.float32)
    was_training = model.training
    model.eval()
    try:
        for segments in batches:
            tick()
            batch = pack(corpus, segments).to(precision.device)
            found[segments] = log_likelihoods(model, batch, precision).cpu().numpy()
    finally:
        model.train(was_training)
    if not world.leads:
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part.npy")
    np.save(staged, found)
    staged.replace(path)
    return found


class Preference(Objective):
    """Over pairs: segments come chosen, rejected, chosen, rejected, ..."""

    def __init__(self, start: NDArray[np.float32], beta: float) -> None:
        """`start` is of `references`."""
        self._start = torch.from_numpy(start)
        self._beta = beta
        self._right = 0
        self._margin = 0.0
        self._seen = 0

    def count(self, batch: Batch) -> int:
        """Pairs."""
        return (len(batch.cu_seq_lens) - 1) // 2

    def margins(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Difference of the rewards of chosen and rejected, fp32 [pairs]."""
        now = log_likelihoods(model, batch, precision)
        before = self._start[torch.from_numpy(batch.segments)].to(now.device)
        rewards = self._beta * (now - before).view(-1, 2)
        return rewards[:, 0] - rewards[:, 1]

    def loss(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Summed over the pairs."""
        margins = self.margins(model, batch, precision)
        seen = margins.detach()
        self._right += int((seen > 0).sum())
        self._margin += float(seen.sum())
        self._seen += len(seen)
        return -functional.logsigmoid(margins).sum()

    def observed(self) -> dict[str, float]:
        """Share of pairs with the chosen ahead, and mean margin, since the last call."""
        right, margin, seen = here().total(self._right, self._margin, self._seen)
        self._right, self._margin, self._seen = 0, 0.0, 0
        seen = max(1, seen)
        return {"reward_accuracy": right / seen, "reward_margin": margin / seen}

    def judge(self) -> Judge:
        """Loss, share of pairs with the chosen ahead, margin."""
        return _PairJudge(self)


class _PairJudge(Judge):
    def __init__(self, objective: Preference) -> None:
        self._objective = objective
        self._total = self._margin = 0.0
        self._right = self._seen = 0

    def add(self, model: Any, batch: Batch, precision: Precision) -> None:
        margins = self._objective.margins(model, batch, precision)
        self._total += float(-functional.logsigmoid(margins).sum())
        self._margin += float(margins.sum())
        self._right += int((margins > 0).sum())
        self._seen += len(margins)

    def verdict(self) -> Verdict:
        seen = max(1, self._seen)
        metrics = {
            "eval_reward_accuracy": self._right / seen,
            "eval_reward_margin": self._margin / seen,
        }
        return Verdict(self._total / seen, metrics)
