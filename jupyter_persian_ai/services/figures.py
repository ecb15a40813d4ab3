"""Figures for the panel, made off the event loop.

Bokeh takes a second to import, so it is loaded when the first figure is asked for, in a thread.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

Language = Literal["fa", "en"]
Theme = Literal["light", "dark"]


class Figures:
    """Makes figures and remembers them: one for each language and theme."""

    def __init__(self) -> None:
        self._made: dict[tuple[Language, Theme], dict[str, Any]] = {}

    async def loss_curve(self, lang: Language, theme: Theme) -> dict[str, Any]:
        """The empty loss curve as a Bokeh `json_item`."""
        key = (lang, theme)
        if key not in self._made:
            self._made[key] = await asyncio.to_thread(_draw, lang, theme)
        return self._made[key]


def _draw(lang: Language, theme: Theme) -> dict[str, Any]:
    from ..figures import loss_curve  # noqa: PLC0415 - see the module's docstring

    figure: dict[str, Any] = loss_curve(lang, theme)
    return figure
