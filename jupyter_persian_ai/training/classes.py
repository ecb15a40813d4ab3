"""Classes: a label for a whole text or for every word, on decoders and encoders, packed.

The body reads all segments of a micro-batch in one row; the head then sees only the positions
that are asked (last or first of a segment, first of a word). How a family of models gets from
hidden states to logits differs: `choose_head` finds the way that equals the model's own forward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ..errors import ModelUnsupported
from .loss import is_rounded
from .objectives import Judge, Objective, Verdict
from .packing import Batch
from .precision import Precision
from .scores import entity_scores, table_of
from .world import here

#: (model, hidden states [S, width]) to logits [S, classes].
Head = Callable[[Any, torch.Tensor], torch.Tensor]


def is_encoder(model: Any) -> bool:
    """Whether its tokens see those after them."""
    return any(getattr(module, "is_causal", None) is False for module in model.modules())


def _linear_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """Decoders, and taggers: one linear layer."""
    layer = getattr(model, "score", None)
    if layer is None:
        layer = model.classifier
    dropout = getattr(model, "dropout", None)
    return _tensor(layer(hidden if dropout is None else dropout(hidden)))


def _pooled_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """BERT and its like: a pooler, dropout, a linear layer."""
    pooled = model.base_model.pooler(hidden.unsqueeze(1))
    return _tensor(model.classifier(model.dropout(pooled)))


def _features_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """RoBERTa, ELECTRA: a small network that takes the first position itself."""
    return _tensor(model.classifier(hidden.unsqueeze(1)))


def _two_layer_head(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """DistilBERT."""
    return _tensor(model.classifier(model.dropout(model.pre_classifier(hidden).relu())))


def _tensor(found: Any) -> torch.Tensor:
    if not isinstance(found, torch.Tensor):
        raise TypeError("not logits")
    return found


_HEADS: tuple[Head, ...] = (_linear_head, _pooled_head, _features_head, _two_layer_head)


def hidden_states(model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
    """Hidden states [S, width] of the scored positions."""
    inputs: dict[str, Any] = {
        "input_ids": batch.input_ids,
        "position_ids": batch.position_ids + _first_position(model),
        "cu_seq_lens_q": batch.cu_seq_lens,
    }
    config = model.config.get_text_config()
    if getattr(config, "type_vocab_size", 0):
        kinds = batch.kinds
        if kinds is None or config.type_vocab_size < 2:
            kinds = torch.zeros_like(batch.input_ids)
        inputs["token_type_ids"] = kinds
    if not is_encoder(model):
        inputs["use_cache"] = False
    with precision.autocast():
        hidden: torch.Tensor = model.base_model(**inputs).last_hidden_state[0]
    return hidden if batch.scored is None else hidden.index_select(0, batch.scored)


def _first_position(model: Any) -> int:
    """RoBERTa's positions begin after that of padding."""
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1


@torch.no_grad()
def choose_head(model: Any, batch: Batch, precision: Precision) -> Head:
    """The way from hidden states to logits that equals the model's own forward.

    Compared on the segments of `batch`, packed against one by one, in fp32 without dropout.

    Raises:
        ModelUnsupported: none does.

    """
    exact = Precision(precision.device, torch.float32, "comparison")
    was_training = model.training
    model.eval()
    try:
        wanted = torch.cat(_one_by_one(model, batch)).float()
        hidden = hidden_states(model, batch, exact)
        for head in _HEADS:
            try:
                found = head(model, hidden).float()
            except (AttributeError, IndexError, TypeError, RuntimeError):
                continue
            loose = 5e-2 if is_rounded(model) else 1e-3
            if found.shape == wanted.shape and torch.allclose(
                found, wanted, rtol=loose, atol=loose
            ):
                return head
    finally:
        model.train(was_training)
    raise ModelUnsupported(model_type=model.config.model_type)


def _one_by_one(model: Any, batch: Batch) -> list[torch.Tensor]:
    """Logits of the scored positions by the model's own forward, a segment at a time."""
    scored = (
        torch.arange(batch.positions) if batch.scored is None else batch.scored.to("cpu")
    ).numpy()
    parts = []
    for start, stop in pairwise(batch.cu_seq_lens.tolist()):
        inputs = {"input_ids": batch.input_ids[:, start:stop]}
        if batch.kinds is not None and getattr(model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = batch.kinds[:, start:stop]
        logits = model(**inputs).logits
        if logits.ndim == 3:
            inside = scored[(scored >= start) & (scored < stop)] - start
            logits = logits[0, torch.from_numpy(inside).to(logits.device)]
        parts.append(logits)
    return parts


class Classes(Objective):
    """Cross entropy over classes."""

    def __init__(self, head: Head, labels: Sequence[str], *, words: bool) -> None:
        """`labels` in the order of the head; `words` when every word has one (BIO tags)."""
        self._head = head
        self.labels = tuple(labels)
        self.words = words
        self._right = 0
        self._seen = 0

    def logits(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Scores [S, classes] of the scored positions, fp32."""
        hidden = hidden_states(model, batch, precision)
        with precision.autocast():
            return self._head(model, hidden).float()

    def loss(self, model: Any, batch: Batch, precision: Precision) -> torch.Tensor:
        """Summed over the scored positions."""
        logits = self.logits(model, batch, precision)
        self._right += int((logits.detach().argmax(-1) == batch.targets).sum())
        self._seen += len(batch.targets)
        return functional.cross_entropy(logits, batch.targets, reduction="sum")

    def observed(self) -> dict[str, float]:
        """Accuracy over what was trained on since the last call."""
        right, seen = here().total(self._right, self._seen)
        self._right = self._seen = 0
        return {"accuracy": right / seen} if seen else {}

    def judge(self) -> Judge:
        """Loss, accuracy, macro-F1, confusion; with words also F1 of whole entities."""
        return _ClassJudge(self)


class _ClassJudge(Judge):
    def __init__(self, objective: Classes) -> None:
        count = len(objective.labels)
        self._objective = objective
        self._total = 0.0
        self._confusion: NDArray[np.int64] = np.zeros((count, count), dtype=np.int64)
        self._entities = np.zeros(3, dtype=np.int64)

    def add(self, model: Any, batch: Batch, precision: Precision) -> None:
        logits = self._objective.logits(model, batch, precision)
        self._total += float(functional.cross_entropy(logits, batch.targets, reduction="sum"))
        said = logits.argmax(-1).cpu().numpy()
        true = batch.targets.cpu().numpy()
        np.add.at(self._confusion, (true, said), 1)
        if self._objective.words and batch.scored is not None:
            borders = np.searchsorted(batch.scored.cpu().numpy(), batch.cu_seq_lens.numpy())
            for start, stop in pairwise(borders.tolist()):
                labels = self._objective.labels
                self._entities += entity_scores(
                    [labels[tag] for tag in true[start:stop]],
                    [labels[tag] for tag in said[start:stop]],
                )

    def verdict(self) -> Verdict:
        count = int(self._confusion.sum())
        table, macro = table_of(self._confusion, self._objective.labels)
        metrics = {
            "eval_accuracy": float(np.trace(self._confusion)) / max(1, count),
            "eval_macro_f1": macro,
        }
        if self._objective.words:
            right, said, true = self._entities.tolist()
            metrics["eval_entity_f1"] = 2 * right / max(1, said + true)
        return Verdict(self._total / max(1, count), metrics, table)
