"""The normaliser: texts and rows changed as a recipe says, by our own rules or another back end.

Our own is small and deterministic: no dictionary, no model, nothing learned. The rules of one
version never change: a text that was normalised with version 1 today is the same in every later
release. Promised of it, and shown by tests: normalising twice changes nothing more; any `str` is
taken, lone surrogates too; the result has at most four times the characters. Must not know where
recipes are kept, nor how other normalisers are called: `backends` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..protocol.normaliser import Normalised, NormaliserRecipe
from .backends import OtherRules, other_rules, pinned
from .own_rules import OwnRules, own_rules

#: Fields whose strings name something; they are no text.
_NAMES = {"label", "tags"}


class Normaliser:
    """Changes texts as a recipe says, with our own rules or with the back end that it names."""

    def __init__(self, recipe: NormaliserRecipe | None = None) -> None:
        """Make ready.

        Raises:
            NormaliserMissing: the recipe's back end is not installed here.
            NormaliserVersion: another version of it is.

        """
        #: As it was asked for; with the version of the back end that is used, where it is another.
        self.recipe = pinned(recipe or NormaliserRecipe())
        own = self.recipe.backend == "own"
        self._rules: OwnRules | OtherRules = (
            own_rules(self.recipe) if own else other_rules(self.recipe)
        )

    def text(self, text: str) -> str:
        """One text, normalised.

        Raises:
            NormaliserFailed: another back end did; our own takes any text.

        """
        return self._rules.text(text)

    def texts(self, texts: Iterable[str]) -> list[str]:
        """Each text, normalised; raises as `text`."""
        one = self._rules.text
        return [one(text) for text in texts]

    def traced(self, text: str) -> Normalised:
        """One text, normalised, and what each step changed; raises as `text`."""
        return self._rules.traced(text)


def row(normaliser: Normaliser, content: Mapping[str, Any]) -> dict[str, Any]:
    """A canonical row with its texts normalised; labels, tags and roles stay as they are.

    A token that would become several words, or none, stays: tags belong to tokens by position.
    """
    new: dict[str, Any] = {}
    for field, value in content.items():
        if field in _NAMES:
            new[field] = value
        elif isinstance(value, str):
            new[field] = normaliser.text(value)
        elif value and isinstance(value[0], str):
            new[field] = tokens(normaliser, value)
        else:
            new[field] = [turn | {"content": normaliser.text(turn["content"])} for turn in value]
    return new


def tokens(normaliser: Normaliser, words: list[str]) -> list[str]:
    """Each token normalised by itself, so that there are as many as before."""
    changed = normaliser.texts(words)
    return [new if len(new.split()) == 1 else old for old, new in zip(words, changed, strict=True)]


def normalise(text: str, recipe: NormaliserRecipe | None = None) -> str:
    """`text` as the recipe says; without one, as the default recipe does."""
    return Normaliser(recipe).text(text)
