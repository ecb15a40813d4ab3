"""What every recipe is: five verbs, of which three are the same everywhere.

A recipe's own file says how it is set up and what its result is; finding the checkpoint, training
and letting go are here. Must not know what is learned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..errors import InvalidField
from ..protocol.recipes import AdaptedOptions
from ..protocol.worker import WorkerContext
from . import attempt
from .corpus import Corpus, Row, read_rows
from .fit import fit
from .loop import seed_everything
from .models import Loaded
from .objectives import Objective
from .packing import Batch
from .reporting import Reporter
from .run import Run
from .texts import normalised, normaliser_of

Options = TypeVar("Options", bound=AdaptedOptions)


class Recipe(ABC, Generic[Options]):
    """One attempt at one job."""

    run: Run
    tokenizer: Any
    loaded: Loaded
    resume_from: Path | None

    def __init__(
        self, ctx: WorkerContext, options: type[Options], *, needs_model: bool = True
    ) -> None:
        """Read what the job asks for.

        Raises:
            InvalidField: there is no model to continue from, and the recipe needs one.
            NormaliserMissing, NormaliserVersion: the job's normaliser is not here as it says.

        """
        self.ctx = ctx
        self.options = options.model_validate(ctx.spec.options)
        self.report = Reporter(ctx)
        self.rows_path = Path(ctx.spec.inputs["dataset_path"])
        self.normaliser = normaliser_of(ctx.spec.inputs)
        folder = ctx.spec.inputs.get("model_path")
        self._base = Path(folder) if folder else None
        if needs_model and self._base is None:
            raise _no_model(ctx.spec.recipe)

    @property
    def continues(self) -> bool:
        """Whether there is a model to continue from."""
        return self._base is not None

    @property
    def base(self) -> Path:
        """The folder of the model to continue from.

        Raises:
            InvalidField: there is none.

        """
        if self._base is None:
            raise _no_model(self.ctx.spec.recipe)
        return self._base

    def rows(self) -> Iterator[Row]:
        """The rows that are trained on, as they are learned: normalised where the job says so."""
        return normalised(read_rows(self.rows_path), self.normaliser)

    def asked(self, prompt: str) -> str:
        """A prompt as the model is asked it."""
        return self.normaliser.text(prompt) if self.normaliser else prompt

    def perform(self) -> dict[str, Any]:
        """The five verbs, in order; the path, figures and size of the result.

        Raises:
            WorkStopped: after saving a checkpoint, because a stop was asked for.
            PersianAIError: what a user can understand and mend.

        """
        try:
            self.load_checkpoint()
            self.setup()
            self.train()
            return self.export()
        finally:
            self.cleanup()

    def load_checkpoint(self) -> None:
        """Find where an earlier attempt got to, and say what was found."""
        self.resume_from = attempt.begin(self.ctx, self.report)
        self.precision = attempt.decide_precision(self.options, self.report)
        seed_everything(self.options.seed)

    @abstractmethod
    def setup(self) -> None:
        """Make tokenizer, model, tokens, optimiser and plan: everything up to `run`."""

    def train(self) -> None:
        """All steps that are left."""
        fit(self.run)

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """Write the result; what the job's result says."""

    def cleanup(self) -> None:
        """Let go of what the attempt holds."""
        attempt.end(self.ctx, getattr(self, "run", None))

    def gather(
        self,
        corpus: Corpus,
        objective: Callable[[Batch], Objective],
        sample: Callable[[], tuple[str, str]],
        *,
        made_tokenizer: Any | None = None,
    ) -> None:
        """Make the `run` out of what `setup` has made; see `attempt.gather`."""
        self.run = attempt.gather(
            ctx=self.ctx,
            options=self.options,
            report=self.report,
            precision=self.precision,
            loaded=self.loaded,
            corpus=corpus,
            objective=objective,
            sample=sample,
            resume_from=self.resume_from,
            made_tokenizer=made_tokenizer,
        )

    def first_held_row(self) -> int:
        """The dataset row that a sample is made of: the first held out, or the first."""
        corpus, held = self.run.corpus, self.run.held
        return int(corpus.rows[held[0][0] if held else 0])


def _no_model(recipe: str) -> InvalidField:
    return InvalidField(field="model_id", reason=f"{recipe} needs a model to continue from")
