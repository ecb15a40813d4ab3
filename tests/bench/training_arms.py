"""One arm of the training benchmark, in a process of its own: `training_arms.py REQUEST.json`.

A request names an arm, a workload and files; the answer is one JSON line on standard output. The
arm `plan` runs our recipe's setup and writes down which rows each step reads; every peer that
does not pack by itself then reads the same rows in the same batches. Imports come before the
memory is looked at, so that what is counted is the training.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from measuring import cpu_seconds, forget_peak, gemm_peak, peak_bytes, resident_bytes

Rows = list[tuple[list[int], list[int]]]


class Enough(Exception):
    """The last step is done; what follows it (export) is not measured."""


class Meter:
    """Wall and CPU time, tokens and loss of each step; memory above the imports."""

    def __init__(self) -> None:
        forget_peak()
        self.baseline = resident_bytes()
        self.steps: list[dict[str, float]] = []
        self.peak = 0

    def begin(self) -> None:
        """Steps begin now."""
        self.before = (time.perf_counter(), cpu_seconds())

    def step(self, tokens: int, loss: float) -> None:
        """A step has ended."""
        cuda = _cuda()
        if cuda is not None:
            cuda.synchronize()
        now = (time.perf_counter(), cpu_seconds())
        wall, cpu = now[0] - self.before[0], now[1] - self.before[1]
        self.steps.append({"wall": wall, "cpu": cpu, "tokens": tokens, "loss": loss})
        self.peak = peak_bytes() - self.baseline if cuda is None else cuda.max_memory_allocated()
        self.before = (time.perf_counter(), cpu_seconds())

    def answer(self) -> dict[str, Any]:
        """What the parent wants to know."""
        return {"steps": self.steps, "peak": self.peak, "baseline": self.baseline}


def _cuda() -> Any:
    """torch.cuda where a GPU computes, else None."""
    import torch

    return torch.cuda if torch.cuda.is_available() else None


def context(request: dict[str, Any], folder: Path, emit: Callable[..., None]) -> Any:
    """What a worker gives a recipe."""
    from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
    from jupyter_persian_ai.protocol.worker import WorkerContext

    work = request["work"]
    unwatched = {"eval_fraction": 0.0, "eval_every": 1_000_000, "checkpoint_every": 1_000_000}
    attempt = folder / "1"
    attempt.mkdir(parents=True)
    spec = JobSpec(
        job_id="bench",
        attempt=1,
        kind=JobKind.TRAINING,
        recipe=work["recipe"],
        name=work["name"],
        options=unwatched
        | {"epochs": 100.0, "max_steps": request["steps"], "precision": "auto"}
        | work["options"]
        | request.get("options", {}),
        inputs={"dataset_path": request["rows"], "model_path": request["model"]},
        job_dir=str(folder),
    )
    return WorkerContext(spec, attempt, emit, lambda: False)


def recipe_module(request: dict[str, Any]) -> Any:
    """The module of our recipe, with everything that a run of it imports."""
    if request["work"]["options"]["method"] == "lora":
        importlib.import_module("peft")
    importlib.import_module("transformers.models.llama.modeling_llama")
    importlib.import_module("transformers.models.gemma3.modeling_gemma3")
    name = f"jupyter_persian_ai.training.recipes.{request['work']['recipe']}"
    return importlib.import_module(name)


def write_plan(request: dict[str, Any]) -> dict[str, Any]:
    """The rows of each step as our own setup plans them, and what one step computes."""
    import torch

    from jupyter_persian_ai.training import packing

    module = recipe_module(request)
    classes = {"sft": "Sft", "pretrain": "Pretrain"}
    with tempfile.TemporaryDirectory() as folder:
        recipe = getattr(module, classes[request["work"]["recipe"]])(
            context(request, Path(folder), lambda *_: None)
        )
        recipe.load_checkpoint()
        recipe.setup()
        run = recipe.run
        steps: list[Rows] = []
        figures = []
        for number in range(run.plan.steps):
            rows: Rows = []
            for segments in run.plan.step(number):
                rows += rows_of(packing.pack(run.corpus, segments))
            steps.append(rows)
            figures.append(
                {
                    "tokens": sum(len(ids) for ids, _ in rows),
                    "positions": sum(len(ids) - 1 for ids, _ in rows),
                    "scored": sum(sum(1 for label in labels if label >= 0) for _, labels in rows),
                    "squares": sum((len(ids) - 1) ** 2 for ids, _ in rows),
                }
            )
        head = run.model.get_output_embeddings().weight
        config = run.model.config.get_text_config()
        width = getattr(config, "head_dim", None) or config.hidden_size // (
            config.num_attention_heads
        )
        names = dict(run.model.named_parameters())
        matrices = sum(p.numel() for p in names.values() if p.ndim == 2 and p is not head)
        embedding = run.model.get_input_embeddings().weight
        if embedding is not head:
            matrices -= embedding.numel()
        adapters = sum(p.numel() for name, p in names.items() if "lora_" in name)
        shape = {
            "parameters": sum(p.numel() for p in names.values()),
            "trained": sum(p.numel() for p in names.values() if p.requires_grad),
            "matrices": matrices - adapters,
            "adapters": adapters,
            "head": head.numel(),
            "attention": config.num_hidden_layers * config.num_attention_heads * width,
            "dtype": str(run.precision.dtype).removeprefix("torch."),
            "why": run.precision.reason,
            "threads": torch.get_num_threads(),
        }
        Path(request["plan"]).write_text(json.dumps({"steps": steps}), encoding="ascii")
        recipe.cleanup()
    return {"figures": figures, "shape": shape}


def rows_of(batch: Any) -> Rows:
    """Token ids and labels (-100 where nothing is scored) of each segment of a packed batch."""
    ids = batch.input_ids[0].tolist()
    scored = range(len(ids)) if batch.scored is None else batch.scored.tolist()
    target = dict(zip(scored, batch.targets.tolist(), strict=True))
    borders = batch.cu_seq_lens.tolist()
    rows: Rows = []
    for start, stop in pairwise(borders):
        # The token after the last position is known only where it is scored, as it is in
        # every row that ends with what is to be learned.
        last = [target[stop - 1]] if stop - 1 in target else []
        labels = [target.get(position, -100) for position in range(start, stop)]
        rows.append((ids[start:stop] + last, [-100, *labels][: stop - start + len(last)]))
    return rows


def ours(request: dict[str, Any]) -> dict[str, Any]:
    """The product's way: the recipe's own `run`, listening to what it emits."""
    from jupyter_persian_ai.protocol.events import EventType

    module = recipe_module(request)
    tokens = iter(request["tokens"])
    meter = Meter()

    def emit(type: EventType, data: dict[str, Any]) -> None:
        if type is EventType.PROGRESS and data["detail"] == "training" and not meter.steps:
            meter.begin()
        if type is EventType.METRICS and "loss" in data["values"]:
            meter.step(next(tokens), data["values"]["loss"])
            if len(meter.steps) == request["steps"]:
                raise Enough

    with tempfile.TemporaryDirectory(dir=request["scratch"]) as folder:
        try:
            module.run(context(request, Path(folder), emit))
        except Enough:
            return meter.answer()
    raise SystemExit("the run ended before its last step")


def peer(request: dict[str, Any]) -> dict[str, Any]:
    """transformers' Trainer or TRL's SFTTrainer, on the same rows."""
    import torch
    import transformers
    from datasets import Dataset

    arm, options = request["arm"], request["work"]["options"]
    tuned, trl = arm.endswith(("-tuned", "-packed")), arm.startswith("trl")
    lora = options["method"] == "lora"
    if lora:
        importlib.import_module("peft")
    if trl:
        importlib.import_module("trl")
    importlib.import_module("transformers.models.llama.modeling_llama")
    importlib.import_module("transformers.models.gemma3.modeling_gemma3")
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    importlib.import_module("datasets").disable_progress_bars()
    if tuned:  # the very settings that our own workers make
        from jupyter_persian_ai.training.process import prepare_process

        prepare_process()
    meter = Meter()
    steps: list[Rows] = json.loads(Path(request["plan"]).read_text(encoding="ascii"))["steps"]
    rows = [row for step in steps for row in step]
    dataset = Dataset.from_dict(
        {"input_ids": [ids for ids, _ in rows], "labels": [labels for _, labels in rows]}
    )
    sizes = [len(step) for step in steps]
    transformers.set_seed(options["seed"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(request["model"])
    dtype = getattr(torch, request["dtype"])
    model = transformers.AutoModelForCausalLM.from_pretrained(
        request["model"], dtype=dtype if lora else torch.float32
    )
    common: dict[str, Any] = {
        "output_dir": request["scratch"],
        "learning_rate": options["learning_rate"],
        "weight_decay": options["weight_decay"],
        "adam_beta1": 0.9,
        "adam_beta2": 0.95,
        "max_grad_norm": options["max_grad_norm"],
        "lr_scheduler_type": "cosine",
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "seed": options["seed"],
        "bf16": dtype is torch.bfloat16,
        "use_cpu": not torch.cuda.is_available(),
        "per_device_train_batch_size": max(sizes),
        "max_steps": len(steps),
        "train_sampling_strategy": "sequential",
    }
    adapters = _lora(request) if lora else None
    if trl:
        trainer = _sft_trainer(request, model, tokenizer, dataset, common, sizes, adapters, meter)
    else:
        trainer = _trainer(model, tokenizer, dataset, common, sizes, adapters, meter)
    trainer.train()
    return meter.answer()


def _lora(request: dict[str, Any]) -> Any:
    from peft import LoraConfig

    from jupyter_persian_ai.protocol.recipes import LoraOptions

    chosen = LoraOptions()
    return LoraConfig(
        r=chosen.rank,
        lora_alpha=chosen.alpha,
        lora_dropout=chosen.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _metered(base: type, sizes: list[int] | None, meter: Meter) -> Any:
    """`base` reading batches of the given sizes, telling the meter of each step."""
    import torch

    class Metered(base):
        def get_train_dataloader(self) -> Any:
            if sizes is None:
                loader = super().get_train_dataloader()
            else:
                whole = super().get_train_dataloader()
                starts = [sum(sizes[:k]) for k in range(len(sizes))]
                batches = [
                    list(range(start, start + size))
                    for start, size in zip(starts, sizes, strict=True)
                ]
                loader = torch.utils.data.DataLoader(
                    whole.dataset, batch_sampler=batches, collate_fn=whole.collate_fn
                )
            meter.begin()
            return loader

        def training_step(self, model: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
            mask = inputs.get("attention_mask")
            self.read = inputs["input_ids"].numel() if mask is None else int(mask.sum())
            loss = super().training_step(model, inputs, *rest, **more)
            self.last_loss = loss
            return loss

    return Metered


def _told(meter: Meter) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
            meter.step(self.trainer.read, float(self.trainer.last_loss))

    return Told()


def _trainer(model, tokenizer, dataset, common, sizes, adapters, meter) -> Any:
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    if adapters is not None:
        from peft import get_peft_model

        model = get_peft_model(model, adapters)
    told = _told(meter)
    told.trainer = _metered(Trainer, sizes, meter)(
        model=model,
        args=TrainingArguments(**common),
        train_dataset=dataset,
        data_collator=DataCollatorForSeq2Seq(tokenizer, padding=True),
        callbacks=[told],
    )
    return told.trainer


def _sft_trainer(request, model, tokenizer, dataset, common, sizes, adapters, meter) -> Any:
    from trl import SFTConfig, SFTTrainer

    arm, options = request["arm"], request["work"]["options"]
    own: dict[str, Any] = {"max_length": options["sequence_length"] + 1}
    if arm != "trl":
        own["gradient_checkpointing"] = False
    if arm == "trl-packed":
        own |= {"packing": True}
        common = common | {
            "per_device_train_batch_size": options["batch_size"],
            "max_steps": -1,
            "num_train_epochs": 1,
        }
        sizes = None
    told = _told(meter)
    told.trainer = _metered(SFTTrainer, sizes, meter)(
        model=model,
        args=SFTConfig(**common, **own),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=adapters,
        callbacks=[told],
    )
    return told.trainer


def gemm() -> dict[str, Any]:
    """What matrix products reach here and now, in GFLOP/s."""
    import torch

    told: dict[str, Any] = {"threads": torch.get_num_threads()}
    for dtype, seconds in ((torch.float32, 1.5), (torch.bfloat16, 0.8)):
        name = str(dtype).removeprefix("torch.")
        told[name], told[f"{name}_cpu"] = gemm_peak(dtype, seconds=seconds)
    return told


def main() -> None:
    """Answer one request."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arm = request["arm"]
    spoken = os.dup(1)
    os.dup2(2, 1)  # libraries print; the answer alone goes out
    if arm == "gemm":
        answer = gemm()
    elif arm == "plan":
        answer = write_plan(request)
    elif arm == "ours":
        answer = ours(request)
    else:
        answer = peer(request)
    os.write(spoken, (json.dumps(answer) + "\n").encode())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
