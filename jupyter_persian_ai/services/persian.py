"""Persian text as a user can try it: which normalisers there are, and what one does to a text.

Our own rules run here, in a thread: they are linear in the length of the text. Another back end
runs in a process of its own with limits: it brings libraries along that have no place in the
server, and may take what time it likes. Keeps nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..jobs import confined
from ..persian.backends import pinned
from ..persian.describing import normalisers
from ..persian.normaliser import Normaliser
from ..protocol.normaliser import NormaliseAsk, Normalised, Normalisers

_SECONDS = 60.0
_MEMORY = 4 * 2**30


class Persian:
    """The normaliser at a user's hand."""

    async def normalisers(self) -> Normalisers:
        """The steps, with examples, and the back ends that are here."""
        return await asyncio.to_thread(normalisers)

    async def normalise(self, ask: NormaliseAsk) -> Normalised:
        """A text, normalised, and what each step changed.

        Raises:
            NormaliserMissing, NormaliserVersion: the recipe's back end is not here as it says.
            NormaliserFailed: it failed on the text.
            DatasetLimit: it took too long, or too much memory.

        """
        recipe = pinned(ask.recipe)
        if recipe.backend == "own":
            return await asyncio.to_thread(Normaliser(recipe).traced, ask.text)
        answer = await asyncio.to_thread(
            confined.call,
            f"{__name__}:traced",
            {"name": recipe.backend, **ask.model_dump(mode="json")},
            memory_bytes=_MEMORY,
            seconds=_SECONDS,
        )
        return Normalised.model_validate(answer)


def traced(payload: dict[str, Any]) -> dict[str, Any]:
    """In the child: the text of a `NormaliseAsk`, normalised."""
    ask = NormaliseAsk.model_validate({key: payload[key] for key in ("text", "recipe")})
    return Normaliser(ask.recipe).traced(ask.text).model_dump(mode="json")
