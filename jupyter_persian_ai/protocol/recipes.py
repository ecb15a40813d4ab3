"""Recipes' options: the form in the panel is drawn from their JSON Schema.

Each field carries its help in Persian and English (`title`, `title_fa`, `description`,
`help_fa`), its unit and its group. No torch here: the server reads this, workers obey it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from .base import Ask, Wire


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
    learning_rate: float = option(
        3e-4, "Learning rate", "نرخ یادگیری",
        "The peak of the schedule: warm-up, then cosine decay.",
        "اوج برنامه: گرم‌شدن و سپس کاهش کسینوسی.",
        gt=0, le=1.0,
    )  # fmt: skip
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


class PretrainOptions(TrainingOptions):
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
    method: Literal["full", "lora"] = option(
        "full", "Method", "روش",
        "full trains all weights; lora trains a small adapter on a chosen model.",
        "full همهٔ وزن‌ها را می‌آموزد؛ lora آداپتوری کوچک روی مدل برگزیده.",
        "method",
    )  # fmt: skip
    lora: LoraOptions = Field(
        default_factory=LoraOptions,
        title="LoRA",
        description="Used when the method is lora.",
        json_schema_extra={
            "title_fa": "LoRA",
            "help_fa": "وقتی روش lora باشد به کار می‌رود.",
            "group": "method",
        },
    )


class SftOptions(TrainingOptions):
    """`sft`: learn to answer. The loss is on the answers only."""

    learning_rate: float = option(
        2e-4, "Learning rate", "نرخ یادگیری",
        "The peak of the schedule: warm-up, then cosine decay.",
        "اوج برنامه: گرم‌شدن و سپس کاهش کسینوسی.",
        gt=0, le=1.0,
    )  # fmt: skip
    method: Literal["full", "lora"] = option(
        "full", "Method", "روش",
        "full trains all weights; lora trains a small adapter, then merges it.",
        "full همهٔ وزن‌ها را می‌آموزد؛ lora آداپتوری کوچک می‌آموزد و سپس ادغامش می‌کند.",
        "method",
    )  # fmt: skip
    lora: LoraOptions = Field(
        default_factory=LoraOptions,
        title="LoRA",
        description="Used when the method is lora.",
        json_schema_extra={
            "title_fa": "LoRA",
            "help_fa": "وقتی روش lora باشد به کار می‌رود.",
            "group": "method",
        },
    )


OPTIONS: dict[str, type[TrainingOptions]] = {
    "pretrain": PretrainOptions,
    "sft": SftOptions,
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
    schema_: dict[str, Any] = Field(serialization_alias="schema", validation_alias="schema")


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        id="pretrain",
        title="Pretrain",
        title_fa="پیش‌آموزش",
        summary="Learn to write from raw text: a small new model, or one you continue.",
        summary_fa="نوشتن را از متن خام می‌آموزد: مدلی کوچک و تازه، یا ادامهٔ مدلی که دارید.",
        dataset_shapes=["text", "prompt_answer"],
        needs_model=False,
        schema=PretrainOptions.model_json_schema(),
    ),
    Recipe(
        id="sft",
        title="Fine-tune on answers",
        title_fa="تنظیم با پرسش و پاسخ",
        summary="Learn to answer from pairs of prompt and answer; only answers are scored.",
        summary_fa="پاسخ دادن را از جفت‌های پرسش و پاسخ می‌آموزد؛ تنها پاسخ‌ها سنجیده می‌شود.",
        dataset_shapes=["prompt_answer"],
        needs_model=True,
        schema=SftOptions.model_json_schema(),
    ),
)
