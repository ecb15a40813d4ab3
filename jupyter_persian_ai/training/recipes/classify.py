"""`classify`: learn a label for a text or a pair of texts, on a decoder or an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...protocol.recipes import ClassifyOptions
from ...protocol.worker import WorkerContext
from .. import encoding
from ..corpus import Encoded, Row
from ..devices import across_devices
from ..labelling import Labelling


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; see `Recipe.perform`."""
    return Classify(ctx).perform()


class Classify(Labelling[ClassifyOptions]):
    """One attempt at one job of classification."""

    kind = "sequence"
    task = "text-classification"

    def __init__(self, ctx: WorkerContext) -> None:
        super().__init__(ctx, ClassifyOptions)

    def labels_of(self, row: Row) -> Iterator[str]:
        """The one label of a row."""
        yield str(row["label"])

    def encode(self, rows: list[Row]) -> Encoded:
        """A text or a pair, and its class."""
        longest = self.loaded.sequence_length
        return encoding.labelled(self.tokenizer, rows, self.numbers, longest=longest)

    def tell(self, row: Row, logits: torch.Tensor) -> tuple[str, str]:
        """The text or pair; the label said, how surely, and the true one."""
        shares = logits[0].softmax(-1)
        best = int(shares.argmax())
        told = f"{self.labels[best]} ({float(shares[best]):.2f}) ← {row['label']}"
        return "\n".join(str(row[key]) for key in ("text", "text_pair") if key in row), told
