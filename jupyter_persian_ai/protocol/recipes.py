"""Recipes' options: the form in the panel is drawn from their JSON Schema.

Each field carries its help in Persian and English (`title`, `title_fa`, `description`,
`help_fa`), its unit and its group. No torch here: the server reads this, workers obey it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from .base import Ask, Wire
from .data import TASKS


def option(
    default: Any,
    en: str,
    fa: str,
    help_en: str,
    help_fa: str,
    group: str = "main",
    **limits: Any,
) -> Any:
    """A field of a form: default, label and help in both languages, group, limits."""
    extra: dict[str, JsonValue] = {"title_fa": fa, "help_fa": help_fa, "group": group}
    return Field(default, title=en, description=help_en, json_schema_extra=extra, **limits)


def peak_rate(default: float, full: str = "", adapter: str = "") -> Any:
    """The learning rate of a recipe; `full` and `adapter` are what usually serves each method."""
    en = "The peak of the schedule: warm-up, then cosine decay."
    fa = "اوج برنامه: گرم‌شدن و سپس کاهش کسینوسی."
    if full:
        en += f" About {full} for full weights, {adapter} for an adapter."
        fa += f" حدود {full} برای همهٔ وزن‌ها و {adapter} برای آداپتور."
    return option(default, "Learning rate", "نرخ یادگیری", en, fa, gt=0, le=1.0)


class TrainingOptions(Ask):
    """What every recipe needs."""

    epochs: float = option(
        3.0, "Epochs", "دور",
        "How many times the whole dataset is read.",
        "کل داده چند بار خوانده شود.",
        gt=0, le=1000,
    )  # fmt: skip
    max_steps: int | None = option(
        None, "Steps at most", "سقف گام",
        "Stop after this many optimiser steps; empty means by epochs alone.",
        "پس از این تعداد گام تمام شود؛ خالی یعنی فقط بر پایهٔ دور.",
        ge=1, le=10_000_000,
    )  # fmt: skip
    learning_rate: float = peak_rate(3e-4)
    batch_size: int = option(
        8, "Batch size", "اندازهٔ دسته",
        "Packed sequences in one micro-batch; more needs more memory.",
        "تعداد دنباله‌های پر در هر ریزدسته؛ بیشتر یعنی حافظهٔ بیشتر.",
        ge=1, le=4096,
    )  # fmt: skip
    gradient_accumulation: int = option(
        1, "Gradient accumulation", "انباشت گرادیان",
        "Micro-batches that make one step.",
        "چند ریزدسته یک گام را می‌سازند.",
        "advanced", ge=1, le=4096,
    )  # fmt: skip
    sequence_length: int = option(
        256, "Sequence length", "طول دنباله",
        "Tokens in one packed sequence.",
        "تعداد توکن در هر دنبالهٔ پر.",
        ge=16, le=131_072,
    )  # fmt: skip
    warmup_ratio: float = option(
        0.05, "Warm-up", "گرم‌شدن",
        "Share of the steps in which the learning rate rises.",
        "سهمی از گام‌ها که نرخ یادگیری در آن بالا می‌رود.",
        "advanced", ge=0, le=0.5,
    )  # fmt: skip
    weight_decay: float = option(
        0.1, "Weight decay", "کاهش وزن",
        "AdamW’s decoupled weight decay, on matrices only.",
        "کاهش وزن AdamW، تنها روی ماتریس‌ها.",
        "advanced", ge=0, le=1,
    )  # fmt: skip
    max_grad_norm: float = option(
        1.0, "Gradient clipping", "سقف گرادیان",
        "Gradients with a larger norm are scaled down to it.",
        "گرادیان‌های بزرگ‌تر تا این اندازه کوچک می‌شوند.",
        "advanced", gt=0, le=1000,
    )  # fmt: skip
    eval_every: int = option(
        50, "Evaluate every", "ارزیابی هر",
        "Steps between evaluations; a sample is written at each.",
        "چند گام میان دو ارزیابی؛ در هر کدام یک نمونه نوشته می‌شود.",
        "watch", ge=1, le=1_000_000,
    )  # fmt: skip
    eval_fraction: float = option(
        0.05, "Held out", "کنار گذاشته",
        "Share of the rows kept for evaluation.",
        "سهمی از سطرها که برای ارزیابی کنار می‌ماند.",
        "watch", ge=0, le=0.5,
    )  # fmt: skip
    checkpoint_every: int = option(
        50, "Checkpoint every", "چک‌پوینت هر",
        "Steps between checkpoints; after a crash at most these are repeated.",
        "چند گام میان دو چک‌پوینت؛ پس از خرابی حداکثر همین‌ها تکرار می‌شود.",
        "watch", ge=1, le=1_000_000,
    )  # fmt: skip
    keep_checkpoints: int = option(
        2, "Keep checkpoints", "نگه‌داشتن چک‌پوینت",
        "How many of the newest stay; the best one stays besides.",
        "چند چک‌پوینت تازه می‌ماند؛ بهترین هم جداگانه می‌ماند.",
        "watch", ge=2, le=100,
    )  # fmt: skip
    sample_prompt: str = option(
        "", "Sample prompt", "آغاز نمونه",
        "The model continues this at each evaluation.",
        "مدل در هر ارزیابی این را ادامه می‌دهد.",
        "watch", max_length=2000,
    )  # fmt: skip
    checkpoint_minutes: float | None = option(
        None, "Checkpoint minutes", "چک‌پوینت هر چند دقیقه",
        "Besides the steps above, one at least this often; empty means by steps alone.",
        "افزون بر گام‌های بالا، دست‌کم هر چند دقیقه یکی؛ خالی یعنی تنها بر پایهٔ گام.",
        "watch", gt=0, le=10_000,
    )  # fmt: skip
    keep_best: bool = option(
        True, "Result from the best", "نتیجه از بهترین",
        "The result holds the weights of the best evaluation, not of the last step.",
        "نتیجه وزن‌های بهترین ارزیابی را دارد، نه واپسین گام را.",
        "watch",
    )  # fmt: skip
    early_stopping: int | None = option(
        None, "Early stopping", "توقف زودهنگام",
        "End after this many evaluations without a better one; empty means never.",
        "پس از این تعداد ارزیابیِ بی‌بهبود پایان یابد؛ خالی یعنی هرگز.",
        "watch", ge=1, le=1000,
    )  # fmt: skip
    stop_on_divergence: bool = option(
        True, "Stop when it diverges", "توقف هنگام واگرایی",
        "A loss that is no number, or that runs away, ends the run; else it is only said.",
        "خطایی که عدد نباشد یا از دست برود کار را پایان می‌دهد؛ وگرنه تنها گفته می‌شود.",
        "watch",
    )  # fmt: skip
    stop_on_plateau: bool = option(
        False, "Stop on a plateau", "توقف در سکون",
        "A loss that no longer moves ends the run; else it is only said.",
        "خطایی که دیگر تکان نمی‌خورد کار را پایان می‌دهد؛ وگرنه تنها گفته می‌شود.",
        "watch",
    )  # fmt: skip
    gradient_checkpointing: bool = option(
        False, "Gradient checkpointing", "بازمحاسبهٔ میانی‌ها",
        "Computes inner values again in the backward pass: much less memory, about a third slower.",
        "مقدارهای میانی را در گذر پس‌رو دوباره می‌سازد: حافظهٔ بسیار کمتر، حدود یک‌سوم کندتر.",
        "advanced",
    )  # fmt: skip
    compile: bool = option(
        False, "Compile", "کامپایل",
        "torch.compile for the layers, without their attention. Measured on a processor: about "
        "4 % faster, after some 10 to 30 seconds of compiling; so it pays in long runs only.",
        "torch.compile برای لایه‌ها، جز توجه. اندازه‌گیری روی پردازنده: حدود ۴٪ تندتر، پس از ۱۰ تا "
        "۳۰ ثانیه کامپایل؛ پس تنها در آموزش بلند می‌ارزد.",
        "advanced",
    )  # fmt: skip
    devices: int = option(
        1, "Devices", "دستگاه‌ها",
        "GPUs of this machine that share each step and the model between them (FSDP2); the result "
        "is the same. On a machine without GPUs they are processes: slower than one, for trying.",
        "تعداد GPUهای این ماشین که هر گام و خود مدل را میان خود بخش می‌کنند (FSDP2)؛ نتیجه همان "
        "است. بر ماشینی بی GPU، چند فرایندند: کندتر از یکی، و تنها برای آزمودن.",
        "advanced", ge=1, le=64,
    )  # fmt: skip
    precision: Literal["auto", "bf16", "fp32"] = option(
        "auto", "Precision", "دقت عددی",
        "auto takes bf16 where the device has it. fp16 is never used on a CPU.",
        "حالت auto هر جا دستگاه داشته باشد bf16 را برمی‌دارد. fp16 روی پردازنده هرگز.",
        "advanced",
    )  # fmt: skip
    seed: int = option(
        1405, "Seed", "بذر",
        "The same seed gives the same run.",
        "بذر یکسان، آموزش یکسان می‌دهد.",
        "advanced", ge=0, le=2**31 - 1,
    )  # fmt: skip


class LoraOptions(Ask):
    """Low-rank adapters (PEFT)."""

    rank: int = option(
        16, "LoRA rank", "رتبهٔ LoRA", "Width of the adapter.", "پهنای آداپتور.", "method",
        ge=1, le=512,
    )  # fmt: skip
    alpha: int = option(
        32, "LoRA alpha", "آلفای LoRA", "Scale of the adapter.", "مقیاس آداپتور.", "method",
        ge=1, le=2048,
    )  # fmt: skip
    dropout: float = option(
        0.0, "LoRA dropout", "دراپ‌اوت LoRA", "Dropout in the adapter.", "دراپ‌اوت در آداپتور.",
        "method", ge=0, le=0.9,
    )  # fmt: skip


class ModelShape(Ask):
    """A small Llama from scratch."""

    vocab_size: int = option(
        4096, "Vocabulary", "اندازهٔ واژگان",
        "Tokens of the byte-level BPE tokenizer trained on the data.",
        "تعداد توکن‌های توکنایزر BPE بایتی که روی داده آموزش می‌بیند.",
        "model", ge=300, le=262_144,
    )  # fmt: skip
    hidden_size: int = option(
        256, "Hidden size", "اندازهٔ نهان", "Width of the model.", "پهنای مدل.", "model",
        ge=32, le=16_384,
    )  # fmt: skip
    layers: int = option(
        6, "Layers", "لایه", "Depth of the model.", "ژرفای مدل.", "model", ge=1, le=128
    )
    heads: int = option(
        4, "Attention heads", "سر توجه", "Must divide the hidden size.",
        "باید اندازهٔ نهان را بشمارد.", "model", ge=1, le=128,
    )  # fmt: skip

    @model_validator(mode="after")
    def _heads_divide(self) -> ModelShape:
        if self.hidden_size % (2 * self.heads):
            raise ValueError("hidden_size must be a multiple of 2 × heads")
        return self


class AdaptedOptions(TrainingOptions):
    """What every recipe needs that may train an adapter instead of all weights."""

    method: Literal["full", "lora", "qlora"] = option(
        "full", "Method", "روش",
        "full trains all weights; lora trains a small adapter and merges it at the end; qlora "
        "does so on weights of four bits, where the device can.",
        "full همهٔ وزن‌ها را می‌آموزد؛ lora آداپتوری کوچک می‌آموزد و در پایان ادغامش می‌کند؛ qlora "
        "همین را روی وزن‌های چهاربیتی می‌کند، هر جا دستگاه بتواند.",
        "method",
    )  # fmt: skip
    lora: LoraOptions = Field(
        default_factory=LoraOptions,
        title="LoRA",
        description="Used when the method is lora or qlora.",
        json_schema_extra={
            "title_fa": "LoRA",
            "help_fa": "وقتی روش lora یا qlora باشد به کار می‌رود.",
            "group": "method",
        },
    )

    @property
    def adapter(self) -> bool:
        """Whether only an adapter learns."""
        return self.method != "full"


class PretrainOptions(AdaptedOptions):
    """`pretrain`: learn raw text, from scratch or continuing from a model folder."""

    shape: ModelShape = Field(
        default_factory=ModelShape,
        title="New model",
        description="Used when no model is chosen to continue from.",
        json_schema_extra={
            "title_fa": "مدل تازه",
            "help_fa": "وقتی مدلی برای ادامه برگزیده نشده به کار می‌رود.",
            "group": "model",
        },
    )


class SftOptions(AdaptedOptions):
    """`sft`: learn to answer. The loss is on the assistant's turns only."""

    learning_rate: float = peak_rate(2e-4)


