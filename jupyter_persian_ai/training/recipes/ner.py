"""`ner`: learn a BIO tag for every word, on a decoder or an encoder.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import torch

from ...errors import DatasetOneLabel, InvalidField
from ...protocol.recipes import NerOptions
from ...protocol.worker import WorkerContext
from .. import attempt, classes, durable, encoding, models
from .. import tokenizer as tokenizers
from ..corpus import Corpus, Encoded, Row, read_rows
from ..devices import across_devices
from ..fit import fit
from ..loop import seed_everything
from ..packing import Batch, pack
from ..reporting import Reporter
from ..run import Run


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; the path, figures and size of the result.

    Raises:
        WorkStopped: after saving a checkpoint, because a stop was asked for.
        PersianAIError: what a user can understand and mend.

    """
    recipe = Ner(ctx)
    try:
        recipe.load_checkpoint()
        recipe.setup()
        recipe.train()
        return recipe.export()
    finally:
        recipe.cleanup()


class Ner:
    """One attempt at one job of tagging."""

    run: Run | None = None

    def __init__(self, ctx: WorkerContext) -> None:
        self.ctx = ctx
        self.options = NerOptions.model_validate(ctx.spec.options)
        self.report = Reporter(ctx)
        self.rows_path = Path(ctx.spec.inputs["dataset_path"])
        self.dataset_name = str(ctx.spec.inputs.get("dataset_name", self.rows_path.name))
        if not ctx.spec.inputs.get("model_path"):
            raise InvalidField(field="model_id", reason="ner needs a model to continue from")
        self.base = Path(ctx.spec.inputs["model_path"])

    def load_checkpoint(self) -> None:
        """Find where an earlier attempt got to, and say what was found."""
        self.resume_from = attempt.begin(self.ctx, self.report)

    def setup(self) -> None:
        """Decide precision; find the labels; make model, tokens, optimiser and plan."""
        self.precision = attempt.decide_precision(self.options, self.report)
        seed_everything(self.options.seed)
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = tokenizers.load_tokenizer(self.base)
            self.labels = self._labels()
            self.numbers = {label: at for at, label in enumerate(self.labels)}
            self.report.phase("model")
            self.loaded = models.load(
                self.base, self.options, self.precision, kind="token", labels=self.labels
            )
            tokenizers.give_pad_token(self.tokenizer, self.loaded.model)
            self.encoder = classes.is_encoder(self.loaded.model)
            if not self.encoder:
                encoding.wrap_texts(self.tokenizer)
            self.corpus = self._corpus()
        self.run = attempt.gather(
            ctx=self.ctx,
            options=self.options,
            report=self.report,
            precision=self.precision,
            loaded=self.loaded,
            corpus=self.corpus,
            objective=self._objective,
            sample=self._sample,
            resume_from=self.resume_from,
        )

    def train(self) -> None:
        """All steps that are left."""
        if self.run is not None:
            fit(self.run)

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
        if self.run is None:
            return {}
        return attempt.finish(
            self.run,
            recipe="ner",
            loaded=self.loaded,
            tokenizer=self.tokenizer,
            task="token-classification",
            test=lambda: self._corpus("test"),
        )

    def cleanup(self) -> None:
        """Let go of what the attempt holds."""
        attempt.end(self.ctx, self.run)

    def _labels(self) -> list[str]:
        found = sorted({str(tag) for row in read_rows(self.rows_path) for tag in row["tags"]})
        if len(found) < 2:
            raise DatasetOneLabel(name=self.dataset_name)
        self.report.log(f"Tags: {', '.join(found[:20])}{' …' if len(found) > 20 else ''}")
        return found

    def _corpus(self, part: attempt.Part = "dataset") -> Corpus:
        return attempt.corpus_of(
            self.ctx,
            self.report,
            part=part,
            tokenizer=self.tokenizer,
            encoding=["tagged", self.labels, self.loaded.sequence_length],
            encode=self._encode,
            longest=self.loaded.sequence_length,
            shift=0,
        )

    def _encode(self, rows: list[Row]) -> Encoded:
        longest = self.loaded.sequence_length
        return encoding.tagged(self.tokenizer, rows, self.numbers, longest=longest)

    def _objective(self, first: Batch) -> classes.Classes:
        head = classes.choose_head(self.loaded.model, first, self.precision)
        self.objective = classes.Classes(head, self.labels, words=True)
        return self.objective

    @torch.no_grad()
    def _sample(self) -> tuple[str, str]:
        """A held-out text, and the words in it that the model tags."""
        held = self.run.held if self.run else []
        segment = held[0][:1] if held else self.corpus.rows[:1]
        row = next(islice(read_rows(self.rows_path), int(self.corpus.rows[segment[0]]), None))
        model = self.loaded.model
        model.eval()
        logits = self.objective.logits(
            model, pack(self.corpus, segment).to(self.precision.device), self.precision
        )
        model.train()
        said = [self.labels[tag] for tag in logits.argmax(-1).tolist()]
        told = [
            f"{word} [{tag}]" for word, tag in zip(row["tokens"], said, strict=False) if tag != "O"
        ]
        return " ".join(row["tokens"]), " · ".join(told) or "—"
