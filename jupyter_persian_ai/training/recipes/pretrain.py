"""`pretrain`: learn to write from raw text, from scratch or continuing from a model folder.

Reads top to bottom: what is loaded, what is decided, the loop, the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ...protocol.recipes import PretrainOptions
from ...protocol.worker import WorkerContext
from .. import checkpoint, durable, models
from .. import tokenizer as tokenizers
from ..export import Card, export_model
from ..fit import Run, fit
from ..loop import perplexity, seed_everything
from ..loss import choose_loss
from ..optimizer import make_optimizer
from ..packing import (
    Corpus,
    Encoded,
    Row,
    build_corpus,
    free_corpus,
    hold_out,
    pack,
    plan_epoch,
    plan_run,
    read_rows,
)
from ..precision import choose_precision
from ..process import choose_threads, prepare_process
from ..reporting import Reporter
from ..sample import write_sample

# A model from scratch learns positions up to the sequence length, but a chat needs a little more
# room than one training sequence; rotary positions stretch this far without harm.
_LEAST_CONTEXT = 512
_SAMPLE_TOKENS = 96


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Train as `ctx.spec` says; the path, figures and size of the result.

    Raises:
        WorkStopped: after saving a checkpoint, because a stop was asked for.
        PersianAIError: what a user can understand and mend.

    """
    recipe = Pretrain(ctx)
    try:
        recipe.load_checkpoint()
        recipe.setup()
        recipe.train()
        return recipe.export()
    finally:
        recipe.cleanup()