class ClassifyOptions(AdaptedOptions):
    """`classify`: a label for a text, or for a pair of texts."""

    learning_rate: float = peak_rate(5e-5, "5e-5", "2e-4")


class NerOptions(AdaptedOptions):
    """`ner`: a BIO tag for every word."""

    learning_rate: float = peak_rate(5e-5, "5e-5", "2e-4")


class DpoOptions(AdaptedOptions):
    """`dpo`: prefer the chosen answer to the rejected one (Rafailov et al., 2023)."""

    learning_rate: float = peak_rate(5e-6, "5e-6", "5e-5")
    beta: float = option(
        0.1, "Beta", "بتا",
        "How strongly the model is held to where it began; less lets it move further.",
        "مدل چقدر به جای آغازش بسته بماند؛ کمتر یعنی آزادتر.",
        "method", gt=0, le=10,
    )  # fmt: skip


OPTIONS: dict[str, type[TrainingOptions]] = {
    "pretrain": PretrainOptions,
    "sft": SftOptions,
    "classify": ClassifyOptions,
    "ner": NerOptions,
    "dpo": DpoOptions,
}


class Recipe(Wire):
    """A recipe as `GET training/recipes` lists it."""

    id: str
    title: str
    title_fa: str
    summary: str
    summary_fa: str
    dataset_shapes: list[str] = Field(description="shapes of datasets it can learn from")
    needs_model: bool
    takes_test: bool = Field(
        default=True, description="whether its result can be judged on test data"
    )
    model_tasks: list[str] = Field(
        default=["text-generation"], description="tasks of models that it can continue from"
    )
    schema_: dict[str, Any] = Field(serialization_alias="schema", validation_alias="schema")


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        id="pretrain",
        title="Pretrain",
        title_fa="پیش‌آموزش",
        summary="Learn to write from raw text: a small new model, or one you continue.",
        summary_fa="نوشتن را از متن خام می‌آموزد: مدلی کوچک و تازه، یا ادامهٔ مدلی که دارید.",
        dataset_shapes=["text", "prompt_answer", "messages"],
        needs_model=False,
        schema=PretrainOptions.model_json_schema(),
    ),
    Recipe(
        id="sft",
        title="Fine-tune on answers",
        title_fa="تنظیم با پرسش و پاسخ",
        summary="Learn to answer from exchanges or whole conversations; only answers are scored.",
        summary_fa="پاسخ دادن را از پرسش‌وپاسخ یا گفت‌وگو می‌آموزد؛ تنها پاسخ‌ها سنجیده می‌شود.",
        dataset_shapes=["prompt_answer", "messages"],
        needs_model=True,
        schema=SftOptions.model_json_schema(),
    ),
    Recipe(
        id="classify",
        title="Classify",
        title_fa="دسته‌بندی",
        summary="Learn a label for a text or a pair of texts: topic, sentiment, entailment.",
        summary_fa="برچسب یک متن یا یک جفت متن را می‌آموزد: موضوع، احساس، استلزام.",
        dataset_shapes=["text_label", "pair_label"],
        needs_model=True,
        model_tasks=list(TASKS),
        schema=ClassifyOptions.model_json_schema(),
    ),
    Recipe(
        id="ner",
        title="Tag words",
        title_fa="برچسب‌زنی واژه‌ها",
        summary="Learn a tag for every word, such as names of people and places (NER).",
        summary_fa="برای هر واژه برچسبی می‌آموزد، مانند نام کسان و جاها (NER).",
        dataset_shapes=["tokens_tags"],
        needs_model=True,
        model_tasks=list(TASKS),
        schema=NerOptions.model_json_schema(),
    ),
    Recipe(
        id="dpo",
        title="Prefer (DPO)",
        title_fa="ترجیح (DPO)",
        summary="Learn to prefer the chosen answer of each pair to the rejected one.",
        summary_fa="می‌آموزد در هر جفت، پاسخ برگزیده را از پاسخ ردشده بهتر بداند.",
        dataset_shapes=["preference"],
        needs_model=True,
        takes_test=False,
        schema=DpoOptions.model_json_schema(),
    ),
)
