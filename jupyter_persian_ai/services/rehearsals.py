"""One real step of a run that was not started, in a process like a worker's.

Owns that process and its folder. One rehearsal at a time: two would measure each other.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from ..errors import Busy, DatasetLimit, TooSlowToTry
from ..jobs import confined
from ..paths import private_folder
from ..protocol.base import new_id
from ..settings import Settings
from .devices import ADDRESS_SPACE

_STEP = "jupyter_persian_ai.training.rehearse:one_step"
#: Loading, tokenising all rows and one step; beyond it the job itself should try.
SECONDS = 600.0


class Rehearsals:
    """Takes single steps."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._busy = asyncio.Lock()

    async def take(
        self, recipe: str, options: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """What `rehearse.one_step` answers; `fits` is False when memory ran out in any way.

        Raises:
            Busy: another rehearsal is under way.
            TooSlowToTry: it took longer than `SECONDS`.
            PersianAIError: what the job itself would have said.

        """
        if self._busy.locked():
            raise Busy(what="rehearsal")
        async with self._busy:
            return await asyncio.to_thread(self._take, recipe, options, inputs)

    def _take(self, recipe: str, options: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        folder = private_folder(self._settings.data_dir / "rehearsals") / new_id()
        payload = {"folder": str(folder), "recipe": recipe, "options": options, "inputs": inputs}
        try:
            return confined.call(_STEP, payload, memory_bytes=ADDRESS_SPACE, seconds=SECONDS)
        except DatasetLimit as limit:
            if limit.details.get("what") == "memory":
                return {"fits": False, "memory_bytes": 0}
            raise TooSlowToTry(seconds=int(SECONDS)) from limit
        finally:
            shutil.rmtree(Path(folder), ignore_errors=True)
