"""`sft`: learn to answer from exchanges or whole conversations; the assistant's turns are scored.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from ...errors import InvalidField
from ...protocol.recipes import SftOptions
from ...protocol.worker import WorkerContext
from .. import attempt, durable, encoding, models
from .. import tokenizer as tokenizers
from ..corpus import Corpus, Encoded, Row, read_rows
from ..devices import across_devices
from ..fit import fit
from ..loop import seed_everything
from ..loss import choose_loss
from ..objectives import Language
from ..packing import Batch
from ..reporting import Reporter
from ..run import Run
from ..sample import write_sample

_SAMPLE_TOKENS = 96


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; the path, figures and size of the result.

    Raises:
        WorkStopped: after saving a checkpoint, because a stop was asked for.
        PersianAIError: what a user can understand and mend.

    """
    recipe = Sft(ctx)
    try:
        recipe.load_checkpoint()
        recipe.setup()
        recipe.train()
        return recipe.export()
    finally:
        recipe.cleanup()


class Sft:
    """One attempt at one fine-tuning job."""

    run: Run | None = None

    def __init__(self, ctx: WorkerContext) -> None:
        self.ctx = ctx
        self.options = SftOptions.model_validate(ctx.spec.options)
        self.report = Reporter(ctx)
        self.rows_path = Path(ctx.spec.inputs["dataset_path"])
        if not ctx.spec.inputs.get("model_path"):
            raise InvalidField(field="model_id", reason="sft needs a model to continue from")
        self.base = Path(ctx.spec.inputs["model_path"])

    def load_checkpoint(self) -> None:
        """Find where an earlier attempt got to, and say what was found."""
        self.resume_from = attempt.begin(self.ctx, self.report)

    def setup(self) -> None:
        """Decide precision; make tokenizer, model, tokens, optimiser and plan."""
        self.precision = attempt.decide_precision(self.options, self.report)
        seed_everything(self.options.seed)
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = self._tokenizer()
            self.report.phase("model")
            self.loaded = models.load(self.base, self.options, self.precision)
            corpus = self._corpus()
        self.run = attempt.gather(
            ctx=self.ctx,
            options=self.options,
            report=self.report,
            precision=self.precision,
            loaded=self.loaded,
            corpus=corpus,
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
        # So that plain `generate` stops at the end of a turn, too.
        stops = tokenizers.stop_ids(self.tokenizer)
        self.loaded.model.generation_config.eos_token_id = stops
        return attempt.finish(
            self.run,
            recipe="sft",
            loaded=self.loaded,
            tokenizer=self.tokenizer,
            test=lambda: self._corpus("test"),
        )

    def cleanup(self) -> None:
        """Let go of what the attempt holds."""
        attempt.end(self.ctx, self.run)

    def _tokenizer(self) -> Any:
        tokenizer = tokenizers.load_tokenizer(self.base)
        if tokenizers.ensure_chat_template(tokenizer):
            self.report.log("The tokenizer had no template of turns: one was added and is saved")
        return tokenizer

    def _corpus(self, part: attempt.Part = "dataset") -> Corpus:
        return attempt.corpus_of(
            self.ctx,
            self.report,
            part=part,
            tokenizer=self.tokenizer,
            encoding="conversations",
            encode=self._encode,
            longest=self.loaded.sequence_length,
        )

    def _encode(self, rows: list[Row]) -> Encoded:
        return encoding.conversations(
            self.tokenizer, [turns(row) for row in rows], self.report.complain
        )

    def _objective(self, first: Batch) -> Language:
        loss, way = choose_loss(self.loaded.model, first, self.precision)
        self.report.log(f"Loss: {way}; vocabulary: {len(self.tokenizer):,}")
        return Language(loss)

    def _sample(self) -> tuple[str, str]:
        asked = self._question()
        ids = tokenizers.prompt_ids(self.tokenizer, asked)
        text = write_sample(
            self.loaded.model,
            self.tokenizer,
            ids,
            self.precision,
            new_tokens=_SAMPLE_TOKENS,
            stop_ids=tokenizers.stop_ids(self.tokenizer),
            should_stop=self.ctx.should_stop,
        )
        return asked[-1]["content"], text

    def _question(self) -> encoding.Messages:
        """What is asked for the sample: the user's own, or what a held-out row begins with."""
        if self.options.sample_prompt or self.run is None:
            return [{"role": "user", "content": self.options.sample_prompt}]
        corpus = self.run.corpus
        segment = self.run.held[0][0] if self.run.held else 0
        row = next(islice(read_rows(self.rows_path), int(corpus.rows[segment]), None))
        messages = turns(row)
        answers = [at for at, one in enumerate(messages) if one["role"] == "assistant"]
        return messages[: answers[0]]


def turns(row: Row) -> encoding.Messages:
    """A row as a conversation."""
    if "messages" in row:
        messages: encoding.Messages = row["messages"]
        return messages
    return [
        {"role": "user", "content": str(row["prompt"])},
        {"role": "assistant", "content": str(row["answer"])},
    ]
