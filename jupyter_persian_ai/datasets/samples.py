"""The sample datasets that a newcomer starts with, from the `hafez` package of the `demo` extra.

They are written to a temporary file and imported the way a user's file is. Only the package's
data file is read; the package itself, which imports pandas and can fetch audio, is not run.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SamplesMissing
from ..protocol.base import Note
from ..protocol.data import DatasetShape

_SENTENCE_END = re.compile(r"(?<=[.!؟])\s+")
#: Shorter sentences say too little to be told from anything.
_SENTENCE_CHARACTERS = 25
VERSE, PROSE = "شعر", "نثر"
_SPACES = re.compile(r"[ \t\u00a0]{2,}")
PROSE_PROMPT = "این غزل را به نثر ساده بازگو کن:\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample dataset. `rows` are canonical rows of its shape."""

    id: str
    name: Note
    shape: DatasetShape
    license: Note
    rows: Callable[[], Iterator[dict[str, str]]]

    def write(self, folder: Path) -> Path:
        """The sample as a `.jsonl` file in `folder`, to be imported like any file.

        Raises:
            SamplesMissing: the package is not installed.

        """
        path = folder / f"{self.id}.jsonl"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in self.rows():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path


def samples() -> list[Sample]:
    """Every sample dataset, whether its package is installed or not."""
    return [
        Sample(
            id="ghazals",
            name=Note(en="Ghazals of Hafez", fa="غزل‌های حافظ"),
            shape=DatasetShape.TEXT,
            license=Note(
                en="The poems are in the public domain; the package hafez is under MIT.",
                fa="شعرها در مالکیت عمومی است؛ بستهٔ hafez پروانهٔ MIT دارد.",
            ),
            rows=_ghazals,
        ),
        Sample(
            id="ghazal_prose",
            name=Note(en="Ghazals of Hafez and their prose", fa="غزل‌های حافظ و نثر آن‌ها"),
            shape=DatasetShape.PROMPT_ANSWER,
            license=Note(
                en=(
                    "The poems are in the public domain; the package hafez is under MIT. Who "
                    "wrote the prose (fortunes told from each poem) is unclear: for trying out, "
                    "not for publishing."
                ),
                fa=(
                    "شعرها در مالکیت عمومی است؛ بستهٔ hafez پروانهٔ MIT دارد. نویسندهٔ نثرها (تعبیر "
                    "فال هر غزل) روشن نیست: برای آزمودن است، نه برای انتشار."
                ),
            ),
            rows=_ghazal_prose,
        ),
        Sample(
            id="verse_or_prose",
            name=Note(en="Verse or prose?", fa="شعر یا نثر؟"),
            shape=DatasetShape.TEXT_LABEL,
            license=Note(
                en=(
                    "Couplets of Hafez and sentences of the prose beside them, in equal number. "
                    "The poems are in the public domain; the package hafez is under MIT; who wrote "
                    "the prose is unclear: for trying out, not for publishing."
                ),
                fa=(
                    "بیت‌های حافظ و جمله‌های نثر کنار آن‌ها، به شمار برابر. شعرها در مالکیت عمومی "
                    "است؛ بستهٔ hafez پروانهٔ MIT دارد؛ نویسندهٔ نثرها روشن نیست: برای آزمودن است، "
                    "نه برای انتشار."
                ),
            ),
            rows=_verse_or_prose,
        ),
    ]


def _poems() -> list[dict[str, Any]]:
    spec = importlib.util.find_spec("hafez")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise SamplesMissing(package="hafez")
    try:
        text = (Path(folders[0]) / "data" / "hafez.json").read_text(encoding="utf-8")
    except OSError as error:
        raise SamplesMissing(package="hafez") from error
    poems: list[dict[str, Any]] = json.loads(text)
    return poems


def _poem(entry: dict[str, Any]) -> str:
    """The verses: a hemistich a line, a blank space nowhere doubled."""
    return "\n".join(_clean(line) for line in entry["poem"])


def _clean(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _ghazals() -> Iterator[dict[str, str]]:
    for entry in _poems():
        yield {"text": _poem(entry)}


def _ghazal_prose() -> Iterator[dict[str, str]]:
    for entry in _poems():
        prose = _clean(entry["interpretation"])
        if prose:
            yield {"prompt": PROSE_PROMPT + _poem(entry), "answer": prose}


def _verse_or_prose() -> Iterator[dict[str, str]]:
    """As many couplets of a poem as its prose has sentences; what came before does not come again.

    A couplet is written in one line, so that words and not line breaks tell it from prose.
    """
    seen: set[str] = set()
    for entry in _poems():
        lines = [_clean(line) for line in entry["poem"]]
        couplets = [" ".join(two) for two in zip(lines[::2], lines[1::2], strict=False)]
        sentences = [
            sentence
            for sentence in _SENTENCE_END.split(_clean(entry["interpretation"]))
            if len(sentence) >= _SENTENCE_CHARACTERS
        ]
        fresh = (one for one in couplets if one not in seen)
        for sentence in sentences:
            couplet = next(fresh, None)
            if sentence in seen or couplet is None:
                continue
            seen.update((sentence, couplet))
            yield {"text": couplet, "label": VERSE}
            yield {"text": sentence, "label": PROSE}
