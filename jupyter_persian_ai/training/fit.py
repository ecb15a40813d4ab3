"""The training loop, from the state of a run to its last step.

Each recipe prepares a `Run` and calls `fit`; stopping, resuming, evaluating, checkpointing,
reporting, and what happens when memory runs out or the loss goes astray then are the same
everywhere. What is due is decided by the finished step alone, so a run that was cut between two
actions goes on with the next one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

from ..errors import TooLittleMemory, TrainingDiverged
from ..protocol.worker import WorkStopped
from . import checkpoint, fitting, shortage, symptoms
from .loop import NotFinite, StepResult, StopAsked, evaluate, train_step
from .objectives import Verdict
from .rehearsal import rehearse
from .run import Run
from .sample import TEMPERATURE
from .schedule import learning_rate
from .world import here

_T = TypeVar("_T")

#: Steps in a row whose loss is no number; then even a patient run ends.
_MOST_SKIPPED = 10


def fit(run: Run) -> None:
    """Train to the last step of the plan, or to where its options end it.

    Raises:
        WorkStopped: a stop was asked for; a checkpoint of the last finished step is on disk.
        TrainingDiverged: the loss is no number or ran away; older checkpoints are untouched.
        TooLittleMemory: not even one segment fits.
        RanOut: memory ran out on one of several ranks.
        DiskFull: a checkpoint could not be written; older ones are untouched.

    """
    options, state = run.options, run.state
    run.model.train()
    if here().leads:
        shortage.begin(run.ctx.attempt_dir, state.micro_positions or run.budget)
    rng = checkpoint.RandomState.capture()
    try:
        if not state.step:
            run.report.phase("rehearsal")
            _within_memory(run, rng, lambda: rehearse(run))
        run.report.training(state.step, run.plan.steps, run.plan.epoch(state.step), options.epochs)
        while True:
            over = _evaluate_if_due(run) or state.step >= run.plan.steps
            if state.step and _checkpoint_due(run, over=over):
                _save(run, rng)
            if over:
                break
            _take_step(run, rng)
            rng = checkpoint.RandomState.capture()
    except StopAsked:
        if state.step:
            _save(run, rng, now=True)
        run.saver.wait()
        here().wait()  # a rank that ends ends all
        raise WorkStopped from None
    run.saver.wait()


def _save(run: Run, rng: checkpoint.RandomState, *, now: bool = False) -> None:
    run.saver.save(run.model, run.optimizer, run.state, rng, now=now)
    run.report.resume_clock()


def _checkpoint_due(run: Run, *, over: bool) -> bool:
    options, state = run.options, run.state
    if over or state.step % options.checkpoint_every == 0:
        return True
    minutes = options.checkpoint_minutes
    if minutes is not None and here().agree(time.monotonic() - run.saver.at >= 60 * minutes):
        return True
    loss = state.evaluations.get(str(state.step))
    return options.keep_best and loss is not None and loss == state.best_loss


def _take_step(run: Run, rng: checkpoint.RandomState) -> None:
    """One optimiser step, and its report."""
    options, state = run.options, run.state
    here().reseed(options.seed, state.step)
    rate = learning_rate(state.step, run.plan.steps, options.learning_rate, options.warmup_ratio)
    try:
        result = _within_memory(run, rng, lambda: _step(run, rate))
    except NotFinite as error:
        _not_finite(run, error.value)
        return
    state.step += 1
    state.tokens += result.tokens
    state.skipped = 0
    values = {"loss": result.loss, "learning_rate": rate, "grad_norm": result.grad_norm}
    values |= run.objective.observed()
    epoch = run.plan.epoch(state.step)
    run.report.step(state.step, epoch, result.tokens, result.operations, values)
    if symptoms.observe(state, result.loss):
        note = symptoms.divergence_note(state, stops=options.stop_on_divergence)
        run.report.notice("divergence", state.step, note)
        if options.stop_on_divergence:
            raise TrainingDiverged(value=f"{state.mean_loss:.3f}", step=state.step)


def _step(run: Run, rate: float) -> StepResult:
    return train_step(
        run.model,
        run.optimizer,
        run.objective,
        run.corpus,
        run.plan.step(run.state.step),
        learning_rate=rate,
        max_grad_norm=run.options.max_grad_norm,
        precision=run.precision,
        work=run.work,
        should_stop=run.ctx.should_stop,
        micro_positions=run.state.micro_positions,
    )


def _not_finite(run: Run, value: float) -> None:
    """End the run, or leave this step out."""
    options, state = run.options, run.state
    state.skipped += 1
    stops = options.stop_on_divergence or state.skipped >= _MOST_SKIPPED
    step = state.step + 1
    run.report.notice("nan", step, symptoms.nan_note(value, stops=stops))
    if stops:
        raise TrainingDiverged(value=str(value), step=step)
    state.step = step
    run.report.metrics(step, {"loss": math.nan})


def _within_memory(run: Run, rng: checkpoint.RandomState, act: Callable[[], _T]) -> _T:
    """`act`, again with smaller micro-batches whenever memory runs out.

    Nothing of a failed try stays: weights change in the optimiser's step alone, which comes last
    and allocates nothing once its state is there; generators are put back.
    """
    longest = int(run.corpus.lengths.max())
    while True:
        try:
            return act()
        except Exception as error:
            if not shortage.is_shortage(error):
                raise
            failure = str(error)
        run.optimizer.zero_grad(set_to_none=True)
        rng.restore()
        shortage.release()
        before = run.state.micro_positions or run.budget
        after = shortage.smaller(before, longest)
        if after is None:
            free = psutil.virtual_memory().available
            continues = bool(run.ctx.spec.inputs.get("model_path"))
            change = fitting.relief(run.options, continues=continues)
            raise TooLittleMemory(needed=_wanted(failure), available=free, change=change)
        if here().size > 1:  # the others wait for this rank in the middle of a step
            raise shortage.RanOut(before)
        run.state.micro_positions = after
        shortage.begin(run.ctx.attempt_dir, after)
        run.report.notice("out_of_memory", run.state.step, shortage.note(before, after))


def _wanted(failure: str) -> int | str:
    """Bytes that an allocator's message says it was asked for."""
    numbers = [int(word) for word in failure.replace(":", " ").split() if word.isdigit()]
    return max(numbers, default=0) or "?"


