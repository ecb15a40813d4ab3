"""`persian` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from ...protocol.normaliser import Normalised, NormaliserRecipe, Normalisers
from .area import Area, sent


class PersianArea(Area):
    """`persian`: the normaliser as the service has it."""

    def normalisers(self) -> Normalisers:
        """The switches of a recipe, the default, and the back ends that are installed there."""
        return self._one(Normalisers, "GET", "persian/normalisers")

    def normalise(self, text: str, recipe: NormaliserRecipe | None = None) -> Normalised:
        """Normalise a text of at most 100,000 characters, with what each step changed.

        Raises `InvalidField` for a back end that is not installed there.
        """
        body = {"text": text, "recipe": sent(recipe or NormaliserRecipe())}
        return self._one(Normalised, "POST", "persian/normalise", body=body)
