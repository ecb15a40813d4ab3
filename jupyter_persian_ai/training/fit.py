"""The training loop, from the state of a run to its last step.

Each recipe prepares a `Run` and calls `fit`; stopping, resuming, evaluating, checkpointing and
reporting then are the same everywhere. What is due is decided by the finished step alone, so a
run that was cut between two actions goes on with the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray

from ..protocol.events import EventType
from ..protocol.recipes import TrainingOptions
from ..protocol.worker import WorkerContext, WorkStopped
from . import checkpoint
from .loop import StopAsked, evaluate, perplexity, train_step
from .loss import Loss
from .packing import Corpus, Plan
from .precision import Precision
from .reporting import Reporter
from .sample import TEMPERATURE
from .schedule import learning_rate


@dataclass(slots=True)
class Run:
    """Everything the loop works on.

    `sample` writes what the model says now (prompt, text); `made_tokenizer` is kept in
    checkpoints when this run made it; `saved_step` is the step of the newest checkpoint.
    """

    ctx: WorkerContext
    options: TrainingOptions
    report: Reporter
    precision: Precision
    model: Any
    optimizer: torch.optim.Optimizer
    loss: Loss
    corpus: Corpus
    plan: Plan
    held: list[NDArray[Any]]
    sample: Callable[[], tuple[str, str]]
    made_tokenizer: Any | None = None
    state: checkpoint.TrainingState = field(default_factory=checkpoint.TrainingState)
    saved_step: int = -1


def fit(run: Run) -> None:
    """Train to the last step of the plan.

    Raises:
        WorkStopped: a stop was asked for; a checkpoint of the last finished step is on disk.
        TrainingDiverged: the loss is no number; the last checkpoint is untouched.
        DiskFull: a checkpoint could not be written; older ones are untouched.

    """
    options, state = run.options, run.state
    run.model.train()
    run.report.training(state.step, run.plan.steps, run.plan.epoch(state.step), options.epochs)
    rng = checkpoint.RandomState.capture()
    try:
        while True:
            _evaluate_if_due(run)
            if state.step and _due(run, options.checkpoint_every):
                save_checkpoint(run, rng)
            if state.step >= run.plan.steps:
                return
            _take_step(run)
            rng = checkpoint.RandomState.capture()
    except StopAsked:
        if state.step:
            save_checkpoint(run, rng)
        raise WorkStopped from None


def save_checkpoint(run: Run, rng: checkpoint.RandomState) -> None:
    """Write a checkpoint of the last finished step, once, and remove the superseded ones."""
    state = run.state
    if run.saved_step == state.step:
        return
    run.report.phase("checkpoint")
    loss = state.evaluations.get(str(state.step))
    best = loss is not None and loss == state.best_loss
    if best:
        state.best_saved = state.step
    path = checkpoint.save_checkpoint(
        run.ctx.attempt_dir / "checkpoints",
        model=run.model,
        optimizer=run.optimizer,
        state=state,
        rng=rng,
        tokenizer=run.made_tokenizer,
    )
    run.saved_step = state.step
    checkpoint.prune(run.ctx.job_dir, keep=run.options.keep_checkpoints, best=state.best_saved)
    spec = run.ctx.spec
    made = checkpoint.announce(path, spec.job_id, spec.attempt, loss, best=best)
    run.ctx.emit(EventType.CHECKPOINT, made.model_dump(mode="json"))
    run.report.phase("training")
    run.report.resume_clock()


def _due(run: Run, every: int) -> bool:
    """Whether what happens every `every` steps, and at the end, happens after this step."""
    return run.state.step % every == 0 or run.state.step >= run.plan.steps


def _take_step(run: Run) -> None:
    """One optimiser step, and its report."""
    options, state = run.options, run.state
    rate = learning_rate(state.step, run.plan.steps, options.learning_rate, options.warmup_ratio)
    result = train_step(
        run.model,
        run.optimizer,
        run.loss,
        run.corpus,
        run.plan.step(state.step),
        step=state.step + 1,
        learning_rate=rate,
        max_grad_norm=options.max_grad_norm,
        precision=run.precision,
        should_stop=run.ctx.should_stop,
    )
    state.step += 1
    state.tokens += result.tokens
    values = {"loss": result.loss, "learning_rate": rate, "grad_norm": result.grad_norm}
    run.report.step(state.step, run.plan.epoch(state.step), result.tokens, values)


def _evaluate_if_due(run: Run) -> None:
    """Evaluation loss and a sample, unless this step already has them."""
    state = run.state
    if not state.step or str(state.step) in state.evaluations:
        return
    if not _due(run, run.options.eval_every):
        return
    run.report.phase("evaluation")
    loss = None
    if run.held:
        loss = evaluate(
            run.model, run.loss, run.corpus, run.held, run.precision, tick=lambda: _tick(run)
        )
    prompt, text = run.sample()
    # A sample that a stop cut short is not told; the next attempt evaluates this step again.
    _tick(run)
    if loss is not None:
        if math.isfinite(loss):
            state.evaluations[str(state.step)] = loss
        run.report.metrics(state.step, {"eval_loss": loss, "eval_perplexity": perplexity(loss)})
    run.report.sample(state.step, prompt, text, TEMPERATURE)
    run.report.phase("training")
    run.report.resume_clock()


def _tick(run: Run) -> None:
    """Between two micro-batches of an evaluation."""
    run.report.progress()
    if run.ctx.should_stop():
        raise StopAsked
