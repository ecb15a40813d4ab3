"""What a recipe knows of the outside world: one callable, one question, one folder.

`jobs.worker` builds the context and calls `run(context)` of the recipe; recipes, download and
other work depend on this module alone, so that they can be called from a test or a script.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .events import EventType
from .jobs import JobSpec


class Emit(Protocol):
    """Reports something.

    `METRICS` takes `{"step": int, "values": {name: float}}`; the other types take what
    `events.EventType` says. Never blocks on anyone who watches; safe to call from any thread.
    """

    def __call__(self, type: EventType, data: dict[str, Any]) -> None:
        """Report one event."""


class ShouldStop(Protocol):
    """Whether a stop was asked for. Cheap: a recipe asks at every step."""

    def __call__(self) -> bool:
        """True from the moment a stop was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """One attempt at one job, as the work sees it."""

    spec: JobSpec
    attempt_dir: Path
    emit: Emit
    should_stop: ShouldStop

    @property
    def job_dir(self) -> Path:
        """Holds the numbered attempt folders; earlier attempts' checkpoints are under it."""
        return Path(self.spec.job_dir)


class WorkStopped(Exception):
    """Raised by work that has saved what it must and now ends because a stop was asked for."""


#: `kind` and recipe to `module:function`; the worker imports only the one it needs.
ENTRY_POINTS: dict[tuple[str, str], str] = {
    ("training", "pretrain"): "jupyter_persian_ai.training.recipes.pretrain:run",
    ("training", "sft"): "jupyter_persian_ai.training.recipes.sft:run",
    ("training", "classify"): "jupyter_persian_ai.training.recipes.classify:run",
    ("training", "ner"): "jupyter_persian_ai.training.recipes.ner:run",
    ("training", "dpo"): "jupyter_persian_ai.training.recipes.dpo:run",
    ("download", "hub"): "jupyter_persian_ai.hub.download:run",
    ("dataset", "import"): "jupyter_persian_ai.curation.work:run_import",
    ("dataset", "version"): "jupyter_persian_ai.curation.work:run_version",
    ("dataset", "split"): "jupyter_persian_ai.curation.work:run_split",
    ("bundle", "pack"): "jupyter_persian_ai.bundling.packing:run",
    ("bundle", "unpack"): "jupyter_persian_ai.bundling.unpacking:run",
    ("dataset", "near_duplicates"): "jupyter_persian_ai.curation.work:run_near_duplicates",
    ("model", "convert"): "jupyter_persian_ai.conversion.pickles:run",
    ("model", "gguf"): "jupyter_persian_ai.conversion.gguf:run",
    ("model", "merge"): "jupyter_persian_ai.optimize.merge:run",
    ("model", "export"): "jupyter_persian_ai.optimize.export:run",
    ("model", "push"): "jupyter_persian_ai.hub.push:run",
}
