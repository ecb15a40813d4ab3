"""`dpo`: learn to prefer the chosen answer of each pair to the rejected one.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InvalidField
from ...protocol.recipes import DpoOptions
from ...protocol.worker import WorkerContext
from .. import attempt, durable, encoding, models, preference
from .. import tokenizer as tokenizers
from ..conversation import prompt_turns
from ..corpus import Corpus, Encoded, Row, read_rows
from ..devices import across_devices
from ..fit import fit
from ..loop import seed_everything
from ..loss import choose_loss
from ..packing import Batch, plan_epoch
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
    recipe = Dpo(ctx)
    try:
        recipe.load_checkpoint()
        recipe.setup()
        recipe.train()
        return recipe.export()
    finally:
        recipe.cleanup()


class Dpo:
    """One attempt at one job of preferences."""

    run: Run | None = None

    def __init__(self, ctx: WorkerContext) -> None:
        self.ctx = ctx
        self.options = DpoOptions.model_validate(ctx.spec.options)
        self.report = Reporter(ctx)
        self.rows_path = Path(ctx.spec.inputs["dataset_path"])
        if not ctx.spec.inputs.get("model_path"):
            raise InvalidField(field="model_id", reason="dpo needs a model to continue from")
        self.base = Path(ctx.spec.inputs["model_path"])

    def load_checkpoint(self) -> None:
        """Find where an earlier attempt got to, and say what was found."""
        self.resume_from = attempt.begin(self.ctx, self.report)

    def setup(self) -> None:
        """Decide precision; make tokenizer, model, tokens, the start's likelihoods, the plan."""
        self.precision = attempt.decide_precision(self.options, self.report)
        seed_everything(self.options.seed)
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = tokenizers.load_tokenizer(self.base)
            tokenizers.ensure_chat_template(self.tokenizer)
            self.report.phase("model")
            self.loaded = models.load(self.base, self.options, self.precision)
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
        stops = tokenizers.stop_ids(self.tokenizer)
        self.loaded.model.generation_config.eos_token_id = stops
        return attempt.finish(self.run, recipe="dpo", loaded=self.loaded, tokenizer=self.tokenizer)

    def cleanup(self) -> None:
        """Let go of what the attempt holds."""
        attempt.end(self.ctx, self.run)

    def _corpus(self, part: attempt.Part = "dataset") -> Corpus:
        return attempt.corpus_of(
            self.ctx,
            self.report,
            part=part,
            tokenizer=self.tokenizer,
            encoding="preferences",
            encode=self._encode,
            longest=self.loaded.sequence_length,
            together=2,
        )

    def _encode(self, rows: list[Row]) -> Encoded:
        return encoding.preferences(self.tokenizer, rows, turns, self.report.complain)

    def _objective(self, first: Batch) -> preference.Preference:
        """The model still stands where it starts: no checkpoint has been loaded yet."""
        choose_loss(self.loaded.model, first, self.precision)  # refuses what cannot be packed
        self.report.phase("reference")
        budget = self.options.batch_size * self.loaded.sequence_length
        every = plan_epoch(self.corpus, np.arange(len(self.corpus)), budget, 0, None)
        start = preference.references(
            self.loaded.model,
            self.corpus,
            every,
            self.precision,
            path=self.ctx.job_dir / "references.npy",
            tick=self.report.check_stop,
        )
        return preference.Preference(start, self.options.beta)

    def _sample(self) -> tuple[str, str]:
        asked = self._question()
        text = write_sample(
            self.loaded.model,
            self.tokenizer,
            tokenizers.prompt_ids(self.tokenizer, asked),
            self.precision,
            new_tokens=_SAMPLE_TOKENS,
            stop_ids=tokenizers.stop_ids(self.tokenizer),
            should_stop=self.ctx.should_stop,
        )
        return asked[-1]["content"], text

    def _question(self) -> encoding.Messages:
        """What is asked for the sample: the user's own, or of the first held-out row."""
        if self.options.sample_prompt:
            return [{"role": "user", "content": self.options.sample_prompt}]
        held = self.run.held if self.run else []
        wanted = int(self.corpus.rows[held[0][0] if held else 0])
        row = next(islice(read_rows(self.rows_path), wanted, None))
        return prompt_turns(row["prompt"])


def turns(row: Row, which: str) -> encoding.Messages:
    """The conversation with the `chosen` or the `rejected` answer."""
    return [
        *prompt_turns(row["prompt"]),
        {"role": "assistant", "content": str(row[which])},
    ]
