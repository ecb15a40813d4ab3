"""`persian_ai.json`: in a model's folder, the recipe that the texts went through it learned from.

Whoever asks the model should say things the same way, so the file travels with the weights. Owns
its name and form. Must not change a text.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..protocol.normaliser import NormaliserRecipe

NAME = "persian_ai.json"
#: A recipe is a few hundred bytes; a folder from elsewhere may hold anything.
MAX_BYTES = 1 << 16


def write(folder: Path, recipe: NormaliserRecipe | None) -> None:
    """Put the recipe into a folder that is being made; nothing without one."""
    if recipe is not None:
        content = {"normaliser": recipe.model_dump(mode="json")}
        text = json.dumps(content, ensure_ascii=False, indent=2)
        (folder / NAME).write_text(f"{text}\n", encoding="utf-8")


def read(folder: Path) -> NormaliserRecipe | None:
    """The recipe of a model's folder; None where there is none, or none that we understand."""
    try:
        path = folder / NAME
        if not path.is_file():
            return None
        with path.open("rb") as handle:
            return parse(handle.read(MAX_BYTES + 1))
    except OSError:
        return None


def parse(content: bytes) -> NormaliserRecipe | None:
    """The recipe that a file holds; None when it is none that we understand."""
    if len(content) > MAX_BYTES:
        return None
    try:
        return NormaliserRecipe.model_validate(json.loads(content)["normaliser"])
    except (ValueError, RecursionError, KeyError, TypeError):  # a ValidationError is a ValueError
        return None
