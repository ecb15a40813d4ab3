"""Finding options under which a run fits: the smallest change, and the dial “fit this machine”.

Tries options against the estimate, which is arithmetic and takes a fraction of a millisecond; no
torch. Every change keeps the effective batch: a step learns from as many sequences as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..protocol.gate import Choice
from ..protocol.jobs import Estimate, Fit
from ..protocol.recipes import AdaptedOptions, TrainingOptions
from .estimate import Device, Needs, needs
from .notes import both

#: A change must leave this share of the memory free, or the next page of a browser breaks it.
_MARGIN = 0.08
#: The dial leaves more.
_DIAL_MARGIN = 0.2
#: Sequences are not cut shorter than this to make a run fit.
_SHORTEST = 64
#: Positions of a micro-batch from which on more of them make a step no faster.
_ENOUGH = {"cpu": 4096, "cuda": 32_768}
#: Micro-batches with fewer positions than this waste the processor.
_LEAST = 256


def smallest_change(
    wanted: Needs, options: TrainingOptions, device: Device
) -> dict[str, Any] | None:
    """The patch of `options` that makes the run fit and costs least; None when nothing does.

    In this order: smaller micro-batches with more accumulation, computing inner values again,
    shorter sequences, an adapter instead of all weights.
    """
    roomy = replace(device, memory=round(device.memory * (1 - _MARGIN)))
    tried = needs(wanted, options, roomy)
    if tried.disk_bytes > device.disk and not _disk_can_fit(wanted, options, device):
        return None
    for change in _changes(wanted, options):
        if needs(wanted, patched(options, change), roomy).fits:
            return change
    return None


def relief(options: TrainingOptions, *, continues: bool) -> dict[str, Any] | None:
    """What to change when even the smallest micro-batch ran out of memory; None when all was.

    Nothing is estimated here: the estimate has just been proved wrong.
    """
    if not options.gradient_checkpointing:
        return {"gradient_checkpointing": True}
    if isinstance(options, AdaptedOptions) and options.method == "full" and continues:
        return {"method": "lora"}
    if options.sequence_length // 2 >= _SHORTEST:
        more = min(4096, 2 * options.gradient_accumulation)
        return {"sequence_length": options.sequence_length // 2, "gradient_accumulation": more}
    return None


def patched(options: TrainingOptions, change: dict[str, Any]) -> TrainingOptions:
    """`options` with `change`, checked again."""
    return type(options).model_validate(options.model_dump() | change)


def _changes(wanted: Needs, options: TrainingOptions) -> Iterator[dict[str, Any]]:
    """Patches from the cheapest to the dearest."""
    methods: list[dict[str, Any]] = [{}]
    if isinstance(options, AdaptedOptions) and options.method == "full" and wanted.continues:
        methods.append({"method": "lora"})
    fewer = [{}, {"keep_checkpoints": 2}] if options.keep_checkpoints > 2 else [{}]
    again = [{}] if options.gradient_checkpointing else [{}, {"gradient_checkpointing": True}]
    for method in methods:
        for length in _lengths(options.sequence_length):
            for kept in fewer:
                for inner in again:
                    for batch in _batches(options, length):
                        change = method | batch | inner | kept
                        if change:
                            yield change


def _lengths(length: int) -> Iterator[int]:
    yield length
    while length // 2 >= _SHORTEST:
        length //= 2
        yield length


def _batches(options: TrainingOptions, length: int) -> Iterator[dict[str, Any]]:
    """Micro-batches from as large as asked down to one sequence, in equal effective batches."""
    times = options.sequence_length // length
    shorter = {} if times == 1 else {"sequence_length": length}
    for size in _divisors(options.batch_size):
        more = options.batch_size // size * options.gradient_accumulation * times
        if more > 4096:
            return
        if size == options.batch_size and times == 1:
            yield {}
        elif size * length >= min(_LEAST, options.batch_size * length):
            yield {**shorter, "batch_size": size, "gradient_accumulation": more}
    if length < _LEAST and options.batch_size > 1:
        more = options.batch_size * options.gradient_accumulation * times
        if more <= 4096:
            yield {**shorter, "batch_size": 1, "gradient_accumulation": more}


def _divisors(number: int) -> list[int]:
    """From `number` down to 1."""
    small = [n for n in range(1, int(number**0.5) + 1) if number % n == 0]
    return sorted({*small, *(number // n for n in small)}, reverse=True)


def _disk_can_fit(wanted: Needs, options: TrainingOptions, device: Device) -> bool:
    """Whether any change of ours makes the checkpoints small enough."""
    least: dict[str, Any] = {"keep_checkpoints": 2}
    if isinstance(options, AdaptedOptions) and options.method == "full" and wanted.continues:
        least["method"] = "lora"
    return needs(wanted, patched(options, least), device).disk_bytes <= device.disk


def fit_machine(wanted: Needs, options: TrainingOptions, device: Device) -> Fit:
    """The dial: batch, accumulation, precision and checkpointing for this machine, and why.

    The effective batch stays. What does not fit even so is mended like a refused run.
    """
    roomy = replace(device, memory=round(device.memory * (1 - _DIAL_MARGIN)))
    change: dict[str, Any] = {"precision": "auto", "devices": 1}
    effective = options.batch_size * options.gradient_accumulation
    found: dict[str, Any] | None = None
    for again in (False, True):
        for size in _divisors(effective):
            if size > 4096 or effective // size > 4096:
                continue
            if size > 1 and size * options.sequence_length > _ENOUGH[device.kind]:
                continue
            tried = change | {
                "batch_size": size,
                "gradient_accumulation": effective // size,
                "gradient_checkpointing": again,
            }
            if needs(wanted, patched(options, tried), roomy).fits:
                found = tried
                break
        if found:
            break
    if found is None:
        start = patched(options, change | {"gradient_checkpointing": True})
        more = smallest_change(wanted, start, device) or {}
        found = change | {"gradient_checkpointing": True} | more
    final = patched(options, found)
    estimate = needs(wanted, final, device)
    before = options.model_dump()
    return Fit(
        change={name: value for name, value in found.items() if before[name] != value},
        chosen=_reasons(final, estimate, device),
        estimate=estimate,
    )


def _reasons(options: TrainingOptions, estimate: Estimate, device: Device) -> list[Choice]:
    """What was decided, in the order of the form."""
    effective = options.batch_size * options.gradient_accumulation
    needed = f"{estimate.memory_bytes / 1e9:.1f}"
    free = f"{device.memory / 1e9:.1f}"
    chosen = [
        Choice(
            option="batch_size",
            value=options.batch_size,
            why=both(
                en=f"The largest that helps and leaves room: about {needed} of {free} GB.",
                fa=f"بزرگ‌ترین اندازهٔ سودمندی که جا می‌شود: حدود {needed} از {free} گیگابایت.",
            ),
        ),
        Choice(
            option="gradient_accumulation",
            value=options.gradient_accumulation,
            why=both(
                en=f"A step still learns from {effective} sequences, as you asked.",
                fa=f"هر گام همچنان از {effective} دنباله می‌آموزد، همان که خواستید.",
            ),
        ),
        Choice(
            option="precision",
            value=options.precision,
            why=both(en="The device has bf16.", fa="دستگاه bf16 دارد.")
            if device.bf16
            else both(
                en="This device has no bf16 instructions, so auto means fp32 here.",
                fa="این دستگاه دستورهای bf16 ندارد؛ پس auto این‌جا یعنی fp32.",
            ),
        ),
        Choice(
            option="gradient_checkpointing",
            value=options.gradient_checkpointing,
            why=both(
                en="Without it the run does not fit; it costs about a third more time.",
                fa="بی آن جا نمی‌شود؛ حدود یک‌سوم به زمان می‌افزاید.",
            )
            if options.gradient_checkpointing
            else both(
                en="Not needed: all inner values fit in memory.",
                fa="لازم نیست: همهٔ مقدارهای میانی در حافظه جا می‌شوند.",
            ),
        ),
    ]
    if isinstance(options, AdaptedOptions) and options.method == "lora":
        note = both(
            en="Only an adapter learns: its gradients and moments take little memory.",
            fa="تنها آداپتوری می‌آموزد: گرادیان و گشتاورهایش حافظهٔ کمی می‌گیرند.",
        )
        chosen.append(Choice(option="method", value="lora", why=note))
    return chosen
