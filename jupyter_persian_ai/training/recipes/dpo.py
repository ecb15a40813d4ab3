"""`dpo`: learn to prefer the chosen answer of each pair to the rejected one.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from ...protocol.recipes import DpoOptions
from ...protocol.worker import WorkerContext
from .. import attempt, durable, encoding, models, preference
from .. import tokenizer as tokenizers
from ..conversation import prompt_turns
from ..corpus import Corpus, Encoded, Row
from ..devices import across_devices
from ..loss import choose_loss
from ..packing import Batch, plan_epoch
from ..recipe import Recipe
from ..sample import write_sample

_SAMPLE_TOKENS = 96


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; see `Recipe.perform`."""
    return Dpo(ctx).perform()


class Dpo(Recipe[DpoOptions]):
    """One attempt at one job of preferences."""

    def __init__(self, ctx: WorkerContext) -> None:
        super().__init__(ctx, DpoOptions)

    def setup(self) -> None:
        """Decide precision; make tokenizer, model, tokens, the start's likelihoods, the plan."""
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = tokenizers.load_tokenizer(self.base)
            tokenizers.ensure_chat_template(self.tokenizer)
            self.report.phase("model")
            self.loaded = models.load(self.base, self.options, self.precision)
            self.corpus = self._corpus()
        self.gather(self.corpus, self._objective, self._sample)

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
        stops = tokenizers.stop_ids(self.tokenizer)
        self.loaded.model.generation_config.eos_token_id = stops
        return attempt.finish(self.run, recipe="dpo", loaded=self.loaded, tokenizer=self.tokenizer)

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
            return [{"role": "user", "content": self.asked(self.options.sample_prompt)}]
        row = next(islice(self.rows(), self.first_held_row(), None))
        return prompt_turns(row["prompt"])


def turns(row: Row, which: str) -> encoding.Messages:
    """The conversation with the `chosen` or the `rejected` answer."""
    return [
        *prompt_turns(row["prompt"]),
        {"role": "assistant", "content": str(row[which])},
    ]
