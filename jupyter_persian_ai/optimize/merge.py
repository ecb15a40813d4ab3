"""The job that merges a LoRA adapter into its base model, which makes a new model.

Owns the order: what fits is found out before a weight is touched, what was written is read again
and compared with base and adapter side by side, and only then it is in place. PEFT does the sums;
it is given tensors and plain names, never the adapter's folder.
"""

from __future__ import annotations

import gc
import re
from pathlib import Path
from typing import Any

import psutil
import torch

from ..curation.pace import Pace
from ..errors import AdapterUnfit, MergeDiffers, ModelUnsupported, TooLittleMemory
from ..hub.card import Card
from ..hub.inspect import inspect_folder
from ..protocol.events import EventType
from ..protocol.making import MergeAsk
from ..protocol.worker import WorkerContext, WorkStopped
from ..training.durable import staged, sweep
from . import adapter as adapters
from .adapter import Adapter
from .export import copy_beside, need_room
from .weights import Weights

#: How far the merged model may be from base and adapter: the norm of the difference of their
#: logits over the norm of the logits. Rounding weights to 16 bits costs some tenths of a percent
#: a layer.
_ALLOWED = {torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 8e-2}
_PROBE_TOKENS = 24
_PROBES = 4
#: Memory beside the weights: activations, the adapter, one tensor in two formats.
_SLACK = 1.25


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Merge the adapter that the options (a `MergeAsk`) name into `inputs["model_path"]`.

    Inputs: `model_path`, `model_name`, `base_names` (what the base goes by), `license`,
    `models_dir`, `disk_reserve_bytes`. Emits progress in bytes of the weights: loaded, written,
    read again.

    Returns:
        `{"path", "model", "difference"}`: the new folder, its facts, and how far its logits are
        from those of base and adapter.

    Raises:
        AdapterUnfit: it is for another base, or its shapes are other ones.
        ModelProblem: one of the folders may not be read.
        MergeDiffers: the numbers do not bear the merge; nothing is kept.
        TooLittleMemory, DiskFull, WorkStopped: nothing is kept.

    """
    ask = MergeAsk.model_validate(ctx.spec.options)
    inputs = ctx.spec.inputs
    base, name = Path(inputs["model_path"]), str(inputs["model_name"])
    facts = inspect_folder({"path": str(base)})
    adapter = adapters.read(Path(ask.adapter).expanduser(), name)
    _check_base(ask, adapter, base, facts, inputs)
    final = Path(inputs["models_dir"]) / ctx.spec.job_id
    with Weights(base) as weights:
        stored = next(iter(weights)).dtype
        total = weights.bytes
        count = sum(tensor.elements for tensor in weights)
    dtype: torch.dtype = getattr(torch, ask.dtype) if ask.dtype else _written(stored)
    _need_memory(count)
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(final.parent)
    size = count * dtype.itemsize
    need_room(ctx, final.parent, size)
    ctx.emit(EventType.STATE, {"state": "running"})
    steps = _Steps(ctx, total)
    model = _loaded(base, facts, adapter, name)
    steps.done("load")
    probes = _probes(facts)
    whole = _adapted(model, adapter, name)
    wanted = _logits(whole, probes)
    steps.done("compare")
    with staged(final, needed=size) as staging:
        merged = whole.merge_and_unload()
        merged.to(dtype)
        merged.config.dtype = dtype
        merged.save_pretrained(staging)
        config = (staging / "config.json").read_text("utf-8")
        copy_beside(base, staging, None)
        (staging / "config.json").write_text(config, encoding="utf-8")
        (staging / "README.md").write_text(_card(ctx, ask, facts, adapter), encoding="utf-8")
        steps.done("write")
        kind = type(merged)
        del merged, whole, model
        gc.collect()
        difference = _difference(staging, kind, probes, wanted, dtype)
        made = inspect_folder({"path": str(staging)})
        steps.done("check")
    return {"path": str(final), "model": made, "difference": difference}


class _Steps:
    """How far the merge is: each of its steps is as long as reading the weights."""

    _ALL = ("load", "compare", "write", "check")

    def __init__(self, ctx: WorkerContext, total: int) -> None:
        self._ctx = ctx
        self._total = total
        self._pace = Pace(ctx.emit, unit="byte")
        self._pace.told(0, total * len(self._ALL), self._ALL[0])

    def done(self, step: str) -> None:
        place = self._ALL.index(step) + 1
        following = self._ALL[place] if place < len(self._ALL) else ""
        self._pace.told(self._total * place, self._total * len(self._ALL), following)
        if self._ctx.should_stop():
            raise WorkStopped


def _check_base(
    ask: MergeAsk, adapter: Adapter, base: Path, facts: dict[str, Any], inputs: dict[str, Any]
) -> None:
    known = [str(base), str(facts["config"].get("_name_or_path") or ""), *inputs["base_names"]]
    if ask.any_base or not adapter.base or adapters.names_base(adapter.base, known):
        return
    said = adapter.base[:200]
    raise AdapterUnfit(
        adapter=adapter.folder.name,
        model=str(inputs["model_name"]),
        base=said,
        reason=f"it was trained on “{said}”",
        reason_fa=f"روی «{said}» آموزش دیده است",
    )


def _written(stored: torch.dtype) -> torch.dtype:
    """The format of the base, where a merge can be written in it."""
    return stored if stored in _ALLOWED else torch.float32


def _need_memory(count: int) -> None:
    """Sums are done in fp32: an adapter's changes are smaller than bf16's steps."""
    needed, available = int(count * 4 * _SLACK), psutil.virtual_memory().available
    if needed > available:
        raise TooLittleMemory(needed=needed, available=available)


def _loaded(base: Path, facts: dict[str, Any], adapter: Adapter, name: str) -> Any:
    import transformers  # noqa: PLC0415 - seconds to import

    transformers.utils.logging.disable_progress_bar()
    task = {"SEQ_CLS": "ForSequenceClassification", "TOKEN_CLS": "ForTokenClassification"}
    ending = task.get(adapter.task) or next(
        (one for one in task.values() if facts["architecture"].endswith(one)), ""
    )
    loader = {
        "ForSequenceClassification": transformers.AutoModelForSequenceClassification,
        "ForTokenClassification": transformers.AutoModelForTokenClassification,
    }.get(ending, transformers.AutoModelForCausalLM)
    extra = {"num_labels": adapter.classes} if ending and adapter.classes else {}
    try:
        return _in_fp32(loader, base, **extra)
    except (ValueError, KeyError) as error:
        raise ModelUnsupported(model_type=str(facts["model_type"]), name=name) from error


def _in_fp32(kind: Any, folder: Path, **extra: Any) -> Any:
    """The model in a folder, by its class or an `Auto` one; nothing but safetensors is read."""
    return kind.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=torch.float32,
        attn_implementation="eager",
        **extra,
    ).eval()


def _adapted(model: Any, adapter: Adapter, name: str) -> Any:
    """PEFT's model around the base, with the adapter's tensors in it."""
    from peft import (  # noqa: PLC0415 - seconds to import
        LoraConfig,
        get_peft_model,
        set_peft_model_state_dict,
    )

    layers = dict(model.named_modules())
    for place in (*adapter.ranks, *adapter.saved):
        if place not in layers:
            raise _unfit(
                adapter, name, f"the model has no layer {place}", f"مدل لایهٔ {place} ندارد"
            )
    config = LoraConfig(
        r=max(adapter.ranks.values(), default=1),
        lora_alpha=adapter.alpha,
        target_modules=sorted(adapter.ranks),
        # PEFT takes these names for patterns: only whole, known places are given.
        rank_pattern={f"^{re.escape(place)}": rank for place, rank in adapter.ranks.items()},
        alpha_pattern={
            f"^{re.escape(place)}": alpha
            for place in adapter.ranks
            for end, alpha in adapter.alphas.items()
            if place == end or place.endswith(f".{end}")
        },
        modules_to_save=sorted(adapter.saved) or None,
        **adapter.flags,
    )
    whole = get_peft_model(model, config)
    try:
        left = set_peft_model_state_dict(whole, dict(adapter.tensors))
    except RuntimeError as error:  # of torch: shapes that do not fit
        said = str(error).splitlines()[-1].strip()[:200]
        raise _unfit(adapter, name, said, "اندازهٔ تنسورها نمی‌خواند") from error
    if left.unexpected_keys:
        shown = left.unexpected_keys[0][:120]
        raise _unfit(adapter, name, f"nothing takes {shown}", f"جایی برای {shown} نیست")
    lacking = [key for key in left.missing_keys if ".lora_" in key]
    if lacking:
        shown = lacking[0][:120]
        raise _unfit(adapter, name, f"it lacks {shown}", f"{shown} را ندارد")
    return whole.eval()


def _unfit(adapter: Adapter, name: str, reason: str, reason_fa: str) -> AdapterUnfit:
    return AdapterUnfit(adapter=adapter.folder.name, model=name, reason=reason, reason_fa=reason_fa)


def _probes(facts: dict[str, Any]) -> torch.Tensor:
    """Texts of any tokens: what both models make of them is compared."""
    draw = torch.Generator().manual_seed(7)
    length = min(_PROBE_TOKENS, int(facts["context_length"]) or _PROBE_TOKENS)
    rows = max(2, int(facts["vocabulary"]))
    return torch.randint(0, rows, (_PROBES, length), generator=draw)


@torch.no_grad()
def _logits(model: Any, probes: torch.Tensor) -> torch.Tensor:
    logits: torch.Tensor = model(
        input_ids=probes, attention_mask=torch.ones_like(probes)
    ).logits.float()
    return logits


def _difference(
    folder: Path, kind: type, probes: torch.Tensor, wanted: torch.Tensor, dtype: torch.dtype
) -> float:
    """How far what was written is from what was to be written.

    Raises:
        MergeDiffers: too far.

    """
    got = _logits(_in_fp32(kind, folder), probes)
    difference = float((got - wanted).norm() / wanted.norm().clamp_min(1e-12))
    allowed = _ALLOWED[dtype]
    if not difference <= allowed:  # also when it is no number
        raise MergeDiffers(difference=f"{difference:.3g}", allowed=f"{allowed:.3g}")
    return difference


def _card(ctx: WorkerContext, ask: MergeAsk, facts: dict[str, Any], adapter: Adapter) -> str:
    inputs = ctx.spec.inputs
    return Card(
        name=ctx.spec.name,
        license=str(inputs.get("license") or facts["license"]),
        base=str(inputs.get("base_repo") or inputs["model_name"]),
        way="merged",
        recipe=f"merge · {adapter.folder.name}",
        parameters=int(facts["parameters"]),
        dtype=str(ask.dtype or facts["dtype"]),
        context_length=int(facts["context_length"]),
        normalised=facts.get("normaliser") is not None,
    ).render()
