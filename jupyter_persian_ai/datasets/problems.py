"""Rows that cannot be kept: what was wrong, where, in both languages.

A bad row never ends an import; it is counted, and the first `SHOWN` of them are reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..protocol.data import DatasetProblemLine

SHOWN = 100
SAMPLE_CHARACTERS = 120

#: code to the sentences in English and Persian; `{what}` is filled by the finder.
SENTENCES: dict[str, tuple[str, str]] = {
    "bad_json": ("Not valid JSON: {what}", "JSON درستی نیست: {what}"),
    "bad_csv": ("Not a valid row: {what}", "سطر درستی نیست: {what}"),
    "nesting": ("Nested too deeply.", "بیش از اندازه تودرتو است."),
    "not_an_object": (
        "Not an object with fields, but {what}.",
        "شیئی با فیلد نیست، بلکه {what} است.",
    ),
    "ragged": (
        "The row does not have as many cells as the header: {what}.",
        "شمار خانه‌های سطر با سرستون نمی‌خواند: {what}.",
    ),
    "missing_field": ("The field “{what}” is missing.", "فیلد «{what}» نیست."),
    "not_text": ("The field “{what}” is not text.", "فیلد «{what}» متن نیست."),
    "empty": ("There is no text in “{what}”.", "در «{what}» متنی نیست."),
    "control": (
        "The text holds a NUL character.",
        "متن نویسهٔ تهی (NUL) دارد.",
    ),
    "surrogate": (
        "The text holds half of a character ({what}).",
        "متن نیمی از یک نویسه ({what}) دارد.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that was not kept; `line` counts from 1 in the file."""

    line: int
    code: str
    what: str = ""
    sample: str = ""

    def shown(self) -> DatasetProblemLine:
        """As it goes over the wire."""
        english, persian = SENTENCES[self.code]
        return DatasetProblemLine(
            line=self.line,
            code=self.code,
            message=english.format(what=self.what),
            message_fa=persian.format(what=self.what),
            sample=storable(self.sample[:SAMPLE_CHARACTERS]),
        )


def storable(text: str) -> str:
    """`text` without what databases and UTF-8 cannot hold: U+0000 and lone surrogates."""
    return text.replace("\x00", "␀").encode(errors="replace").decode()


@dataclass(slots=True)
class Problems:
    """The first problems and the count of all."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count one."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)
