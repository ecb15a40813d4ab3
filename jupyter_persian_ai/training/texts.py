"""The one way in which every text of a run is normalised, and where its parts disagree about it.

What is trained on, held out, judged at the end and asked for a sample goes through one recipe: the
data's own, or without one that of the model it continues from. Only recipes are compared and
applied here; no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import PersianAIError
from ..persian.backends import pinned
from ..persian.normaliser import Normaliser, row
from ..protocol.base import Note
from ..protocol.gate import GateCheck
from ..protocol.normaliser import NormaliserRecipe
from .notes import both

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipes:
    """What the texts of the data, of the model to continue, and of the test data went through."""

    data: NormaliserRecipe | None = None
    model: NormaliserRecipe | None = None
    test: NormaliserRecipe | None = None

    @classmethod
    def of_inputs(cls, inputs: Mapping[str, Any]) -> Recipes:
        """As `inputs` of a job tell them."""

        def told(name: str) -> NormaliserRecipe | None:
            found = inputs.get(name)
            return NormaliserRecipe.model_validate(found) if found else None

        return cls(told("data_normaliser"), told("model_normaliser"), told("test_normaliser"))

    @property
    def inputs(self) -> dict[str, Any]:
        """For a job: each, and as `normaliser` the one that every text goes through."""
        used = self.used
        return {
            "normaliser": _json(used),
            "data_normaliser": _json(self.data),
            "model_normaliser": _json(self.model),
            "test_normaliser": _json(self.test),
        }

    @property
    def used(self) -> NormaliserRecipe | None:
        """What every text of the run goes through."""
        return self.data or self.model

    def mismatches(self) -> list[Note]:
        """Where one recipe was applied before and another is now."""
        found = []
        if self.data and self.model and self.data != self.model:
            found.append(
                both(
                    en="The data was normalised otherwise than what the model learned from "
                    f"({_differing(self.data, self.model)}). The data's recipe is used.",
                    fa="داده جور دیگری نرمال شده است تا آن‌چه مدل از آن آموخته "
                    f"({_differing(self.data, self.model)}). دستور داده به کار می‌رود.",
                )
            )
        if self.test and self.test != self.used:
            differing = _differing(self.test, self.used) if self.used else "–"
            found.append(
                both(
                    en="The test data was normalised otherwise than the data "
                    f"({differing}): its figures may not mean what they seem to.",
                    fa="دادهٔ آزمون جور دیگری نرمال شده است تا داده "
                    f"({differing}): شاید ارقامش آن نباشد که می‌نماید.",
                )
            )
        return found

    def check(self) -> GateCheck | None:
        """The gate's word on it; None where nothing was normalised."""
        if not (self.used or self.test):
            return None
        title = both(en="Normalising", fa="نرمال‌سازی")
        try:
            if self.used:
                pinned(self.used)
        except PersianAIError as error:
            body = error.body
            return GateCheck(
                code="normaliser",
                ok=False,
                title=title,
                cause=Note(en=body.message, fa=body.message_fa),
                mend=Note(en=body.hint, fa=body.hint_fa),
            )
        mismatches = self.mismatches()
        if mismatches:
            return GateCheck(
                code="normaliser",
                ok=None,
                title=title,
                cause=Note(
                    en=" ".join(note.en for note in mismatches),
                    fa=" ".join(note.fa for note in mismatches),
                ),
                mend=both(
                    en="Make a version of the data with the same recipe.",
                    fa="نسخه‌ای از داده با همان دستور بسازید.",
                ),
            )
        return GateCheck(
            code="normaliser",
            ok=True,
            title=title,
            cause=both(
                en="Training, test and samples go through the recipe of the data."
                if self.data
                else "Every text goes through the recipe of the model, as when it learned.",
                fa="آموزش، آزمون و نمونه‌ها از دستور داده می‌گذرند."
                if self.data
                else "همهٔ متن‌ها از دستور مدل می‌گذرند، همان‌گونه که آموخته است.",
            ),
        )


def _json(recipe: NormaliserRecipe | None) -> dict[str, Any] | None:
    return recipe.model_dump(mode="json") if recipe else None


def _differing(one: NormaliserRecipe, other: NormaliserRecipe) -> str:
    """Names of the switches that differ."""
    return ", ".join(
        name for name in NormaliserRecipe.model_fields if getattr(one, name) != getattr(other, name)
    )


def normaliser_of(inputs: Mapping[str, Any]) -> Normaliser | None:
    """That of a job; None where its texts stay as they are.

    Raises:
        NormaliserMissing, NormaliserVersion: its back end is not here as it says.
        NormaliserFailed: it cannot be loaded.

    """
    told = inputs.get("normaliser")
    return Normaliser(NormaliserRecipe.model_validate(told)) if told else None


def normalised(rows: Iterable[Row], normaliser: Normaliser | None) -> Iterator[Row]:
    """Canonical rows as the run learns them."""
    if normaliser is None:
        yield from rows
        return
    for one in rows:
        yield row(normaliser, one)
