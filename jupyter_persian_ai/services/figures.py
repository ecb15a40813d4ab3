"""Figures for the panel, made off the event loop.

Bokeh takes a second to import, so it is loaded when the first figure is asked for, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any, Literal

Language = Literal["fa", "en"]
Theme = Literal["light", "dark"]
Scale = Literal["linear", "log"]

#: How many figures are remembered; they differ by metrics, language, theme and scale.
REMEMBERED = 200


class Figures:
    """Makes figures and remembers them."""

    def __init__(self) -> None:
        self._made: dict[Hashable, dict[str, Any]] = {}

    async def curves(
        self, metrics: tuple[str, ...], lang: Language, theme: Theme, scale: Scale
    ) -> dict[str, Any]:
        """An empty figure of metrics of one training as a Bokeh `json_item`."""
        return await self._figure("curves", metrics, lang, theme, scale)

    async def comparison(
        self, metric: str, runs: int, lang: Language, theme: Theme, scale: Scale
    ) -> dict[str, Any]:
        """An empty figure of one metric of several trainings as a Bokeh `json_item`."""
        return await self._figure("comparison", metric, runs, lang, theme, scale)

    async def dataset(self, name: str, data: Any, lang: Language, theme: Theme) -> dict[str, Any]:
        """A figure of a version of a dataset, with its data, as a Bokeh `json_item`.

        Not remembered: the browser keeps what it was sent, and the next version differs.
        """
        return await asyncio.to_thread(_draw_dataset, name, data, lang, theme)

    async def _figure(self, kind: str, *asked: Any) -> dict[str, Any]:
        key = (kind, *asked)
        if key not in self._made:
            if len(self._made) >= REMEMBERED:
                self._made.clear()
            self._made[key] = await asyncio.to_thread(partial(_draw, kind, *asked))
        return self._made[key]


def _draw(kind: str, *asked: Any) -> dict[str, Any]:
    from .. import figures  # noqa: PLC0415 - see the module's docstring

    made: dict[str, Any] = getattr(figures, kind)(*asked)
    return made


def _draw_dataset(name: str, data: Any, lang: Language, theme: Theme) -> dict[str, Any]:
    from .. import figures_datasets  # noqa: PLC0415 - see the module's docstring

    made: dict[str, Any] = getattr(figures_datasets, name)(data, lang, theme)
    return made
