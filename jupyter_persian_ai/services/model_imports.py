"""Models of other formats brought in, as jobs: folders of pickles, GGUF files.

Owns what is asked before such a job may start: what lies at the path, whether the user knows what
a pickle is, and whether this machine can lock a process in. The work is `conversion`'s.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import (
    Conflict,
    LockdownMissing,
    ModelNotAFolder,
    ModelPickled,
    RiskNotAccepted,
)
from ..jobs import confined, lockdown
from ..protocol.base import Note
from ..protocol.jobs import Job
from ..protocol.making import Confinement, ModelImportAsk
from ..settings import Settings
from .confining import confine
from .disk import need_room
from .model_jobs import ModelJobs

_PICKLED = "jupyter_persian_ai.hub.pickled:inspect_pickled"
_INSPECT = "jupyter_persian_ai.hub.inspect:inspect_folder"
_GGUF = "jupyter_persian_ai.hub.gguf_header:read_gguf"
_PROBE = "jupyter_persian_ai.jobs.lockdown:probe"
_PROBE_BYTES = 2**30
_PROBE_SECONDS = 60.0


class ModelImports:
    """Bringing models of other formats in."""

    def __init__(self, settings: Settings, jobs: ModelJobs) -> None:
        self._settings = settings
        self._jobs = jobs
        self._confinement: Confinement | None = None
        self._asking = asyncio.Lock()

    async def confinement(self) -> Confinement:
        """What this machine can lock a conversion into; tried once, in a process that is."""
        async with self._asking:
            if self._confinement is None:
                self._confinement = await asyncio.to_thread(_probed)
            return self._confinement

    async def submit(self, user_id: str, ask: ModelImportAsk, key: str | None) -> tuple[Job, bool]:
        """Queue a conversion; the same key and request give the same job (and False).

        Raises:
            ModelProblem: what lies there cannot be used, or not be converted.
            Conflict: it can be used as it is.
            RiskNotAccepted: it holds pickles, and nobody said that they know.
            LockdownMissing: it holds pickles, and nothing can be locked in here.
            DiskFull: there is no room for the result.

        """
        path = await asyncio.to_thread(_found, ask.path)
        if path.is_file():
            recipe, needed = "gguf", await self._gguf(path)
        else:
            recipe, needed = "convert", await self._pickled(path, ask)
        need_room(self._settings, needed)
        return await self._jobs.submit(
            user_id,
            recipe,
            name=ask.name or path.stem or path.name,
            options=ask.model_dump(mode="json"),
            inputs={
                "path": str(path),
                "memory_bytes": self._settings.dataset_memory_bytes,
                "silent_seconds": self._settings.dataset_seconds,
            },
            key=key,
        )

    async def _gguf(self, path: Path) -> int:
        facts = await self._confined(_GGUF, path)
        return 2 * int(facts["parameters"])

    async def _pickled(self, path: Path, ask: ModelImportAsk) -> int:
        try:
            await self._confined(_INSPECT, path)
        except ModelPickled:
            pass
        else:
            raise Conflict(
                reason="it is safetensors already and can be used as it is",
                reason_fa="از پیش safetensors است و همین‌گونه به کار می‌آید",
            )
        found = await self._confined(_PICKLED, path)
        if not ask.accept_risk:
            raise RiskNotAccepted(path=str(path), files=found["files"])
        held = await self.confinement()
        if not held.possible and held.reason is not None:
            raise LockdownMissing(reason=held.reason.en, reason_fa=held.reason.fa)
        return int(found["bytes"])

    async def _confined(self, target: str, path: Path) -> dict[str, Any]:
        return await confine(self._settings, target, {"path": str(path), "name": path.name})


def _found(path: str) -> Path:
    """The file or folder; of a folder without weights but with one GGUF file, that file."""
    place = Path(path).expanduser()
    if "\x00" in path or not place.exists():
        raise ModelNotAFolder(
            path=path.replace("\x00", "␀"),
            reason="there is nothing there",
            reason_fa="آنجا چیزی نیست",
        )
    place = place.resolve()
    if place.is_file() and place.suffix.lower() != ".gguf":
        return place.parent  # a pickle is converted with what lies beside it
    if place.is_dir() and not (place / "config.json").exists():
        files = sorted(place.glob("*.gguf"))
        if len(files) == 1:
            return files[0].resolve()
    return place


def _probed() -> Confinement:
    try:
        tried = confined.call(
            _PROBE,
            {"home": str(Path.home()), "memory_bytes": _PROBE_BYTES},
            memory_bytes=_PROBE_BYTES,
            seconds=_PROBE_SECONDS,
            lockdown=lockdown.LAYERS,
        )
    except LockdownMissing as error:
        held = error.details.get("held", [])
        return Confinement(
            network="seccomp" in held or "namespaces" in held,
            home=bool(held),
            system_calls="seccomp" in held,
            memory=True,
            possible=False,
            reason=Note(en=str(error.details["reason"]), fa=str(error.details["reason_fa"])),
        )
    possible = all(tried.values())
    lacking = ", ".join(name for name, refused in tried.items() if not refused)
    reason = Note(en=f"it was not kept from: {lacking}", fa=f"از این‌ها بازداشته نشد: {lacking}")
    return Confinement(**tried, possible=possible, reason=None if possible else reason)
