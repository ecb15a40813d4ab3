"""Files as they come: good Persian text with the faults of the wild put in, and how many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: As many keyboards write them.
ARABIC = str.maketrans("یک", "يك")
CALL = " برای پرسش به ۰۹۱۲۳۴۵۶۷۸۹ زنگ بزنید یا به someone@example.org بنویسید."


@dataclass(frozen=True, slots=True)
class Messy:
    """A file, and what was put into it."""

    path: Path
    good: int
    bad: int


def prose(path: Path, rows: Sequence[dict[str, str]]) -> Messy:
    """Prompts and answers as JSON lines: Arabic letters, tags, personal data, repeats, faults."""
    lines: list[str] = []
    for place, row in enumerate(rows):
        answer = row["answer"]
        if place % 3 == 0:
            answer = answer.translate(ARABIC)
        if place % 10 == 1:
            answer = f"<p>{answer}</p>&nbsp;"
        if place % 10 == 2:
            answer += CALL
        lines.append(json.dumps({"prompt": row["prompt"], "answer": answer}, ensure_ascii=False))
    repeated = lines[:5]
    bad = [
        '{"prompt": "ناتمام", "answer": ',
        json.dumps({"prompt": "بی‌پاسخ", "answer": ""}, ensure_ascii=False),
        json.dumps({"porsesh": "فیلد دیگر"}, ensure_ascii=False),
        "این سطر اصلاً JSON نیست",
    ]
    middle = len(lines) // 2
    whole = [*lines[:middle], *bad, *lines[middle:], *repeated]
    path.write_text("\n".join(whole) + "\n", "utf-8")
    return Messy(path, len(lines) + len(repeated), len(bad))


def pairs(path: Path, source: Path, count: int) -> Messy:
    """The beginning of FarsTail, which is tabs in a `.csv`, with repeats and broken rows."""
    head, *lines = source.read_text("utf-8").splitlines()[: count + 1]
    repeated = [line.translate(ARABIC) for line in lines[:20]]
    bad = ["تنها یک خانه", "مقدمه\tفرضیه\t", "\tفرضیه بی مقدمه\te"]
    middle = len(lines) // 2
    whole = [head, *lines[:middle], *bad, *lines[middle:], *repeated]
    path.write_text("\n".join(whole) + "\n", "utf-8")
    return Messy(path, len(lines) + len(repeated), len(bad))
