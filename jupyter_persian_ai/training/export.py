"""The result: a plain folder that transformers' `from_pretrained` loads, with its card.

The card says what went in, what was done, what came out, and what not to expect. Adapters are
merged here, so nobody needs PEFT to use the result. Must not change the weights otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..persian import recipe_file
from ..protocol.normaliser import NormaliserRecipe
from .durable import staged


@dataclass(frozen=True, slots=True)
class Card:
    """What the model card tells. `figures` are numbers by name; `base` names the first model."""

    name: str
    recipe: str
    dataset_name: str
    dataset_sha256: str
    dataset_rows: int
    options: dict[str, Any]
    figures: dict[str, float]
    parameters: int
    base: str = ""
    task: str = "text-generation"
    normaliser: NormaliserRecipe | None = None

    def render(self) -> str:
        """README.md in Persian and English."""
        figures = "\n".join(f"| {key} | {value:.6g} |" for key, value in self.figures.items())
        options = json.dumps(self.options, ensure_ascii=False, indent=2)
        base = _line(self.base)
        base_en = f"continued from `{base}`" if base else "trained from scratch"
        base_fa = f"ادامهٔ `{base}`" if base else "آموزش از صفر"
        return _CARD.format(
            name=_line(self.name),
            recipe=self.recipe,
            task=self.task,
            loader=_LOADERS[self.task],
            base_en=base_en,
            base_fa=base_fa,
            parameters=self.parameters,
            dataset=_line(self.dataset_name),
            sha256=self.dataset_sha256,
            rows=self.dataset_rows,
            figures=figures,
            options=options,
            normaliser_fa=_NORMALISED[0] if self.normaliser else _NORMALISED[2],
            normaliser_en=_NORMALISED[1] if self.normaliser else _NORMALISED[3],
        )


#: Of the texts, in Persian and English: with a recipe, and without one.
_NORMALISED = (
    f"متن‌ها با دستورِ `{recipe_file.NAME}` نرمال شده‌اند؛ پرسش‌ها را هم همان‌گونه نرمال کنید",
    f"texts were normalised with the recipe in `{recipe_file.NAME}`; normalise questions likewise",
    "متن‌ها همان‌گونه که بودند آموخته شده‌اند",
    "texts were learned as they were",
)

#: The class of transformers that loads a result, by task.
_LOADERS = {
    "text-generation": "AutoModelForCausalLM",
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
}


def _line(name: str) -> str:
    """A name from a user, as one line that cannot end the code span or heading it stands in."""
    return " ".join(name.replace("`", "'").split())


_CARD = """\
---
language:
- fa
library_name: transformers
pipeline_tag: {task}
tags:
- jupyter-persian-ai
---

# {name}

<div dir="rtl">

## این مدل چیست

- دستور کار: `{recipe}`، {base_fa}
- پارامترها: {parameters:,}
- داده: «{dataset}»، {rows:,} سطر، sha256: `{sha256}`
- نرمال‌سازی: {normaliser_fa}

## چه انتظاری نداشته باشید

این مدل را یک نفر با دادهٔ بالا آموزش داده است و جز آن (و مدل پایه، اگر داشته) چیزی ندیده است.
درستی گفته‌هایش بررسی نشده، ممکن است متن آموزش را عیناً تکرار کند، و سوگیری‌های داده را با خود
دارد. برای تصمیم‌های مهم به کارش نبرید. مجوز استفاده از آن به مجوز داده و مدل پایه بستگی دارد.

</div>

## What this is

- Recipe: `{recipe}`, {base_en}
- Parameters: {parameters:,}
- Data: “{dataset}”, {rows:,} rows, sha256 `{sha256}`
- Normalising: {normaliser_en}

## ارقام — Figures

خطای ارزیابی روی سطرهایی است که مدل در آموزش ندیده. Evaluation is on rows held out of training.

| figure | value |
| --- | --- |
{figures}

## گزینه‌ها — Options

```json
{options}
```

## What not to expect

It was trained by one person on the data above and has seen nothing else (besides its base model,
if it has one). Nobody checked that what it says is true; it may repeat its training text word for
word, and it carries the biases of its data. Do not use it for decisions that matter. Its licence
follows from those of the data and the base model.

## Use

```python
from transformers import AutoTokenizer, {loader}

model = {loader}.from_pretrained("path/to/this/folder")
tokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")
```
"""


def export_model(
    folder: Path, *, model: Any, tokenizer: Any, card: Card, dtype: torch.dtype
) -> Path:
    """Write model, tokenizer, chat template and card to `folder`, whole or not at all.

    Args:
        folder: where; a half-made one is never seen.
        model: a plain model of transformers (adapters merged).
        tokenizer: the one it was trained with.
        card: what README.md says.
        dtype: number format of the weights on disk.

    Raises:
        DiskFull: nothing is left behind; the last checkpoint still holds everything.

    """
    needed = sum(p.numel() for p in model.parameters()) * dtype.itemsize + (1 << 20)
    model.to(dtype)
    model.config.dtype = dtype
    # The packed attention is this project's own; whoever loads the folder has none of it.
    model.set_attn_implementation("sdpa")
    with staged(folder, needed=needed) as staging:
        model.save_pretrained(staging)
        tokenizer.save_pretrained(staging)
        recipe_file.write(staging, card.normaliser)
        (staging / "README.md").write_text(card.render(), encoding="utf-8")
    return folder
