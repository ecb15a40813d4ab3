"""Starting a training: everything that can be known to fail is refused before it starts.

Owns the checks (options, data, model, memory, disk) and the turning of ids into the absolute
paths that a worker is told. torch is never imported here; the estimate is arithmetic.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ..errors import DatasetFields, DiskFull, InvalidField, PersianAIError, TooLittleMemory
from ..jobs.supervisor import Supervisor
from ..protocol.data import Dataset, Model
from ..protocol.jobs import Estimate, Job, JobKind, TrainingAsk
from ..protocol.recipes import OPTIONS, RECIPES, Recipe, TrainingOptions
from ..settings import Settings
from ..store import Store
from ..store import datasets as dataset_rows
from ..store import jobs as job_rows
from ..store import models as model_rows
from ..training import estimate as arithmetic
from .checking import checked
from .disk import usable_bytes
from .machine import available_memory
from .models import Models

_FIELDS = {
    "text": "text",
    "prompt_answer": "prompt, answer",
    "messages": "messages",
    "text_label": "text, label",
    "pair_label": "text, text_pair, label",
    "tokens_tags": "tokens, tags",
    "preference": "prompt, chosen, rejected",
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request whose every part was found and fits the others."""

    recipe: Recipe
    options: TrainingOptions
    dataset: Dataset
    dataset_dir: str
    model: Model | None

    @property
    def inputs(self) -> dict[str, Any]:
        """What the worker is told."""
        return {
            "dataset_id": self.dataset.id,
            "dataset_path": f"{self.dataset_dir}/rows.jsonl",
            "dataset_name": self.dataset.name,
            "dataset_sha256": self.dataset.sha256,
            "dataset_rows": self.dataset.report.stats.rows,
            "model_id": self.model.id if self.model else None,
            "model_path": self.model.path if self.model else None,
            "model_name": self.model.name if self.model else "",
        }


class Training:
    """Estimating and starting trainings."""

    def __init__(
        self, store: Store, settings: Settings, supervisor: Supervisor, models: Models, root_id: str
    ) -> None:
        self._store = store
        self._settings = settings
        self._supervisor = supervisor
        self._models = models
        self._root_id = root_id

    async def estimate(self, user_id: str, ask: TrainingAsk) -> Estimate:
        """What a run would need; nothing is started.

        Raises:
            InvalidField: an option, or the recipe, is not acceptable.
            NotFound: no such dataset or model.
            DatasetFields: the dataset has another shape than the recipe needs.

        """
        return await self._estimate(await self._plan(user_id, ask))

    async def submit(self, user_id: str, ask: TrainingAsk, key: str | None) -> tuple[Job, bool]:
        """Queue a run; the same key and request give the same job (and False).

        Raises:
            InvalidField, NotFound, DatasetFields: as for `estimate`.
            TooLittleMemory, DiskFull: the run would not fit.
            IdempotencyMismatch: the key was used for another request.

        """
        plan = await self._plan(user_id, ask)
        problem = _misfit(await self._estimate(plan))

        def write(session: Session) -> tuple[Job, bool]:
            job, created = job_rows.submit(
                session,
                user_id,
                kind=JobKind.TRAINING,
                recipe=plan.recipe.id,
                name=ask.name or f"{plan.recipe.title_fa}: {plan.dataset.name}"[:120],
                options=plan.options.model_dump(mode="json"),
                inputs=plan.inputs,
                idempotency_key=key,
                root_id=self._root_id,
            )
            # Asked only now, so that a repeated request finds its job even while that very job
            # has the memory; raising takes the new job back.
            if created and problem is not None:
                raise problem
            return job, created

        submitted = await self._store.awrite(write)
        self._supervisor.poke()
        return submitted

    async def _plan(self, user_id: str, ask: TrainingAsk) -> _Plan:
        recipe = next((known for known in RECIPES if known.id == ask.recipe), None)
        if recipe is None:
            known = ", ".join(sorted(OPTIONS))
            raise InvalidField(field="recipe", reason=f"known recipes are {known}")
        options = checked(OPTIONS[recipe.id], ask.options, within="options")

        def read(session: Session) -> tuple[Dataset, str, Model | None]:
            dataset = dataset_rows.get(session, user_id, ask.dataset_id)
            folder = dataset_rows.path(session, user_id, ask.dataset_id)
            model = model_rows.get(session, user_id, ask.model_id) if ask.model_id else None
            return dataset, folder, model

        dataset, folder, model = await self._store.aread(read)
        if dataset.shape.value not in recipe.dataset_shapes:
            raise DatasetFields(
                name=dataset.name,
                found=_FIELDS[dataset.shape.value],
                needed=" | ".join(_FIELDS[shape] for shape in recipe.dataset_shapes),
            )
        _need_model(recipe, options, model)
        return _Plan(recipe, options, dataset, folder, model)

    async def _estimate(self, plan: _Plan) -> Estimate:
        config = await self._models.config(plan.model) if plan.model else None
        stats = plan.dataset.report.stats
        numbers = arithmetic.estimate(
            plan.recipe.id,
            plan.options,
            characters=stats.characters,
            rows=stats.rows,
            model_config=config,
            parameters=plan.model.parameters if plan.model else None,
        )
        memory = await asyncio.to_thread(available_memory)
        disk = await asyncio.to_thread(usable_bytes, self._settings)
        return Estimate(
            parameters=numbers.parameters,
            trainable_parameters=numbers.trainable_parameters,
            tokens=numbers.tokens,
            steps=numbers.steps,
            memory_bytes=numbers.memory_bytes,
            memory_available=memory,
            disk_bytes=numbers.disk_bytes,
            disk_available=disk,
            seconds=numbers.seconds,
            fits=numbers.memory_bytes <= memory and numbers.disk_bytes <= disk,
            notes=list(numbers.notes),
        )


def _need_model(recipe: Recipe, options: TrainingOptions, model: Model | None) -> None:
    if model is not None:
        return
    if recipe.needs_model:
        raise InvalidField(field="model_id", reason=f"“{recipe.id}” continues from a model")
    if getattr(options, "method", "full") == "lora":
        raise InvalidField(field="model_id", reason="LoRA needs a model to continue from")


def _misfit(estimate: Estimate) -> PersianAIError | None:
    if estimate.memory_bytes > estimate.memory_available:
        return TooLittleMemory(needed=estimate.memory_bytes, available=estimate.memory_available)
    if estimate.disk_bytes > estimate.disk_available:
        return DiskFull(needed=estimate.disk_bytes, free=estimate.disk_available)
    return None