class Pretrain:
    """One attempt at one pretraining job."""

    def __init__(self, ctx: WorkerContext) -> None:
        self.ctx = ctx
        self.options = PretrainOptions.model_validate(ctx.spec.options)
        self.report = Reporter(ctx)
        self.rows_path = Path(ctx.spec.inputs["dataset_path"])
        self.dataset_name = str(ctx.spec.inputs.get("dataset_name", self.rows_path.name))
        base = ctx.spec.inputs.get("model_path")
        self.base = Path(base) if base else None
        self.tokens_dir = ctx.attempt_dir / "tokens"

    def load_checkpoint(self) -> None:
        """Find where an earlier attempt got to, and say what was found."""
        self.report.running()
        prepare_process()
        checkpoint.sweep(self.ctx.job_dir)
        found = checkpoint.newest_valid(self.ctx.job_dir)
        for path, reason in found.refused:
            self.report.log(f"Checkpoint {path.name} is damaged, refused: {reason}", "warning")
            durable.set_aside(path)
        self.resume_from = found.path
        if found.path:
            self.report.log(f"Resuming from step {checkpoint.step_of(found.path)}")

    def setup(self) -> None:
        """Decide precision; make tokenizer, tokens, model, optimiser and plan."""
        options = self.options
        self.precision = choose_precision(options.precision)
        self.report.log(f"Precision: {self.precision.dtype} ({self.precision.reason})")
        seed_everything(options.seed)
        with durable.disk_errors(self.ctx.attempt_dir):
            self.tokenizer = self._tokenizer()
            model = self._model()
            corpus = self._corpus()
        train, held = hold_out(corpus, options.eval_fraction, options.seed)
        budget = options.batch_size * self.sequence_length
        threads = choose_threads(budget, model.config.get_text_config().hidden_size)
        plan = plan_run(
            corpus,
            train,
            budget=budget,
            accumulation=options.gradient_accumulation,
            epochs=options.epochs,
            max_steps=options.max_steps,
            seed=options.seed,
        )
        probe = pack(corpus, plan.batches[0][:3]).to(self.precision.device)
        loss, way = choose_loss(model, probe, self.precision)
        self.run = Run(
            ctx=self.ctx,
            options=options,
            report=self.report,
            precision=self.precision,
            model=model,
            optimizer=make_optimizer(
                model, learning_rate=options.learning_rate, weight_decay=options.weight_decay
            ),
            loss=loss,
            corpus=corpus,
            plan=plan,
            held=plan_epoch(corpus, held, budget, options.seed, None) if len(held) else [],
            sample=self._sample,
            made_tokenizer=None if self.base else self.tokenizer,
        )
        trained = sum(p.numel() for p in checkpoint.trained_parameters(model).values())
        self.report.log(
            f"Parameters: {self.parameters:,} ({trained:,} learn); vocabulary: "
            f"{len(self.tokenizer):,}; loss: {way}"
        )
        self.report.log(
            f"Tokens: {len(corpus.tokens):,} in {len(corpus.lengths):,} segments, "
            f"{len(held):,} of them held out; steps: {plan.steps:,}; threads: {threads}"
        )
        if self.resume_from:
            self.run.state = checkpoint.load_checkpoint(
                self.resume_from, model=model, optimizer=self.run.optimizer
            )
            self.run.saved_step = self.run.state.step

    def train(self) -> None:
        """All steps that are left."""
        fit(self.run)

    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""
        self.report.phase("export")
        state, inputs = self.run.state, self.ctx.spec.inputs
        model = self.run.model
        if self.options.method == "lora" and self.base:
            model = self.adapted.merge_and_unload()
        figures: dict[str, float] = {"steps": state.step, "tokens": state.tokens}
        if str(state.step) in state.evaluations:
            final = state.evaluations[str(state.step)]
            figures |= {"eval_loss": final, "eval_perplexity": perplexity(final)}
        if state.best_loss is not None:
            figures["best_eval_loss"] = state.best_loss
        card = Card(
            name=self.ctx.spec.name or "pretrain",
            recipe="pretrain",
            dataset_name=self.dataset_name,
            dataset_sha256=str(inputs.get("dataset_sha256", "")),
            dataset_rows=int(inputs.get("dataset_rows", 0)),
            options=self.options.model_dump(mode="json"),
            figures=figures,
            parameters=self.parameters,
            base=str(inputs.get("model_name", "")) if self.base else "",
        )
        folder = export_model(
            self.ctx.attempt_dir / "model",
            model=model,
            tokenizer=self.tokenizer,
            card=card,
            dtype=self.dtype,
        )
        self.report.log("The model is ready")
        return {"model_path": str(folder), "figures": figures, "parameters": self.parameters}

    def cleanup(self) -> None:
        """Remove what can be made again."""
        free_corpus(self.tokens_dir)

    def _texts(self) -> Iterator[str]:
        """Every row as one text; an exchange is its prompt and answer, one after the other."""
        for number, row in enumerate(read_rows(self.rows_path)):
            if number % 1000 == 0:
                self.report.check_stop()
            yield _text(row)

    def _tokenizer(self) -> Any:
        """Of the model to continue, of the checkpoint, or trained on the data."""
        if self.base:
            return tokenizers.load_tokenizer(self.base)
        if self.resume_from:
            return tokenizers.load_tokenizer(self.resume_from / checkpoint.TOKENIZER)
        self.report.phase("tokenizer")
        context = max(_LEAST_CONTEXT, self.options.sequence_length)
        return tokenizers.train_tokenizer(self._texts(), self.options.shape.vocab_size, context)

    def _corpus(self) -> Corpus:
        self.report.phase("packing")
        return build_corpus(
            read_rows(self.rows_path),
            self.tokens_dir,
            self._encode,
            name=self.dataset_name,
            longest=self.sequence_length,
            split_long=True,
            tick=self.report.check_stop,
        )

    def _encode(self, rows: list[Row]) -> list[Encoded]:
        texts = [_text(row) for row in rows]
        encoded = tokenizers.encode_texts(self.tokenizer, texts)
        return [(tokenizers.document(self.tokenizer, ids) if ids else [], 1) for ids in encoded]

    def _model(self) -> Any:
        options, device = self.options, self.precision.device
        if not self.base:
            context = max(_LEAST_CONTEXT, options.sequence_length)
            self.dtype, self.sequence_length = torch.float32, options.sequence_length
            model = models.new_model(options.shape, self.tokenizer, context)
            self.parameters = models.count_parameters(model)
            return model.to(device)
        self.report.phase("model")
        # Weights that learn are fp32 whatever the folder holds: bf16 would lose small updates.
        lora = options.method == "lora"
        self.dtype = models.stored_dtype(self.base)
        model = models.load_model(self.base, self.precision.dtype if lora else torch.float32)
        self.sequence_length = models.within_context(model, options.sequence_length)
        self.parameters = models.count_parameters(model)
        if lora:
            self.adapted = models.add_lora(model, options.lora)
        return model.to(device)

    def _sample(self) -> tuple[str, str]:
        prompt = self.options.sample_prompt
        start = [] if self.tokenizer.bos_token_id is None else [self.tokenizer.bos_token_id]
        ids = [*start, *tokenizers.encode_texts(self.tokenizer, [prompt])[0]]
        end = self.tokenizer.eos_token_id
        text = write_sample(
            self.run.model,
            self.tokenizer,
            ids or [end or 0],
            self.precision,
            new_tokens=_SAMPLE_TOKENS,
            stop_ids=[] if end is None else [end],
            should_stop=self.ctx.should_stop,
        )
        return prompt, text


def _text(row: Row) -> str:
    """The text of a canonical row of either shape."""
    return str(row["text"]) if "text" in row else f"{row['prompt']}\n{row['answer']}"
