"""Folders of deleted models go, even when the server is killed in between.

Owns the note of what is about to go: written before the rows are forgotten, taken up again at the
next start. What still has a row then was not deleted after all, and stays.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from ..paths import private_folder
from ..protocol.base import new_id
from ..settings import Settings
from ..store import Store, model_origins
from . import model_files

log = logging.getLogger(__name__)


class Removal:
    """Removes folders of models in the data root."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._data_dir = settings.data_dir
        self._notes = settings.data_dir / "leaving"

    async def start(self) -> None:
        """Remove what an earlier server had begun to."""
        for note in await asyncio.to_thread(lambda: sorted(self._notes.glob("*.json"))):
            await self.carry_out(note)

    def announce(self, folders: Sequence[Path]) -> Path | None:
        """Write down what is about to go; for the transaction that forgets the rows.

        A transaction that fails leaves a note that comes to nothing.
        """
        if not folders:
            return None
        note = private_folder(self._notes) / f"{new_id()}.json"
        draft = note.with_suffix(".new")
        draft.write_text(json.dumps([str(folder) for folder in folders]), "utf-8")
        draft.replace(note)
        return note

    async def carry_out(self, note: Path | None) -> None:
        """Remove what a note names, as far as no version of anybody's lies there."""
        if note is None:
            return
        folders = await asyncio.to_thread(_read, note)

        def unused(session: Session) -> list[Path]:
            return [
                folder for folder in folders if not model_origins.path_in_use(session, str(folder))
            ]

        going = await self._store.aread(unused)
        await asyncio.to_thread(model_files.remove, going, self._data_dir)
        await asyncio.to_thread(note.unlink, missing_ok=True)


def _read(note: Path) -> list[Path]:
    try:
        said = json.loads(note.read_bytes())
    except (OSError, ValueError):
        log.warning("%s cannot be read", note)
        return []
    return [Path(folder) for folder in said]
