"""`sft`: learn to answer from exchanges or whole conversations; the assistant's turns are scored.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ...protocol.recipes import SftOptions
from ...protocol.worker import WorkerContext
from .. import attempt, durable, encoding, models
from .. import tokenizer as tokenizers
from ..corpus import Corpus, Encoded, Row
from ..devices import across_devices
from ..loss import choose_loss
from ..objectives import Language
from ..packing import Batch
from ..recipe import Recipe
from ..sample import write_sample

_SAMPLE_TOKENS = 96


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; see `Recipe.perform`."""
    return Sft(ctx).perform()


class Sft(Recipe[SftOptions]):
    """One attempt at one fine-tuning job."""

    def __init__(self, ctx: WorkerContext) -> None:
        super().__init__(ctx, SftOptions)

    def setup(self) -> None:
        """Decide precision; make tokenizer, model, tokens, optimiser and plan."""
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = self._tokenizer()
            self.report.phase("model")
            self.loaded = models.load(self.base, self.options, self.precision)
            corpus = self._corpus()
        self.gather(corpus, self._objective, self._sample)

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
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
        if self.options.sample_prompt:
            return [{"role": "user", "content": self.asked(self.options.sample_prompt)}]
        row = next(islice(self.rows(), self.first_held_row(), None))
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
