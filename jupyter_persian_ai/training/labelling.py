"""What `classify` and `ner` share: labels found in the data, a head for them, a judged sample.

Their own files say where a row keeps its labels, how it becomes tokens and how a sample is told.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import torch

from ..errors import DatasetOneLabel
from . import attempt, classes, durable, encoding, models
from . import tokenizer as tokenizers
from .corpus import Corpus, Encoded, Pool, Row, read_rows
from .packing import Batch, pack
from .recipe import Options, Recipe


class Labelling(Recipe[Options]):
    """A recipe that tells labels apart, on a decoder or an encoder."""

    kind: ClassVar[models.Kind]
    task: ClassVar[str]

    @abstractmethod
    def labels_of(self, row: Row) -> Iterator[str]:
        """Every label that a row has."""

    @abstractmethod
    def encode(self, rows: list[Row]) -> Encoded:
        """Rows as tokens and labels."""

    @abstractmethod
    def tell(self, row: Row, logits: torch.Tensor) -> tuple[str, str]:
        """A row and what the model says of it, for the sample; `logits` [scored, labels]."""

    def setup(self) -> None:
        """Find the labels; make model, tokens, optimiser and plan."""
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = tokenizers.load_tokenizer(self.base)
            self.labels = self._labels()
            self.numbers = {label: number for number, label in enumerate(self.labels)}
            self.report.phase("model")
            self.loaded = models.load(
                self.base, self.options, self.precision, kind=self.kind, labels=self.labels
            )
            tokenizers.give_pad_token(self.tokenizer, self.loaded.model)
            self.encoder = classes.is_encoder(self.loaded.model)
            if not self.encoder:
                encoding.wrap_texts(self.tokenizer)
            corpus = self._corpus()
        self.gather(corpus, self._objective, self._sample)

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
        return attempt.finish(
            self.run,
            recipe=self.ctx.spec.recipe,
            loaded=self.loaded,
            tokenizer=self.tokenizer,
            task=self.task,
            test=lambda: self._corpus("test"),
        )

    def _labels(self) -> list[str]:
        rows = read_rows(self.rows_path)
        found = sorted({label for row in rows for label in self.labels_of(row)})
        if len(found) < 2:
            name = str(self.ctx.spec.inputs.get("dataset_name", self.rows_path.name))
            raise DatasetOneLabel(name=name)
        self.report.log(f"Labels: {', '.join(found[:20])}{' …' if len(found) > 20 else ''}")
        return found

    def _corpus(self, part: attempt.Part = "dataset") -> Corpus:
        pool: Pool = "first" if self.encoder else "last"
        longest = self.loaded.sequence_length
        return attempt.corpus_of(
            self.ctx,
            self.report,
            part=part,
            tokenizer=self.tokenizer,
            encoding=[self.task, self.labels, longest],
            encode=self.encode,
            longest=longest,
            shift=0,
            pool=pool,
        )

    def _objective(self, first: Batch) -> classes.Classes:
        head = classes.choose_head(self.loaded.model, first, self.precision)
        self.objective = classes.Classes(head, self.labels, words=self.kind == "token")
        return self.objective

    @torch.no_grad()
    def _sample(self) -> tuple[str, str]:
        """A held-out row, and what the model says of it."""
        run, model = self.run, self.loaded.model
        segment = run.held[0][:1] if run.held else np.array([0])
        row = next(islice(self.rows(), self.first_held_row(), None))
        model.eval()
        batch = pack(run.corpus, segment).to(self.precision.device)
        logits = self.objective.logits(model, batch, self.precision)
        model.train()
        return self.tell(row, logits)
