"""What the tokenizers of models make of Persian: measured once a version, then remembered."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import ModelNotAFolder, PersianAIError
from ..persian.yardstick import yardstick
from ..protocol.data import Model
from ..protocol.quality import Fertility
from ..settings import Settings
from ..store import Store, model_versions
from ..store import models as rows
from .confining import confine

_MEASURE = "jupyter_persian_ai.persian.fertility:measure_yardstick"
_SECONDS = 60.0
#: Tokenizers that are measured at the same time: a large vocabulary takes memory.
_AT_ONCE = 2


class ModelTokenizers:
    """Measures the tokenizers of a user's models on a text that is the same for all."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._measuring = asyncio.Semaphore(_AT_ONCE)

    async def of(self, user_id: str, model_id: str) -> Fertility:
        """What the tokenizer of a model's current version makes of Persian.

        Raises:
            NotFound: no such model of this user.
            ModelNotAFolder: it has no `tokenizer.json`, or one that cannot be read.

        """

        def read(session: Session) -> tuple[Model, dict[str, Any] | None]:
            model = rows.get(session, user_id, model_id)
            return model, model_versions.fertility(session, user_id, model_id)

        model, kept = await self._store.aread(read)
        text = _mark()
        if kept is None or kept.get("text") != text:
            kept = {"text": text, "told": await self._measured(model)}
            remembered = kept
            await self._store.awrite(
                lambda s: model_versions.keep_fertility(
                    s, user_id, model_id, model.version, remembered
                )
            )
        about = {"model_id": model.id, "model_name": model.name}
        return Fertility.model_validate(dict(kept["told"]) | about)

    async def perhaps(self, user_id: str, model_id: str) -> Fertility | None:
        """`of`; None where the tokenizer cannot be measured."""
        try:
            return await self.of(user_id, model_id)
        except PersianAIError:
            return None

    async def _measured(self, model: Model) -> dict[str, Any]:
        tokenizer = Path(model.path) / "tokenizer.json"
        if not await asyncio.to_thread(tokenizer.is_file):
            raise ModelNotAFolder(
                path=model.path,
                reason="it has no tokenizer.json",
                reason_fa="tokenizer.json ندارد",
            )
        payload = {"tokenizer": str(tokenizer), "name": model.name}
        async with self._measuring:
            try:
                return await confine(self._settings, _MEASURE, payload, seconds=_SECONDS)
            except PersianAIError as error:
                raise ModelNotAFolder(
                    path=model.path,
                    reason="its tokenizer.json cannot be read",
                    reason_fa="tokenizer.json آن خوانده نمی‌شود",
                ) from error


def _mark() -> str:
    """The text that is measured on, by its hash: another one makes what is kept worthless."""
    return hashlib.sha256(yardstick().encode()).hexdigest()[:16]
