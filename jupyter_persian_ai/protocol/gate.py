"""The launch gate on the wire: how sure a figure is, what was checked, what would mend it.

A *change* is a patch of options: `{"batch_size": 4, "lora.rank": 8}`, dotted where an option lies
within another. A form applies it with one press.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Note, Wire


class Certainty(Wire):
    """How sure a figure is."""

    how: Literal["measured", "computed", "guessed"] = Field(
        description="measured on this machine, computed from what is known exactly, or guessed"
    )
    share: float = Field(ge=0, description="the true figure lies within ± this share of it")


class GateCheck(Wire):
    """One thing that was looked at before a run may start."""

    code: str = Field(description="data | normaliser | model | options | memory | disk | rehearsal")
    ok: bool | None = Field(description="false refuses the run; null: worth a word, or not known")
    title: Note
    cause: Note
    mend: Note | None = None
    change: dict[str, Any] | None = Field(
        default=None, description="the smallest patch of options that would mend it"
    )


class Choice(Wire):
    """One option that “fit this machine” decided, and why."""

    option: str = Field(description="dotted where it lies within another")
    value: Any
    why: Note


class Rehearsal(Wire):
    """`POST training/rehearsal`: one real step, measured in a process like the job's."""

    memory_bytes: int = Field(description="peak of the process (of the GPU where it has one)")
    memory_available: int
    seconds_per_step: float
    seconds: float = Field(description="of all steps, at that speed")
    steps: int
    tokens: int = Field(description="positions that the step read")
    dataset_tokens: int = Field(description="of one epoch, counted")
    loss: float | None
    check: GateCheck
