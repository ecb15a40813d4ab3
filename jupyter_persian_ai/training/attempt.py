"""What the five verbs of every recipe share: finding the checkpoint, gathering a run, the result.

Recipes call these from top to bottom; nothing here calls a recipe. Must not know what is learned.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ..protocol.base import Note
from ..protocol.recipes import AdaptedOptions
from ..protocol.worker import WorkerContext
from . import checkpoint, compiling, durable, shortage, world
from .corpus import Corpus, Encoded, Row, cache_key, load_corpus, read_rows, tokenized
from .export import Card, export_model
from .loop import evaluate
from .models import Loaded, merged, rebuilt
from .objectives import Objective
from .optimizer import make_optimizer
from .packing import Batch, hold_out, pack, plan_epoch, plan_run
from .precision import Precision, choose_precision
from .process import choose_threads, prepare_process
from .reporting import Reporter
from .run import Run
from .saving import Saver
from .texts import Recipes, normalised, normaliser_of
from .tokenizer import fingerprint
from .work import Work, matrix_peak
from .world import here

#: Of a job's data: what is trained on, and what is judged once at the end.
Part = Literal["dataset", "test"]


def begin(ctx: WorkerContext, report: Reporter) -> Path | None:
    """Find the checkpoint that an earlier attempt got to, and say what was found."""
    report.running()
    prepare_process()
    _tell_recipes(ctx, report)
    with here().leader_first():
        found = _found(ctx, report)
    if found:
        report.log(f"Resuming from step {checkpoint.step_of(found)}")
    return found


def _tell_recipes(ctx: WorkerContext, report: Reporter) -> None:
    recipes = Recipes.of_inputs(ctx.spec.inputs)
    for note in recipes.mismatches():
        report.notice("normaliser_mismatch", 0, note)
    if recipes.used:
        report.log(
            f"Every text is normalised: {recipes.used.model_dump_json(exclude_defaults=True)}"
        )


def _found(ctx: WorkerContext, report: Reporter) -> Path | None:
    checkpoint.sweep(ctx.job_dir)
    found = checkpoint.newest_valid(ctx.job_dir)
    for path, reason in found.refused:
        note = Note(
            en=f"Checkpoint {path.name} is damaged and was refused ({reason}); the one before "
            "it is used.",
            fa=f"چک‌پوینت {path.name} خراب است و کنار گذاشته شد ({reason})؛ چک‌پوینت پیش از آن "
            "به کار می‌رود.",
        )
        report.notice("checkpoint_refused", checkpoint.step_of(path), note)
        durable.set_aside(path)
    return found.path


def decide_precision(options: AdaptedOptions, report: Reporter) -> Precision:
    """Device and number format, said in the log; aloud when it is not what was asked for."""
    precision = choose_precision(options.precision)
    report.log(f"Precision: {precision.dtype} ({precision.reason})")
    if options.precision == "bf16" and not precision.bf16:
        note = Note(
            en="This device has no bf16 instructions; fp32 is used, which is faster here.",
            fa="این دستگاه دستورهای bf16 ندارد؛ fp32 به کار می‌رود که این‌جا تندتر است.",
        )
        report.notice("no_bf16", 0, note)
    return precision


def corpus_of(
    ctx: WorkerContext,
    report: Reporter,
    *,
    part: Part,
    tokenizer: Any,
    encoding: Any,
    encode: Callable[[list[Row]], Encoded],
    longest: int,
    **how: Any,
) -> Corpus:
    """The tokens of a part of the job's data, out of the cache or made now.

    Args:
        ctx: of the attempt; its inputs name the rows and where tokens are kept.
        report: the attempt's voice.
        part: `dataset` is trained on, `test` is judged once at the end.
        tokenizer: that `encode` uses.
        encoding: what else the tokens depend on: a name, and what it was given.
        encode: up to a thousand rows to tokens.
        longest: see `load_corpus`, as the rest.
        how: see `load_corpus`.

    Raises:
        DatasetEmpty: nothing is left to learn from.
        DiskFull: the tokens could not be kept.

    """
    report.phase("packing")
    inputs = ctx.spec.inputs
    path = Path(inputs[f"{part}_path"])
    name = str(inputs.get(f"{part}_name") or path.name)
    sha256 = inputs.get(f"{part}_sha256")
    key = cache_key(
        data=sha256 or str(path),
        tokenizer=fingerprint(tokenizer),
        normaliser=inputs.get("normaliser"),
        encoding=encoding,
    )
    # Shared by all jobs of a data root, or of this job alone.
    rows = normalised(read_rows(path), normaliser_of(inputs))
    cache = Path(inputs.get("tokens_dir") or ctx.job_dir / "tokens")
    with here().leader_first():
        folder, found = tokenized(cache, key, rows, encode, name=name, tick=report.check_stop)
    report.log(f"Tokens of {part}: cache {key} {'found' if found else 'made'}")
    return load_corpus(folder, name=name, longest=longest, **how)


def gather(
    *,
    ctx: WorkerContext,
    options: AdaptedOptions,
    report: Reporter,
    precision: Precision,
    loaded: Loaded,
    corpus: Corpus,
    objective: Callable[[Batch], Objective],
    sample: Callable[[], tuple[str, str]],
    resume_from: Path | None,
    made_tokenizer: Any | None = None,
) -> Run:
    """Split, plan, optimiser: the run, standing where the checkpoint left it.

    Args:
        ctx: of the attempt.
        options: of the recipe.
        report: the attempt's voice.
        precision: device and format.
        loaded: the model.
        corpus: its data.
        objective: called with the first segments of the plan as a batch.
        sample: see `Run`.
        resume_from: a valid checkpoint, or None.
        made_tokenizer: kept in checkpoints when this run made it.

    """
    model, ranks = loaded.model, here()
    ranks.shard(model, precision.dtype)
    train, held = hold_out(corpus, options.eval_fraction, options.seed)
    budget = options.batch_size * loaded.sequence_length
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
    first = plan.batches[0][: 3 * corpus.together]
    with torch.no_grad():
        aim = ranks.forward(objective, pack(corpus, first).to(precision.device))
    if options.gradient_checkpointing:
        # transformers 5.2x has a new name for it.
        old = model.gradient_checkpointing_enable
        getattr(model, "activation_checkpointing_enable", old)({"use_reentrant": False})
    if options.compile:
        _compile(model, aim, pack(corpus, first).to(precision.device), precision, report)
    optimizer = make_optimizer(
        model, learning_rate=options.learning_rate, weight_decay=options.weight_decay
    )
    report.peak = matrix_peak(precision) * ranks.size
    run = Run(
        ctx=ctx,
        options=options,
        report=report,
        precision=precision,
        model=model,
        optimizer=optimizer,
        objective=aim,
        corpus=corpus,
        plan=plan,
        held=_held(corpus, held, budget, options.seed),
        budget=budget,
        work=Work.of_model(model),
        saver=Saver(ctx, keep=options.keep_checkpoints, tokenizer=made_tokenizer),
        sample=lambda: _without_gradients(sample),
    )
    trained = sum(p.numel() for p in checkpoint.trained_parameters(model).values())
    report.log(f"Parameters: {loaded.parameters:,} ({trained:,} learn)")
    if corpus.dropped:
        report.log(
            f"{corpus.dropped:,} rows were left out: the template refuses them, or within "
            f"{loaded.sequence_length} tokens they leave nothing to learn",
            "warning",
        )
    report.log(
        f"Tokens: {corpus.positions:,} in {len(corpus):,} segments, {len(held):,} of them held "
        f"out; steps: {plan.steps:,}; devices: {ranks.size}; threads: {threads}; matrix products: "
        f"{report.peak / 1e9:,.0f} GFLOP/s"
    )
    if resume_from:
        run.state = checkpoint.load_checkpoint(resume_from, model=model, optimizer=optimizer)
        run.saver.step = run.state.step
    _after_a_kill(run)
    return run


def _compile(
    model: Any, aim: Objective, batch: Batch, precision: Precision, report: Reporter
) -> None:
    """Compile the layers, or say why not."""
    report.phase("compiling")
    refusal = compiling.compile_layers(
        model, lambda: here().forward(aim.loss, model, batch, precision)
    )
    aim.observed()  # what it saw in the trial is no part of the run
    if refusal is None:
        report.log("Compile: the layers are compiled for training")
    else:
        report.notice("no_compile", 0, refusal)


@torch.no_grad()
def _without_gradients(sample: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    return here().forward(sample)


def _held(corpus: Corpus, held: NDArray[Any], budget: int, seed: int) -> list[NDArray[Any]]:
    return plan_epoch(corpus, held, budget, seed, None) if len(held) else []


def _after_a_kill(run: Run) -> None:
    """Begin with smaller micro-batches when the kernel killed the attempt before for memory."""
    killed = world.ran_out_at or shortage.killed_at(run.ctx.job_dir, run.ctx.spec.attempt)
    if killed is None:
        return
    after = shortage.smaller(killed, int(run.corpus.lengths.max()))
    if after is not None:
        run.state.micro_positions = after
        run.report.notice("out_of_memory", run.state.step, shortage.note(killed, after))


def finish(
    run: Run,
    *,
    recipe: str,
    loaded: Loaded,
    tokenizer: Any,
    task: str = "text-generation",
    test: Callable[[], Corpus] | None = None,
) -> dict[str, Any]:
    """Write the result; what the job's result says.

    The weights are those of the best evaluation where the options say so and its checkpoint is
    whole; else those of the last step. They are judged on the corpus of `test`, if the job has
    one.
    """
    run.report.phase("export")
    state, options, spec = run.state, run.options, run.ctx.spec
    inputs = spec.inputs
    step = _best_weights(run) if options.keep_best else state.step
    figures: dict[str, float] = {"steps": state.step, "tokens": state.tokens, "result_step": step}
    if str(step) in state.evaluations:
        figures |= {"eval_loss": state.evaluations[str(step)], **state.scores.get(str(step), {})}
    if state.best_loss is not None:
        figures["best_eval_loss"] = state.best_loss
    if test is not None and inputs.get("test_path"):
        figures |= _tested(run, test(), step)
    model = _plain(run, loaded)
    if not here().leads:
        return {}
    normaliser = normaliser_of(inputs)
    card = Card(
        name=spec.name or recipe,
        recipe=recipe,
        task=task,
        dataset_name=str(inputs.get("dataset_name", "")),
        dataset_sha256=str(inputs.get("dataset_sha256", "")),
        dataset_rows=int(inputs.get("dataset_rows", 0)),
        options=options.model_dump(mode="json"),
        figures=figures,
        parameters=loaded.parameters,
        base=str(inputs.get("model_name", "")) if inputs.get("model_path") else "",
        normaliser=normaliser.recipe if normaliser else None,
    )
    folder = export_model(
        run.ctx.attempt_dir / "model",
        model=model,
        tokenizer=tokenizer,
        card=card,
        dtype=loaded.dtype,
    )
    run.report.log(f"The model is ready, with the weights of step {step}")
    return {"model_path": str(folder), "figures": figures, "parameters": loaded.parameters}


def _tested(run: Run, corpus: Corpus, step: int) -> dict[str, float]:
    """Figures on data that neither trained nor chose the weights."""
    run.report.phase("test")
    verdict = evaluate(
        run.model,
        run.objective,
        corpus,
        plan_epoch(corpus, np.arange(len(corpus)), run.budget, run.options.seed, None),
        run.precision,
        tick=run.report.check_stop,
        micro_positions=run.state.micro_positions,
    )
    if verdict.table is not None:
        run.report.evaluation(step, {**verdict.table, "test": True})
    figures = {name.replace("eval_", "test_"): value for name, value in verdict.metrics.items()}
    return {"test_loss": verdict.loss, **figures}


def _plain(run: Run, loaded: Loaded) -> Any:
    """The model in one piece, adapters merged in; only the leader's is one (together)."""
    ranks = here()
    if ranks.size == 1:
        return merged(run.model, loaded)
    learned = {
        name: ranks.whole(parameter.detach())
        for name, parameter in checkpoint.trained_parameters(run.model).items()
    }
    return rebuilt(run.model, loaded, learned) if ranks.leads else None


def _best_weights(run: Run) -> int:
    """Load the weights of the best evaluation into the model; the step that they are of."""
    state = run.state
    if not state.evaluations:
        return state.step
    best = int(min(state.evaluations, key=lambda step: state.evaluations[step]))
    if best == state.step:
        return best
    here().wait()  # the leader has written it
    path = checkpoint.of_step(run.ctx.job_dir, best)
    if path is None:
        run.report.log(f"The checkpoint of step {best}, the best, is not there", "warning")
        return state.step
    checkpoint.load_weights(path, run.model)
    return best


def end(ctx: WorkerContext, run: Run | None) -> None:
    """Let go of what the attempt holds, however it ended."""
    if run is not None:
        run.saver.close()
    if here().leads:
        shortage.end(ctx.attempt_dir)
