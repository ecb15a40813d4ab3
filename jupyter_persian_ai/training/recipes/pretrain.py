"""`pretrain`: learn to write from raw text, from scratch or continuing from a model folder.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...protocol.recipes import PretrainOptions
from ...protocol.worker import WorkerContext
from .. import attempt, checkpoint, durable, encoding, models
from .. import tokenizer as tokenizers
from ..corpus import Corpus, Encoded, Row
from ..devices import across_devices
from ..loss import choose_loss
from ..objectives import Language
from ..packing import Batch
from ..recipe import Recipe
from ..sample import write_sample
from ..world import here

# A model from scratch learns positions up to the sequence length, but a chat needs a little more
# room than one training sequence; rotary positions stretch this far without harm.
_LEAST_CONTEXT = 512
_SAMPLE_TOKENS = 96


@across_devices
def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; see `Recipe.perform`."""
    return Pretrain(ctx).perform()


class Pretrain(Recipe[PretrainOptions]):
    """One attempt at one pretraining job."""

    def __init__(self, ctx: WorkerContext) -> None:
        super().__init__(ctx, PretrainOptions, needs_model=False)

    def setup(self) -> None:
        """Decide precision; make tokenizer, model, tokens, optimiser and plan."""
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = self._tokenizer()
            self.loaded = self._model()
            corpus = self._corpus()
        self.gather(
            corpus,
            self._objective,
            self._sample,
            made_tokenizer=None if self.continues else self.tokenizer,
        )

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
        return attempt.finish(
            self.run,
            recipe="pretrain",
            loaded=self.loaded,
            tokenizer=self.tokenizer,
            test=lambda: self._corpus("test"),
        )

    def _texts(self) -> Iterator[str]:
        for number, row in enumerate(self.rows()):
            if number % 1000 == 0:
                self.report.check_stop()
            yield text_of(row)

    def _tokenizer(self) -> Any:
        """Of the model to continue, of the checkpoint, or trained on the data."""
        if self.continues:
            return tokenizers.load_tokenizer(self.base)
        if self.resume_from:
            return tokenizers.load_tokenizer(self.resume_from / checkpoint.TOKENIZER)
        self.report.phase("tokenizer")
        context = max(_LEAST_CONTEXT, self.options.sequence_length)
        kept = self.ctx.attempt_dir / checkpoint.TOKENIZER
        with here().leader_first():
            if not here().leads:
                return tokenizers.load_tokenizer(kept)
            vocab_size = self.options.shape.vocab_size
            made = tokenizers.train_tokenizer(self._texts(), vocab_size, context)
            if here().size > 1:
                made.save_pretrained(kept)
        return made

    def _model(self) -> models.Loaded:
        options = self.options
        self.report.phase("model")
        if self.continues:
            return models.load(self.base, options, self.precision)
        context = max(_LEAST_CONTEXT, options.sequence_length)
        model = models.new_model(options.shape, self.tokenizer, context)
        here().place(model, self.precision.device)
        return models.Loaded(
            model=model,
            adapted=None,
            dtype=torch.float32,
            parameters=models.count_parameters(model),
            sequence_length=options.sequence_length,
        )

    def _corpus(self, part: attempt.Part = "dataset") -> Corpus:
        return attempt.corpus_of(
            self.ctx,
            self.report,
            part=part,
            tokenizer=self.tokenizer,
            encoding="documents",
            encode=self._encode,
            longest=self.loaded.sequence_length,
            split_long=True,
        )

    def _encode(self, rows: list[Row]) -> Encoded:
        return encoding.documents(self.tokenizer, [text_of(row) for row in rows])

    def _objective(self, first: Batch) -> Language:
        loss, way = choose_loss(self.loaded.model, first, self.precision)
        self.report.log(f"Loss: {way}; vocabulary: {len(self.tokenizer):,}")
        return Language(loss)

    def _sample(self) -> tuple[str, str]:
        prompt = self.asked(self.options.sample_prompt)
        start = [] if self.tokenizer.bos_token_id is None else [self.tokenizer.bos_token_id]
        ids = [*start, *encoding.text_ids(self.tokenizer, [prompt])[0]]
        end = self.tokenizer.eos_token_id
        text = write_sample(
            self.loaded.model,
            self.tokenizer,
            ids or [end or 0],
            self.precision,
            new_tokens=_SAMPLE_TOKENS,
            stop_ids=[] if end is None else [end],
            should_stop=self.ctx.should_stop,
        )
        return prompt, text


def text_of(row: Row) -> str:
    """A row as one text: an exchange is its turns, one after the other."""
    if "text" in row:
        return str(row["text"])
    if "messages" in row:
        return "\n".join(str(message["content"]) for message in row["messages"])
    return f"{row['prompt']}\n{row['answer']}"