def _evaluate_if_due(run: Run) -> bool:
    """Evaluate and write a sample, unless this step has them; whether the run is to end here."""
    options, state = run.options, run.state
    if state.step and str(state.step) not in state.evaluations:
        due = state.step % options.eval_every == 0 or state.step >= run.plan.steps
        if due:
            _evaluate(run)
    return _ends_early(run)


def _evaluate(run: Run) -> None:
    state = run.state
    run.report.phase("evaluation")
    verdict = None
    if run.held:
        verdict = _judged(run)
    prompt, text = run.sample()
    # A sample that a stop cut short is not told; the next attempt evaluates this step again.
    _tick(run)
    if verdict is not None:
        if math.isfinite(verdict.loss):
            state.evaluations[str(state.step)] = verdict.loss
            state.scores[str(state.step)] = verdict.metrics
        run.report.metrics(state.step, {"eval_loss": verdict.loss, **verdict.metrics})
        if verdict.table is not None:
            run.report.evaluation(state.step, verdict.table)
    run.report.sample(state.step, prompt, text, TEMPERATURE)
    run.report.phase("training")
    run.report.resume_clock()


def _judged(run: Run) -> Verdict:
    rng = checkpoint.RandomState.capture()
    return _within_memory(
        run,
        rng,
        lambda: evaluate(
            run.model,
            run.objective,
            run.corpus,
            run.held,
            run.precision,
            tick=lambda: _tick(run),
            micro_positions=run.state.micro_positions,
        ),
    )


def _ends_early(run: Run) -> bool:
    """Whether patience is at an end, or the loss stands still and that is to end the run."""
    options, state = run.options, run.state
    if not state.step or str(state.step) not in state.evaluations:
        return False
    waited = symptoms.without_improvement(state)
    if options.early_stopping is not None and waited >= options.early_stopping:
        best = min(state.evaluations, key=lambda step: state.evaluations[step])
        note = symptoms.patience_note(waited, int(best))
        run.report.notice("early_stopping", state.step, note)
        return True
    if not symptoms.on_plateau(state):
        state.plateau_told = False
        return False
    if not state.plateau_told:
        note = symptoms.plateau_note(stops=options.stop_on_plateau)
        run.report.notice("plateau", state.step, note)
        state.plateau_told = True
    return options.stop_on_plateau


def _tick(run: Run) -> None:
    """Between two micro-batches of an evaluation."""
    run.report.progress()
    if here().agree(run.ctx.should_stop()):
        raise StopAsked
