"""Models side by side in a notebook: facts, figures, configuration, and what each answers.

Owns the form, and the printing of answers as they come. Must not load a model.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterable
from typing import Any

from pydantic import JsonValue, PrivateAttr

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import ErrorBody
from ..persian.direction import direction
from ..protocol.registry import ComparedLine, Comparison
from . import display, tables
from .dataset_views import Shown
from .listing import columns
from .tables import Markup


class Compared(Comparison, Shown):
    """Two or more models in the order asked for; `.answers(prompt)` lets each of them write."""

    _client: Client | None = PrivateAttr(default=None)

    @classmethod
    def between(cls, client: Client, told: Comparison, *, persian: bool) -> Compared:
        """The same comparison, which can ask the models too."""
        made = cls.of(told, persian=persian)
        made._client = client
        return made

    def answers(
        self,
        prompt: str,
        *,
        max_new_tokens: int = 128,
        temperature: float = 0.0,
        seed: int = 0,
        show: bool = True,
    ) -> Answers:
        """What each model says to the same prompt; printed as it is written, and returned.

        Models that are not in memory are loaded one after the other, and unloaded again.
        """
        if self._client is None:
            raise RuntimeError("made by pai.models.compare(...)")
        ask = {
            "ids": [model.id for model in self.models],
            "prompt": prompt,
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "seed": seed,
        }
        names = {model.id: model.name for model in self.models}
        made = Answers(names, prompt)
        for event, data in self._client.models.answers(ask):
            made.take(event, data, show=show)
        if show and made:
            sys.stdout.write("\n")
        return made

    def __str__(self) -> str:
        head = ["", *(model.name for model in self.models)]
        return columns(head, [[line.name, *_cells(line, plain=True)] for line in self._lines()])

    def _repr_html_(self) -> str:
        head = ("", *(model.name for model in self.models))
        rows = [(line.name, *_cells(line)) for line in self._lines()]
        return tables.table(head, rows, persian=self._persian)

    def _lines(self) -> Iterable[ComparedLine]:
        """Every fact and figure, and the lines of the configuration that differ."""
        yield from self.facts
        yield from self.figures
        yield from (line for line in self.config if line.differs)


class Answers(dict[str, str]):
    """Name of a model to what it wrote; a model that could not write has its reason."""

    def __init__(self, names: dict[str, str], prompt: str) -> None:
        super().__init__()
        self.prompt = prompt
        self._names = names
        self._now = ""
        self.failed: dict[str, ErrorBody] = {}

    def take(self, event: str, data: dict[str, Any], *, show: bool) -> None:
        """One event of the stream, as `AnswersAsk` says."""
        name = self._titled(str(data.get("model_id", "")))
        match event:
            case "token":
                self._said(name, str(data["text"]), show=show)
            case "error":
                body = ErrorBody.model_validate(data["error"], extra="ignore")
                if not data.get("model_id"):
                    raise from_body(body)
                self.failed[name] = body
                self._said(name, body.message, show=show)

    def _titled(self, id: str) -> str:
        """Its name; with the id where two have the same."""
        name = self._names.get(id, id)
        same = [one for one in self._names.values() if one == name]
        return f"{name} ({id})" if len(same) > 1 else name

    def _said(self, name: str, text: str, *, show: bool) -> None:
        self[name] = self.get(name, "") + text
        if not show:
            return
        if name != self._now:
            sys.stdout.write(f"{chr(10) if self._now else ''}{name}: ")
            self._now = name
        sys.stdout.write(text)
        sys.stdout.flush()

    def __repr__(self) -> str:
        if display.kernel() is None and self._now:
            return f"<answers of {len(self)} models>"  # they were printed just now
        return "\n".join(f"{name}: {text}" for name, text in self.items())

    def _repr_html_(self) -> str:
        rows = [(name, text) for name, text in self.items()]
        return tables.table((self.prompt, ""), rows, persian=True)


def _cells(line: ComparedLine, *, plain: bool = False) -> list[str]:
    """The values of a line; the best of them are marked."""
    shown = []
    for place, value in enumerate(line.values):
        text = _said(value)
        if place not in line.best:
            shown.append(text)
        elif plain:
            shown.append(f"{text} *")
        else:
            way = direction(text)
            shown.append(Markup(f'<b><bdi dir="{way}">{html.escape(text)}</bdi></b>'))
    return shown


def _said(value: JsonValue) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)
