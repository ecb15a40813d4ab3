"""What runs of this machine may use: measured once, free memory read at every question.

Owns the probe, which is a process of its own because it loads torch; its answer is kept in the
data root and holds for one installation on one machine. Until it is there, typical figures serve.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import logging
import os
import platform
import sys
from pathlib import Path
from typing import Any

from ..errors import PersianAIError
from ..jobs import confined
from ..settings import Settings
from ..training import footprint
from ..training.estimate import Device
from .disk import usable_bytes
from .machine import Machine

LOG = logging.getLogger(__name__)

_PROBE = "jupyter_persian_ai.training.probe:measure"
_FILE = "device.json"
_SECONDS = 120.0
#: torch reserves far more addresses than it uses, so they are no measure here.
ADDRESS_SPACE = 1 << 46


class Devices:
    """The machine as an estimate sees it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._machine = Machine(settings.data_dir)
        self._probing: asyncio.Task[None] | None = None
        self._found: dict[str, Any] | None = None
        self._tried = False

    async def now(self) -> Device:
        """What is there at this moment; begins to measure when that was never done."""
        if self._found is None and not self._tried:
            self._found = await asyncio.to_thread(_read, self._path, _installation())
            if self._found is None:
                self._tried = True
                self._probing = asyncio.create_task(self._probe())
        return await asyncio.to_thread(self._read)

    async def measured(self) -> Device:
        """As `now`, after the first measurement."""
        await self.now()
        if self._probing is not None:
            await asyncio.shield(self._probing)
        return await asyncio.to_thread(self._read)

    async def stop(self) -> None:
        """Wait for no probe: it ends by itself, and its answer is lost."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)

    @property
    def _path(self) -> Path:
        return self._settings.data_dir / _FILE

    async def _probe(self) -> None:
        try:
            found = await asyncio.to_thread(
                confined.call, _PROBE, {}, memory_bytes=ADDRESS_SPACE, seconds=_SECONDS
            )
        except PersianAIError:
            LOG.warning("the machine could not be measured; estimates use typical figures")
            return
        self._found = found
        await asyncio.to_thread(_write, self._path, {**found, "of": _installation()})

    def _read(self) -> Device:
        found = self._found or {}
        disk = usable_bytes(self._settings)
        memory = footprint.available_bytes()
        if found.get("kind") == "cuda":
            cards = self._machine.gpus()
            if cards:
                memory = max(card.memory_total - card.memory_used for card in cards)
        if not found:
            return Device(memory=memory, disk=disk)
        return Device(
            memory=memory,
            disk=disk,
            kind=found["kind"],
            cores=found["cores"],
            process_bytes=found["process_bytes"],
            adapter_bytes=found["adapter_bytes"],
            flops=found["flops"],
            bf16_flops=found["bf16_flops"],
            bf16=found["bf16"],
            measured=True,
            gpus=found["gpus"],
        )


def _installation() -> str:
    """What a measurement holds for."""
    versions = [sys.version.split()[0], platform.node(), str(os.cpu_count())]
    for name in ("torch", "transformers", "peft", "jupyter_persian_ai"):
        try:
            versions.append(importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            versions.append("-")
    return " ".join(versions)


def _read(path: Path, installation: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("of") == installation else None


def _write(path: Path, found: dict[str, Any]) -> None:
    staged = path.with_suffix(".part")
    try:
        staged.write_text(json.dumps(found), encoding="utf-8")
        staged.replace(path)
    except OSError:
        LOG.info("the measurement of the machine could not be kept", exc_info=True)
