"""A model's card in Persian and English, as the Hub shows it: README.md with a head for machines.

Owns its words and its form. What users and others wrote (names, licences) stands in it as text
only: it can neither end the head nor become markup. Must not read a file or ask anybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The class of transformers that loads a model, by task.
_LOADERS = {
    "text-generation": "AutoModelForCausalLM",
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "feature-extraction": "AutoModel",
}
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_MOST_OPTIONS = 4000


@dataclass(frozen=True, slots=True)
class Card:
    """What a card tells; what is empty or 0 is left out.

    `base` is a repository of the Hub or a name; `way` is how the model came of it: trained |
    merged | converted | quantized. `figures` are numbers by name. `options` are those of the job.
    """

    name: str
    task: str = "text-generation"
    license: str = ""
    base: str = ""
    way: str = ""
    recipe: str = ""
    parameters: int = 0
    dtype: str = ""
    context_length: int = 0
    dataset: str = ""
    dataset_version: int | None = None
    dataset_rows: int = 0
    dataset_license: str = ""
    normalised: bool = False
    figures: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    repo_id: str = ""

    def render(self) -> str:
        """README.md."""
        facts = self._facts()
        parts = [
            self._head(),
            f"# {plain(self.name)}\n",
            '<div dir="rtl">\n',
            "## این مدل چیست\n",
            _list(fa for fa, _ in facts),
            "## چه انتظاری نداشته باشید\n",
            _LIMITS_FA,
            "</div>\n",
            "## What this is\n",
            _list(en for _, en in facts),
            "## What not to expect\n",
            _LIMITS_EN,
            self._figures(),
            self._options(),
            self._use(),
        ]
        return "\n".join(part for part in parts if part)

    def _head(self) -> str:
        lines = ["language:", "- fa", "library_name: transformers"]
        lines.append(f"pipeline_tag: {self.task if self.task in _LOADERS else 'text-generation'}")
        if self.license:
            lines.append(f"license: {json.dumps(_line(self.license))}")
        if _REPOSITORY.fullmatch(self.base) and "/" in self.base:
            lines.append(f"base_model: {json.dumps(self.base)}")
        lines += ["tags:", "- jupyter-persian-ai"]
        return "---\n" + "\n".join(lines) + "\n---\n"

    def _facts(self) -> list[tuple[str, str]]:
        """What is known, in Persian and English."""
        facts: list[tuple[str, str]] = []
        way = _WAYS.get(self.way)
        if self.base and way:
            facts.append((f"{way[0]}: {plain(self.base)}", f"{way[1]}: {plain(self.base)}"))
        if self.recipe:
            recipe = plain(self.recipe)
            facts.append((f"دستور کار: {recipe}", f"Recipe: {recipe}"))
        if self.parameters:
            facts.append((f"پارامترها: {self.parameters:,}", f"Parameters: {self.parameters:,}"))
        if self.dtype:
            facts.append((f"قالب عددی: {plain(self.dtype)}", f"Numbers: {plain(self.dtype)}"))
        if self.context_length:
            length = f"{self.context_length:,}"
            facts.append((f"طول متن: {length} توکن", f"Context: {length} tokens"))
        if self.dataset:
            facts.append(self._data())
        if self.normalised:
            facts.append(_NORMALISED)
        said = plain(self.license)
        facts.append(
            (f"مجوز: {said}", f"Licence: {said}")
            if said
            else (
                "مجوز: گفته نشده؛ از مجوز داده و مدل پایه پیروی می‌کند",
                "Licence: not said; it follows from those of the data and the base model",
            )
        )
        return facts

    def _data(self) -> tuple[str, str]:
        name = plain(self.dataset)
        fa, en = f"داده: «{name}»", f"Data: “{name}”"
        if self.dataset_version:
            fa, en = f"{fa}، نسخهٔ {self.dataset_version}", f"{en}, version {self.dataset_version}"
        if self.dataset_rows:
            fa, en = f"{fa}، {self.dataset_rows:,} سطر", f"{en}, {self.dataset_rows:,} rows"
        if self.dataset_license:
            said = plain(self.dataset_license)
            fa, en = f"{fa}، مجوز {said}", f"{en}, licence {said}"
        return fa, en

    def _figures(self) -> str:
        rows = [
            f"| {plain(str(name))} | {value:.6g} |"
            for name, value in self.figures.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if not rows:
            return ""
        head = ["## ارقام — Figures\n", "| figure | value |", "| --- | --- |"]
        return "\n".join([*head, *rows]) + "\n"

    def _options(self) -> str:
        if not self.options:
            return ""
        text = json.dumps(dict(self.options), ensure_ascii=False, indent=2, default=str)
        if len(text) > _MOST_OPTIONS or "```" in text:
            return ""
        return f"## گزینه‌ها — Options\n\n```json\n{text}\n```\n"

    def _use(self) -> str:
        loader = _LOADERS.get(self.task, "AutoModelForCausalLM")
        place = json.dumps(self.repo_id or "path/to/this/folder")
        return _USE.format(loader=loader, place=place)


def plain(text: str) -> str:
    """A text of a user as one line that is no markup."""
    return _MARKUP.sub(r"\\\1", _line(text))


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _list(lines: Any) -> str:
    return "\n".join(f"- {line}" for line in lines) + "\n"


#: How a model came of its base, in Persian and English.
_WAYS = {
    "trained": ("ادامهٔ آموزشِ", "Trained further from"),
    "merged": ("ادغام آداپتور در", "An adapter merged into"),
    "converted": ("تبدیل‌شده از", "Converted from"),
    "hub": ("گرفته‌شده از", "Taken from"),
}
_NORMALISED = (
    "متن‌ها با دستورِ `persian_ai.json` نرمال شده‌اند؛ پرسش‌ها را هم همان‌گونه نرمال کنید",
    "Texts were normalised with the recipe in `persian_ai.json`; normalise questions likewise",
)
_LIMITS_FA = """\
این مدل را یک نفر با دادهٔ بالا ساخته است و جز آن (و مدل پایه، اگر داشته) چیزی ندیده است. درستی
گفته‌هایش بررسی نشده، ممکن است متن آموزش را عیناً تکرار کند، و سوگیری‌های داده را با خود دارد. برای
تصمیم‌های مهم به کارش نبرید.
"""
_LIMITS_EN = """\
It was made by one person with the data above and has seen nothing else (besides its base model,
if it has one). Nobody checked that what it says is true; it may repeat its training text word for
word, and it carries the biases of its data. Do not use it for decisions that matter.
"""
_USE = """\
## Use

```python
from transformers import AutoTokenizer, {loader}

model = {loader}.from_pretrained({place})
tokenizer = AutoTokenizer.from_pretrained({place})
```
"""
