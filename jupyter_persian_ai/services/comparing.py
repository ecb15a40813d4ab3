"""Models side by side: what is known of each, line by line, and what each answers.

Owns which lines there are and which value of a line is the better. Answers come from engines,
one model after the other; one that was not in memory before is not afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pydantic import BaseModel, JsonValue

from ..errors import InvalidField, ModelUnsupported, PersianAIError
from ..protocol.chat import Usage
from ..protocol.data import Model
from ..protocol.registry import (
    AnswersAsk,
    AnswersDone,
    AnswersError,
    AnswersToken,
    AnswersUsage,
    ComparedLine,
    Comparison,
)
from ..store import Store
from ..store import models as rows
from .completion import respond
from .engines import Engines
from .model_tokenizers import ModelTokenizers
from .models import Models

MOST = 8
_FACTS = (
    "source", "version", "architecture", "model_type", "dtype", "parameters", "bytes",
    "vocabulary", "context_length", "license", "task", "repo_id", "revision",
)  # fmt: skip
#: What a better model has less of, and more of, by the ends of the names of figures.
_LOW = ("loss", "perplexity", "ece", "error")
_HIGH = (
    "accuracy", "f1", "precision", "recall", "bleu", "rouge", "chrf", "mcc", "margin", "reward",
)  # fmt: skip
#: Of a configuration: what says nothing about the model.
_SILENT = frozenset({"transformers_version", "_name_or_path", "torch_dtype"})
_MOST_LINES = 500


class Comparing:
    """Compares a user's models."""

    def __init__(
        self, store: Store, models: Models, tokenizers: ModelTokenizers, engines: Engines
    ) -> None:
        self._store = store
        self._models = models
        self._tokenizers = tokenizers
        self._engines = engines

    async def compare(self, user_id: str, ids: list[str]) -> Comparison:
        """Two or more models side by side, in the order asked for.

        Raises:
            InvalidField: there are too few or too many, or one comes twice.
            NotFound: one is no model of this user.

        """
        if not 2 <= len(ids) <= MOST or len(set(ids)) < len(ids):
            raise InvalidField(
                field="ids",
                reason=f"name 2 to {MOST} different models",
                reason_fa="۲ تا ۸ مدل گوناگون را نام ببرید",
            )
        models = await self._store.aread(lambda s: [rows.get(s, user_id, one) for one in ids])
        configs = await asyncio.gather(*(self._models.config(model) for model in models))
        tokenizers = await asyncio.gather(
            *(self._tokenizers.perhaps(user_id, model.id) for model in models)
        )
        return Comparison(
            models=models,
            facts=[_line(name, [getattr(model, name) for model in models]) for name in _FACTS],
            figures=_lines([_numbers(model.figures) for model in models], judged=True),
            config=_lines([flattened(config) for config in configs]),
            tokenizers=list(tokenizers),
        )

    async def answerers(self, user_id: str, ask: AnswersAsk) -> list[Model]:
        """The models that are to answer, in their order, each once.

        Raises:
            NotFound: one is no model of this user.

        """
        ids = list(dict.fromkeys(ask.ids))
        return await self._store.aread(lambda s: [rows.get(s, user_id, one) for one in ids])

    async def answers(
        self, models: list[Model], ask: AnswersAsk
    ) -> AsyncGenerator[tuple[str, BaseModel]]:
        """`(event name, data)`: of each model `token`*, `usage`? or `error`; at the end `done`."""
        for model in models:
            was_loaded = bool(self._engines.listed({model.id}))
            try:
                async with aclosing(self._answer(model, ask)) as pieces:
                    async for piece in pieces:
                        yield _event(model, piece)
            except PersianAIError as error:
                yield "error", AnswersError(model_id=model.id, error=error.body)
            finally:
                if not was_loaded:
                    await self._engines.unload_idle(model.id)
        yield "done", AnswersDone()

    async def _answer(self, model: Model, ask: AnswersAsk) -> AsyncGenerator[str | Usage]:
        if model.task != "text-generation":
            raise ModelUnsupported(model_type=f"{model.architecture} ({model.task})")
        request = {
            "model": model.id,
            "messages": [{"role": "user", "content": ask.prompt}],
            "stream": True,
            "temperature": ask.temperature,
            "max_tokens": ask.max_new_tokens,
            "seed": ask.seed,
        }
        async with (
            self._engines.using(model) as engine,
            aclosing(respond(engine, request)) as pieces,
        ):
            async for piece in pieces:
                yield piece


def _event(model: Model, piece: str | Usage) -> tuple[str, BaseModel]:
    if isinstance(piece, Usage):
        return "usage", AnswersUsage(model_id=model.id, **piece.model_dump())
    return "token", AnswersToken(model_id=model.id, text=piece)


def flattened(config: dict[str, Any], before: str = "") -> dict[str, JsonValue]:
    """A configuration with names such as `rope_parameters.rope_theta`; lists stay whole."""
    flat: dict[str, JsonValue] = {}
    for name, value in config.items():
        if name in _SILENT:
            continue
        if isinstance(value, dict) and value:
            flat |= flattened(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value
    return flat


def _numbers(figures: dict[str, Any]) -> dict[str, JsonValue]:
    return {
        name: value
        for name, value in flattened(figures).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _lines(columns: list[dict[str, JsonValue]], *, judged: bool = False) -> list[ComparedLine]:
    """A line for each name that any column has, in the order of their coming."""
    names = list(dict.fromkeys(name for column in columns for name in column))[:_MOST_LINES]
    return [
        _line(name, [column.get(name) for column in columns], _better(name) if judged else "")
        for name in names
    ]


def _line(name: str, values: list[Any], better: Any = "") -> ComparedLine:
    known = [value for value in values if isinstance(value, int | float)]
    best: list[int] = []
    if better and len(known) > 1:
        wanted = min(known) if better == "low" else max(known)
        best = [place for place, value in enumerate(values) if value == wanted]
    return ComparedLine(
        name=name,
        values=values,
        differs=any(value != values[0] for value in values[1:]),
        better=better,
        best=best,
    )


def _better(name: str) -> str:
    last = name.rsplit(".", 1)[-1]
    if last.endswith(_LOW):
        return "low"
    return "high" if last.endswith(_HIGH) else ""
