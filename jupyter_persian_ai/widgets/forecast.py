"""What a run will need, as a notebook shows it: figures with how sure they are, and the gate.

Owns the form alone; figures and sentences are the service's.
"""

from __future__ import annotations

import html
from typing import Any

from ..protocol.gate import Certainty, Choice, GateCheck
from ..protocol.jobs import Estimate
from .listing import size

_MARKS = {True: "✓", False: "✗", None: "!"}


class Forecast:
    """An estimate. `options` are those it is of; `chosen` says what fitting decided, and why."""

    def __init__(
        self, estimate: Estimate, options: dict[str, Any], chosen: list[Choice] | None = None
    ) -> None:
        self.estimate = estimate
        self.options = options
        self.chosen = chosen or []

    @property
    def fits(self) -> bool:
        """Whether the run may start."""
        return self.estimate.fits

    @property
    def change(self) -> dict[str, Any] | None:
        """The smallest patch of options that would make it fit, if it does not and one is known."""
        refused = [check for check in self.estimate.gate if check.ok is False]
        return next((check.change for check in refused if check.change), None)

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Name, figure and certainty of each."""
        told, sure = self.estimate, self.estimate.certainty
        seconds = "?" if told.seconds is None else _span(told.seconds)
        memory = f"{size(told.memory_bytes)} of {size(told.memory_available)}"
        return [
            ("parameters", f"{told.parameters:,}", _sure(sure.get("parameters"))),
            ("trainable", f"{told.trainable_parameters:,}", _sure(sure.get("parameters"))),
            ("tokens", f"{told.tokens:,}", _sure(sure.get("tokens"))),
            ("steps", f"{told.steps:,}", _sure(sure.get("steps"))),
            ("memory", memory, _sure(sure.get("memory_bytes"))),
            ("disk", size(told.disk_bytes), _sure(sure.get("disk_bytes"))),
            ("time", seconds, _sure(sure.get("seconds"))),
        ]

    def __repr__(self) -> str:
        lines = [f"{name:<11} {figure:<24} {sure}".rstrip() for name, figure, sure in self.rows]
        lines += [f"{_MARKS[check.ok]} {_said(check)}" for check in self.estimate.gate]
        lines += [f"  {choice.option} = {choice.value}: {choice.why.en}" for choice in self.chosen]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        figures = "".join(
            f"<tr><th>{name}</th><td>{html.escape(figure)}</td><td>{html.escape(sure)}</td></tr>"
            for name, figure, sure in self.rows
        )
        checks = "".join(
            f"<li>{_MARKS[check.ok]} {html.escape(_said(check))}"
            f'<br><span lang="fa" dir="rtl">{html.escape(_said(check, persian=True))}</span></li>'
            for check in self.estimate.gate
        )
        chosen = "".join(
            f"<li><code>{html.escape(f'{one.option} = {one.value}')}</code> "
            f"{html.escape(one.why.en)}</li>"
            for one in self.chosen
        )
        return f"<table>{figures}</table><ul>{checks}{chosen}</ul>"


def _said(check: GateCheck, *, persian: bool = False) -> str:
    """A check in one line."""
    notes = [check.title, check.cause, *([check.mend] if check.mend else [])]
    title, *rest = [note.fa if persian else note.en for note in notes]
    return f"{title}: {' '.join(rest)}"


def _sure(certainty: Certainty | None) -> str:
    if certainty is None:
        return ""
    return certainty.how + (f" ±{certainty.share:.0%}" if certainty.share else "")


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
