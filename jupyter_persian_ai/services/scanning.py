"""Models that are on this machine and not in the registry yet.

Owns where they are looked for and what is said of each; confined processes do the looking.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import DatasetLimit, ErrorBody, ModelNotAFolder, PersianAIError
from ..hub.detection import refusal, snapshot_origin
from ..hub.installed import user_cache
from ..protocol.registry import DetectedModel, ScanAsk, Scanned
from ..settings import Settings
from ..store import Store, model_origins
from . import model_files
from .adoption import model_of
from .confining import confine

_FIND = "jupyter_persian_ai.hub.detection:find"
_JUDGE = "jupyter_persian_ai.hub.detection:judge"
#: Folders that one process judges; when one of them is its end, they are judged singly.
_BATCH = 16
_SECONDS = 60.0


class Scanning:
    """Looks for a user's models."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def scan(self, user_id: str, ask: ScanAsk) -> Scanned:
        """What lies in a folder, or without one in the Hub caches of this machine.

        Raises:
            ModelNotAFolder: there is no such folder.

        """
        where = await asyncio.to_thread(self._where, ask)
        found = await confine(self._settings, _FIND, where, seconds=_SECONDS)
        entries: list[dict[str, Any]] = found["found"]
        judged: list[dict[str, Any]] = []
        for begin in range(0, len(entries), _BATCH):
            batch = [entry["path"] for entry in entries[begin : begin + _BATCH]]
            judged += await self._judged(batch)
        known = await self._store.aread(
            lambda s: _known(s, user_id, [entry["path"] for entry in entries])
        )
        items = [
            _detected(entry, told, known.get(entry["path"], ""))
            for entry, told in zip(entries, judged, strict=True)
        ]
        return Scanned(items=items, complete=found["complete"])

    def _where(self, ask: ScanAsk) -> dict[str, Any]:
        if not ask.path:
            caches = dict.fromkeys(
                str(cache.resolve())
                for cache in (self._settings.data_dir / "hub", user_cache())
                if cache.is_dir()
            )
            return {"caches": list(caches), "folder": "", "name": "caches"}
        folder = Path(ask.path).expanduser()
        if "\x00" in ask.path or not folder.is_dir():
            raise ModelNotAFolder(
                path=ask.path, reason="there is no such folder", reason_fa="چنین پوشه‌ای نیست"
            )
        return {"caches": [], "folder": str(folder.resolve()), "name": folder.name}

    async def _judged(self, paths: list[str]) -> list[dict[str, Any]]:
        """What each of the paths is, in their order."""
        payload = {"paths": paths, "name": Path(paths[0]).name}
        try:
            answer = await confine(self._settings, _JUDGE, payload, seconds=_SECONDS)
        except PersianAIError as error:
            if len(paths) == 1:
                told = error if isinstance(error, DatasetLimit) else _unreadable(paths[0])
                return [refusal(told)]
            return [one for path in paths for one in await self._judged([path])]
        judged: list[dict[str, Any]] = answer["judged"]
        return judged


def _unreadable(path: str) -> ModelNotAFolder:
    return ModelNotAFolder(
        path=path,
        reason="the process that looked at it ended",
        reason_fa="پردازه‌ای که آن را می‌دید پایان یافت",
    )


def _known(session: Session, user_id: str, paths: list[str]) -> dict[str, str]:
    """Ids of the user's models that lie at these paths."""
    found = {path: model_origins.at_path(session, user_id, path) for path in paths}
    return {path: there[0][0] for path, there in found.items() if there}


def _detected(entry: dict[str, Any], told: dict[str, Any], model_id: str) -> DetectedModel:
    path = Path(entry["path"])
    repo_id, revision = snapshot_origin(path)
    name = path.name if told["convertible"] == "gguf" else repo_id or path.name
    facts = told["facts"]
    model = None
    if facts is not None:
        origin = {"repo_id": repo_id, "revision": revision}
        source = "hub" if repo_id else model_files.USERS_OWN
        model = model_of(facts | origin, path, name=name, source=source)
    return DetectedModel(
        path=str(path),
        name=name,
        where=entry["where"],
        repo_id=repo_id,
        revision=revision,
        bytes=entry["bytes"],
        model=model,
        model_id=model_id,
        convertible=told["convertible"],
        refused=ErrorBody.model_validate(told["refused"]) if told["refused"] else None,
    )
