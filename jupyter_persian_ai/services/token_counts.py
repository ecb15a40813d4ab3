"""Token counts of datasets under tokenizers, from samples; remembered.

Owns the confined process that tokenises a sample of rows. The server reads neither the rows nor
the tokenizer.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

from ..errors import PersianAIError
from ..jobs import confined
from ..settings import Settings

_COUNT = "jupyter_persian_ai.training.token_sample:count"
#: An estimate waits this long; the next one finds what came later.
PATIENCE = 4.0
_REMEMBERED = 128

Key = tuple[str, str, str, str]


class TokenCounts:
    """Answers of `token_sample.count` by data, recipe and tokenizer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: OrderedDict[Key, dict[str, Any] | None] = OrderedDict()
        self._under_way: dict[Key, asyncio.Task[dict[str, Any] | None]] = {}

    async def of(
        self,
        *,
        dataset_sha256: str,
        rows_path: Path,
        recipe: str,
        tokenizer: Path | None,
        vocabulary: int,
        normaliser: dict[str, Any] | None = None,
        patience: float = PATIENCE,
    ) -> dict[str, Any] | None:
        """What a sample comes to; None when it cannot be counted, or not yet.

        Args:
            dataset_sha256: of the data.
            rows_path: its canonical rows.
            recipe: decides which texts of a row count.
            tokenizer: a `tokenizer.json`; None for one that is yet to be learned.
            vocabulary: of the one to be learned.
            normaliser: the recipe that the texts go through.
            patience: seconds to wait.

        """
        mark = await asyncio.to_thread(stamp, tokenizer)
        if tokenizer is not None and not mark:
            return None
        key = (dataset_sha256, recipe, mark or f"new {vocabulary}", json.dumps(normaliser))
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        payload: dict[str, Any] = {
            "path": str(rows_path),
            "recipe": recipe,
            "normaliser": normaliser,
        }
        payload |= {"tokenizer": str(tokenizer)} if tokenizer else {"vocab_size": vocabulary}
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._count(key, payload))
            self._under_way[key] = task
        done, _ = await asyncio.wait({task}, timeout=patience)
        return task.result() if done else None

    async def stop(self) -> None:
        """Forget what is being counted."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _count(self, key: Key, payload: dict[str, Any]) -> dict[str, Any] | None:
        try:
            found = await asyncio.to_thread(
                confined.call,
                _COUNT,
                payload,
                memory_bytes=self._settings.dataset_memory_bytes,
                seconds=self._settings.dataset_seconds,
            )
        except PersianAIError:
            found = None  # what is wrong with it, the job itself says best
        finally:
            self._under_way.pop(key, None)
        self._known[key] = found
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


def stamp(tokenizer: Path | None) -> str:
    """A name of the file as it is now; empty when there is none."""
    if tokenizer is None:
        return ""
    try:
        status = tokenizer.stat()
    except OSError:
        return ""
    return f"{tokenizer} {status.st_size} {status.st_mtime_ns}"
