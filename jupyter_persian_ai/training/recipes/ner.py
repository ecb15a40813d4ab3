"""`ner`: learn a BIO tag for every word, on a decoder or an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...protocol.recipes import NerOptions
from ...protocol.worker import WorkerContext
from .. import encoding
from ..corpus import Encoded, Row
from ..devices import across_devices
from ..labelling import Labelling


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; see `Recipe.perform`."""
    return Ner(ctx).perform()


class Ner(Labelling[NerOptions]):
    """One attempt at one job of tagging."""

    kind = "token"
    task = "token-classification"

    def __init__(self, ctx: WorkerContext) -> None:
        super().__init__(ctx, NerOptions)

    def labels_of(self, row: Row) -> Iterator[str]:
        """The tag of every word."""
        yield from map(str, row["tags"])

    def encode(self, rows: list[Row]) -> Encoded:
        """Words and their tags."""
        longest = self.loaded.sequence_length
        return encoding.tagged(self.tokenizer, rows, self.numbers, longest=longest)

    def tell(self, row: Row, logits: torch.Tensor) -> tuple[str, str]:
        """The words, and those that the model tags."""
        said = [self.labels[tag] for tag in logits.argmax(-1).tolist()]
        words = zip(row["tokens"], said, strict=False)
        told = [f"{word} [{tag}]" for word, tag in words if tag != "O"]
        return " ".join(row["tokens"]), " · ".join(told) or "—"
