"""Recognises what a row holds from the names of its fields.

Owns the names that count as text, prompt and answer, in Persian and English, and the making of a
canonical row from a record. The text itself is never changed.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import DatasetFields, InvalidField
from ..persian.fold import fold
from ..protocol.data import DatasetShape
from .problems import Problem

# In order of preference. Compared folded: «سؤال», «سوال» and «سؤال » are one name.
_TEXT = ("text", "متن", "content", "محتوا", "body", "document", "sentence", "جمله", "poem", "شعر")
_PROMPT = (
    "prompt", "instruction", "question", "query", "سؤال", "پرسش", "دستور", "درخواست", "input",
    "source",
)  # fmt: skip
_ANSWER = (
    "answer", "output", "response", "completion", "پاسخ", "جواب", "خروجی", "target", "answers",
)  # fmt: skip
_BLANK = f"{string.whitespace}\u00a0\u200b\u200c\u200d\u200e\u200f\u2028\u2029\ufeff"
_INPUT = ("input", "context", "ورودی", "زمینه")


@dataclass(frozen=True, slots=True)
class Fields:
    """Which field of the file is which. Exactly one of `text` and (`prompt`, `answer`) is set."""

    text: str = ""
    prompt: str = ""
    input: str = ""
    answer: str = ""

    @property
    def shape(self) -> DatasetShape:
        """What a row made by these holds."""
        return DatasetShape.TEXT if self.text else DatasetShape.PROMPT_ANSWER

    def row(self, record: Mapping[str, object], line: int) -> dict[str, str] | Problem:
        """The canonical row of a record, or why there is none."""
        picked: dict[str, str] = {}
        for ours, theirs in (
            ("text", self.text),
            ("prompt", self.prompt),
            ("input", self.input),
            ("answer", self.answer),
        ):
            if not theirs:
                continue
            value = record.get(theirs)
            optional = ours == "input"
            if value is None and not optional:
                code = "not_text" if theirs in record else "missing_field"
                return Problem(line, code, theirs, sample_of(record))
            if not isinstance(value, str):
                if value is None:
                    continue
                return Problem(line, "not_text", theirs, sample_of(record))
            if fault := _fault(value, theirs, line, optional=optional):
                return fault
            picked[ours] = value
        extra = picked.pop("input", "")
        if extra.strip():
            picked["prompt"] = f"{picked['prompt']}\n{extra}"
        return picked


def _fault(value: str, name: str, line: int, *, optional: bool) -> Problem | None:
    # Half-spaces and direction marks alone are no text.
    if not optional and not value.strip(_BLANK):
        return Problem(line, "empty", name, value)
    if "\x00" in value:
        return Problem(line, "control", name, value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return Problem(line, "surrogate", f"U+{ord(value[error.start]):04X}", value)
    return None


def sample_of(record: Mapping[str, object]) -> str:
    """A glimpse of a record."""
    return " · ".join(f"{key}: {str(value)[:60]}" for key, value in list(record.items())[:4])


def recognise(
    found: Iterable[str],
    *,
    name: str,
    shape: DatasetShape | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Fields:
    """Which of the fields `found` is which.

    `mapping` takes our names (`text`, or `prompt`, `answer` and optionally `input`) to the
    file's and wins over everything. Without it a pair is preferred to a text, because a pair can
    be read as text and not the other way round; a single field is the text whatever its name.

    Raises:
        DatasetFields: they are not there.
        InvalidField: `mapping` is not of that form.

    """
    names = list(found)
    if mapping:
        return _mapped(names, mapping, name, shape)
    pair, text = _pair(names), _first(names, _TEXT)
    if shape is not DatasetShape.TEXT and pair is not None:
        return pair
    if shape is not DatasetShape.PROMPT_ANSWER:
        if text:
            return Fields(text=text)
        if len(names) == 1:
            return Fields(text=names[0])
    needed = {
        DatasetShape.TEXT: "text",
        DatasetShape.PROMPT_ANSWER: "prompt + answer",
        None: "text | prompt + answer",
    }[shape]
    raise DatasetFields(name=name, found=_listed(names), needed=needed)


def _mapped(
    names: list[str], mapping: Mapping[str, str], name: str, shape: DatasetShape | None
) -> Fields:
    keys = set(mapping)
    as_text, as_pair = keys == {"text"}, keys - {"input"} == {"prompt", "answer"}
    if not (as_text or as_pair) or not all(mapping.values()):
        raise InvalidField(
            field="fields",
            reason="map either text, or prompt and answer",
            reason_fa="یا text را نگاشت کنید، یا prompt و answer را",
        )
    if shape is not None and as_text is not (shape is DatasetShape.TEXT):
        raise InvalidField(
            field="fields",
            reason=f"this mapping does not make {shape.value}",
            reason_fa=f"این نگاشت {shape.value} نمی‌سازد",
        )
    absent = [theirs for theirs in mapping.values() if theirs not in names]
    if absent:
        raise DatasetFields(name=name, found=_listed(names), needed=_listed(absent))
    return Fields(**mapping)


def _pair(names: list[str]) -> Fields | None:
    prompt = _first(names, _PROMPT)
    answer = _first([other for other in names if other != prompt], _ANSWER)
    if not (prompt and answer):
        return None
    extra = _first([other for other in names if other not in {prompt, answer}], _INPUT)
    return Fields(prompt=prompt, input=extra, answer=answer)


def _first(names: list[str], wanted: tuple[str, ...]) -> str:
    folded = {fold(name).strip(): name for name in reversed(names)}
    return next((folded[fold(want)] for want in wanted if fold(want) in folded), "")


def _listed(names: Iterable[str]) -> str:
    shown = [name[:40] for name in names]
    return ", ".join(shown[:20]) + (", …" if len(shown) > 20 else "") if shown else "—"
