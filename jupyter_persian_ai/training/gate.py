"""The launch gate's checks: what was looked at, what is wrong, why, and the change that mends it.

Facts come in, sentences in both languages go out. Starts nothing and measures nothing; no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..protocol.base import Note
from ..protocol.gate import GateCheck
from ..protocol.jobs import Estimate
from ..protocol.recipes import AdaptedOptions, TrainingOptions
from .estimate import Device, Needs
from .fitting import smallest_change
from .notes import both

#: Of rows that lose their end before a word is said of it.
_CUT_SHARE = 0.05
_GENERATES = frozenset({"pretrain", "sft", "dpo"})


@dataclass(frozen=True, slots=True)
class Libraries:
    """Packages that an option needs and that may be missing."""

    bitsandbytes: bool = False


def checks(
    wanted: Needs,
    options: TrainingOptions,
    device: Device,
    estimate: Estimate,
    libraries: Libraries,
) -> list[GateCheck]:
    """Every check of a run, in the order in which it would meet them."""
    change = None if estimate.fits else smallest_change(wanted, options, device)
    normalising = wanted.recipes.check()
    return [
        _data(wanted, options),
        *([normalising] if normalising else []),
        _model(wanted, options),
        _options(options, device, libraries),
        _memory(estimate, change),
        _disk(estimate, change),
    ]


def refusing(gate: list[GateCheck]) -> GateCheck | None:
    """The first check that refuses the run."""
    return next((check for check in gate if check.ok is False), None)


def _data(wanted: Needs, options: TrainingOptions) -> GateCheck:
    title = both(en="Data", fa="داده")
    if wanted.recipe == "classify" and wanted.labels == 1:
        return GateCheck(
            code="data",
            ok=False,
            title=title,
            cause=both(en="Every row has the same label.", fa="همهٔ سطرها یک برچسب دارند."),
            mend=both(
                en="Choose data with at least two labels.",
                fa="داده‌ای با دست‌کم دو برچسب برگزینید.",
            ),
        )
    counted = wanted.count(options)
    if counted.lost >= 1:
        return GateCheck(
            code="data",
            ok=False,
            title=title,
            cause=both(
                en=f"No row leaves anything to learn within {options.sequence_length} tokens.",
                fa=f"در {options.sequence_length} توکن از هیچ سطری چیزی برای آموختن نمی‌ماند.",
            ),
            mend=_longer(options),
            change={"sequence_length": min(131_072, 2 * options.sequence_length)},
        )
    if counted.cut > _CUT_SHARE or counted.lost > 0.01:
        share = f"{100 * max(counted.cut, counted.lost):.0f}"
        return GateCheck(
            code="data",
            ok=None,
            title=title,
            cause=both(
                en=f"About {share} % of the rows are longer than a sequence and lose their end.",
                fa=f"حدود {share} درصد سطرها از طول دنباله بلندترند و پایانشان بریده می‌شود.",
            ),
            mend=_longer(options),
            change={"sequence_length": min(131_072, 2 * options.sequence_length)},
        )
    return GateCheck(
        code="data",
        ok=True,
        title=title,
        cause=both(
            en=f"{wanted.rows} rows, of a shape that this recipe reads.",
            fa=f"{wanted.rows} سطر، به شکلی که این دستور می‌خواند.",
        ),
    )


def _longer(options: TrainingOptions) -> Note:
    length = min(131_072, 2 * options.sequence_length)
    return both(
        en=f"Make the sequence {length} tokens long.", fa=f"طول دنباله را {length} توکن کنید."
    )


def _model(wanted: Needs, options: TrainingOptions) -> GateCheck:
    title = both(en="Model", fa="مدل")
    model = wanted.model(options)
    if model.encoder and wanted.recipe in _GENERATES:
        return GateCheck(
            code="model",
            ok=False,
            title=title,
            cause=both(
                en=f"Models of type {model.family} read but do not write.",
                fa=f"مدل‌های نوع {model.family} می‌خوانند ولی نمی‌نویسند.",
            ),
            mend=both(en="Choose a causal language model.", fa="یک مدل زبانی علّی برگزینید."),
        )
    if 0 < model.positions < options.sequence_length:
        return GateCheck(
            code="model",
            ok=None,
            title=title,
            cause=both(
                en=f"It has positions for {model.positions} tokens; sequences will be that long.",
                fa=f"برای {model.positions} توکن جا دارد؛ دنباله‌ها همان‌قدر خواهند بود.",
            ),
            mend=both(
                en=f"Make the sequence {model.positions} tokens long.",
                fa=f"طول دنباله را {model.positions} توکن کنید.",
            ),
            change={"sequence_length": model.positions},
        )
    if not model.known:
        return GateCheck(
            code="model",
            ok=None,
            title=title,
            cause=both(
                en=f"Layers of type {model.family or 'unknown'} are not counted here; memory is "
                "a guess.",
                fa=f"لایه‌های نوع {model.family or 'ناشناخته'} این‌جا شمرده نشده‌اند؛ حافظه حدس است.",
            ),
            mend=both(en="Try one step first.", fa="نخست یک گام را بیازمایید."),
        )
    return GateCheck(
        code="model",
        ok=True,
        title=title,
        cause=both(
            en="A kind whose layers are known." if wanted.continues else "A new Llama.",
            fa="نوعی که لایه‌هایش شناخته است." if wanted.continues else "مدلی تازه از نوع Llama.",
        ),
    )


def _options(options: TrainingOptions, device: Device, libraries: Libraries) -> GateCheck:
    title = both(en="Options", fa="گزینه‌ها")

    def told(
        cause: Note, mend: Note, change: dict[str, Any], *, ok: bool | None = False
    ) -> GateCheck:
        return GateCheck(code="options", ok=ok, title=title, cause=cause, mend=mend, change=change)

    method = options.method if isinstance(options, AdaptedOptions) else "full"
    if method == "qlora" and not libraries.bitsandbytes:
        return told(
            both(
                en="qlora needs the package bitsandbytes, which is not installed.",
                fa="qlora بستهٔ bitsandbytes را می‌خواهد که نصب نیست.",
            ),
            both(en="Use lora instead.", fa="به‌جایش lora را به کار ببرید."),
            {"method": "lora"},
        )
    if not device.gpus and 1 < options.devices <= device.cores:
        return told(
            both(
                en="Without GPUs, devices are processes that share the processor.",
                fa="بی GPU، دستگاه‌ها فرایندهایی‌اند که پردازنده را با هم دارند.",
            ),
            both(
                en="One is faster; several are for trying.", fa="یکی تندتر است؛ چند تا برای آزمودن."
            ),
            {"devices": 1},
            ok=None,
        )
    if options.devices > max(1, device.gpus):
        return told(
            both(
                en=f"{options.devices} devices were asked for and {device.gpus} GPUs are here.",
                fa=f"{options.devices} دستگاه خواسته شده و {device.gpus} GPU هست.",
            ),
            both(en="Use those that are there.", fa="همان‌ها را که هست به کار ببرید."),
            {"devices": max(1, device.gpus)},
        )
    if options.precision == "bf16" and device.measured and not device.bf16:
        return told(
            both(
                en="The device has no bf16 instructions; fp32 will be used.",
                fa="دستگاه دستورهای bf16 ندارد؛ fp32 به کار می‌رود.",
            ),
            both(en="Say auto.", fa="auto را برگزینید."),
            {"precision": "auto"},
            ok=None,
        )
    if options.max_steps is None and options.eval_fraction == 0 and options.early_stopping:
        return told(
            both(
                en="Early stopping has nothing to go by: no rows are held out.",
                fa="توقف زودهنگام معیاری ندارد: سطری کنار گذاشته نشده است.",
            ),
            both(en="Hold out 5 % of the rows.", fa="۵٪ سطرها را کنار بگذارید."),
            {"eval_fraction": 0.05},
        )
    return GateCheck(
        code="options",
        ok=True,
        title=title,
        cause=both(
            en="They agree with each other and this machine.", fa="با هم و با این دستگاه سازگارند."
        ),
    )


def _memory(estimate: Estimate, change: dict[str, Any] | None) -> GateCheck:
    title = both(en="Memory", fa="حافظه")
    needed, free = estimate.memory_bytes, estimate.memory_available
    told = f"{needed / 1e9:.1f}", f"{free / 1e9:.1f}"
    if needed > free:
        return GateCheck(
            code="memory",
            ok=False,
            title=title,
            cause=both(
                en=f"It needs about {told[0]} GB and {told[1]} GB are free.",
                fa=f"حدود {told[0]} گیگابایت می‌خواهد و {told[1]} گیگابایت آزاد است.",
            ),
            mend=mend_of(change),
            change=change,
        )
    sure = estimate.certainty.get("memory_bytes")
    tight = sure is not None and needed * (1 + sure.share) > free
    return GateCheck(
        code="memory",
        ok=None if tight else True,
        title=title,
        cause=both(
            en=f"It may be tight: about {told[0]} of {told[1]} GB."
            if tight
            else f"About {told[0]} of {told[1]} GB.",
            fa=f"شاید تنگ شود: حدود {told[0]} از {told[1]} گیگابایت."
            if tight
            else f"حدود {told[0]} از {told[1]} گیگابایت.",
        ),
        mend=both(en="Try one step first.", fa="نخست یک گام را بیازمایید.") if tight else None,
    )


def _disk(estimate: Estimate, change: dict[str, Any] | None) -> GateCheck:
    title = both(en="Disk", fa="دیسک")
    needed, free = estimate.disk_bytes, estimate.disk_available
    told = f"{needed / 1e9:.1f}", f"{free / 1e9:.1f}"
    if needed > free:
        return GateCheck(
            code="disk",
            ok=False,
            title=title,
            cause=both(
                en=f"Checkpoints and result need about {told[0]} GB and {told[1]} GB are free.",
                fa=f"چک‌پوینت‌ها و نتیجه حدود {told[0]} گیگابایت می‌خواهند و {told[1]} آزاد است.",
            ),
            mend=mend_of(change) if change else both(en="Free some space.", fa="کمی جا باز کنید."),
            change=change,
        )
    return GateCheck(
        code="disk",
        ok=True,
        title=title,
        cause=both(
            en=f"About {told[0]} of {told[1]} GB.", fa=f"حدود {told[0]} از {told[1]} گیگابایت."
        ),
    )


_WORDS = {
    "batch_size": ("batch size {}", "اندازهٔ دسته {}"),
    "gradient_accumulation": ("accumulation {}", "انباشت {}"),
    "gradient_checkpointing": ("gradient checkpointing", "بازمحاسبهٔ میانی‌ها"),
    "sequence_length": ("sequences of {} tokens", "دنباله‌های {} توکنی"),
    "method": ("method {}", "روش {}"),
    "keep_checkpoints": ("{} checkpoints kept", "نگه‌داشتن {} چک‌پوینت"),
}


def mend_of(change: dict[str, Any] | None) -> Note:
    """A patch of options as a sentence."""
    if not change:
        return both(
            en="No option makes it fit: choose a smaller model, or free memory.",
            fa="هیچ گزینه‌ای آن را جا نمی‌دهد: مدلی کوچک‌تر برگزینید، یا حافظه آزاد کنید.",
        )
    words = [(_WORDS.get(name, (f"{name} {{}}",) * 2), value) for name, value in change.items()]
    en = ", ".join(pair[0].format(value) for pair, value in words)
    fa = "، ".join(pair[1].format(value) for pair, value in words)
    return both(en=f"It fits with: {en}.", fa=f"با این‌ها جا می‌شود: {fa}.")
