"""Calls of confined processes from asynchronous services, with the limits of the settings."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from ..jobs import confined
from ..settings import Settings


async def confine(
    settings: Settings, target: str, payload: dict[str, Any], *, seconds: float | None = None
) -> dict[str, Any]:
    """`confined.call` in a thread; `seconds` where the settings' limit is too long to wait.

    Whoever cancels it ends the process, too.

    Raises:
        PersianAIError: as `confined.call`.

    """
    limit = settings.dataset_seconds
    unwanted = threading.Event()
    try:
        return await asyncio.to_thread(
            confined.call,
            target,
            payload,
            memory_bytes=settings.dataset_memory_bytes,
            seconds=limit if seconds is None else min(seconds, limit),
            should_stop=unwanted.is_set,
        )
    finally:
        unwanted.set()
