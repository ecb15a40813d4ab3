"""Starting a training: everything that can be known to fail is refused before it starts.

Owns the launch gate (options, data, model, memory, disk, one real step) and the turning of ids
into the absolute paths that a worker is told. torch is never imported here: the estimate is
arithmetic, and what needs torch runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import (
    DatasetFields,
    InvalidField,
    ModelUnsupported,
)
from ..protocol.data import Dataset, Model
from ..protocol.gate import Rehearsal
from ..protocol.jobs import Estimate, Fit, Job, JobKind, TrainingAsk
from ..protocol.recipes import OPTIONS, RECIPES, PretrainOptions, Recipe, TrainingOptions
from ..settings import Settings
from ..store import Store, versions
from ..store import datasets as dataset_rows
from ..store import models as model_rows
from ..training import estimate as arithmetic
from ..training import fitting, gate
from ..training.estimate import Needs
from ..training.texts import Recipes
from . import launching
from .checking import checked
from .devices import Devices
from .models import Models
from .queueing import NewJob, Queue
from .rehearsals import Rehearsals
from .token_counts import TokenCounts

_FIELDS = {
    "text": "text",
    "prompt_answer": "prompt, answer",
    "messages": "messages",
    "text_label": "text, label",
    "pair_label": "text, text_pair, label",
    "tokens_tags": "tokens, tags",
    "preference": "prompt, chosen, rejected",
}
#: A dial or a rehearsal waits longer for the counted tokens than a keystroke in the form.
_PATIENCE = 60.0
#: Rehearsals whose figures later estimates use.
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request whose every part was found and fits the others.

    `dataset` and `test` are described as the versions that were asked for.
    """

    recipe: Recipe
    options: TrainingOptions
    dataset: Dataset
    dataset_dir: str
    model: Model | None
    tokens_dir: Path
    test: Dataset | None = None
    test_dir: str = ""
    version_of: str = ""

    @property
    def rows_path(self) -> Path:
        """The canonical rows."""
        return Path(self.dataset_dir) / "rows.jsonl"

    @property
    def recipes(self) -> Recipes:
        """What the texts of each part went through."""
        return Recipes(
            data=self.dataset.normaliser,
            model=self.model.normaliser if self.model else None,
            test=self.test.normaliser if self.test else None,
        )

    @property
    def key(self) -> str:
        """The same for requests that are the same but for their name."""
        model = f"{self.model.id} {self.model.version}" if self.model else ""
        parts = [self.recipe.id, self.dataset.sha256, model]
        return json.dumps([*parts, self.options.model_dump(mode="json")], sort_keys=True)

    @property
    def inputs(self) -> dict[str, Any]:
        """What the worker is told."""
        test = (
            {
                "test_dataset_id": self.test.id,
                "test_dataset_version": self.test.version,
                "test_path": f"{self.test_dir}/rows.jsonl",
                "test_name": self.test.name,
                "test_sha256": self.test.sha256,
            }
            if self.test
            else {}
        )
        return {
            **test,
            **self.recipes.inputs,
            "dataset_id": self.dataset.id,
            "dataset_version": self.dataset.version,
            "dataset_path": f"{self.dataset_dir}/rows.jsonl",
            "dataset_name": self.dataset.name,
            "dataset_sha256": self.dataset.sha256,
            "dataset_rows": self.dataset.report.stats.rows,
            "model_id": self.model.id if self.model else None,
            "model_path": self.model.path if self.model else None,
            "model_name": self.model.name if self.model else "",
            "model_version": self.model.version if self.model else None,
            "version_of": self.version_of,
            "tokens_dir": str(self.tokens_dir),
        }


class Training:
    """The launch gate, and starting what passes it."""

    def __init__(self, store: Store, settings: Settings, queue: Queue, models: Models) -> None:
        self._store = store
        self._settings = settings
        self._queue = queue
        self._models = models
        self._devices = Devices(settings)
        self._counts = TokenCounts(settings)
        self._rehearsals = Rehearsals(settings)
        #: What rehearsed runs took, by what was asked; the latest last.
        self._rehearsed: OrderedDict[str, dict[str, Any]] = OrderedDict()

    async def stop(self) -> None:
        """Let go of what is being measured."""
        await self._devices.stop()
        await self._counts.stop()

    async def estimate(self, user_id: str, ask: TrainingAsk) -> Estimate:
        """What a run would need, and what the gate says of it; nothing is started.

        Raises:
            InvalidField: an option, or the recipe, is not acceptable.
            NotFound: no such dataset or model.
            DatasetFields: the dataset has another shape than the recipe needs.

        """
        plan = await self._plan(user_id, ask)
        return await self._estimate(plan)

    async def fit(self, user_id: str, ask: TrainingAsk) -> Fit:
        """Options under which the run fits this machine, and why these.

        Raises:
            InvalidField, NotFound, DatasetFields: as for `estimate`.

        """
        plan = await self._plan(user_id, ask)
        device = await self._devices.measured()
        wanted = await self._needs(plan, _PATIENCE)
        found = await asyncio.to_thread(fitting.fit_machine, wanted, plan.options, device)
        options = fitting.patched(plan.options, found.change)
        estimate = launching.gated(wanted, options, device, found.estimate)
        return found.model_copy(update={"estimate": estimate})

    async def rehearse(self, user_id: str, ask: TrainingAsk) -> Rehearsal:
        """Take one real step of the run, in a process of its own; nothing is started or kept.

        Raises:
            InvalidField, NotFound, DatasetFields: as for `estimate`.
            LaunchRefused, DiskFull: the gate refuses it before a step could.
            Busy: another one is under way.
            TooSlowToTry: it took too long.

        """
        plan = await self._plan(user_id, ask)
        wanted = await self._needs(plan, _PATIENCE)
        device = await self._devices.measured()
        estimate = launching.gated(wanted, plan.options, device)
        refusal = gate.refusing(estimate.gate)
        if refusal is not None and refusal.code != "memory":
            raise launching.refused(refusal, estimate)
        took = await self._rehearsals.take(
            plan.recipe.id, plan.options.model_dump(mode="json"), plan.inputs
        )
        if took["fits"]:
            self._rehearsed[plan.key] = took
            while len(self._rehearsed) > _REMEMBERED:
                self._rehearsed.popitem(last=False)
        change = fitting.smallest_change(
            wanted, plan.options, launching.shrunk(device, estimate, took["memory_bytes"])
        )
        return launching.told(took, device, None if took["fits"] else change)

    async def submit(self, user_id: str, ask: TrainingAsk, key: str | None) -> tuple[Job, bool]:
        """Queue a run; the same key and request give the same job (and False).

        Raises:
            InvalidField, NotFound, DatasetFields: as for `estimate`.
            TooLittleMemory, DiskFull: the run would not fit; `change` is what would.
            LaunchRefused: something else would make it fail.
            IdempotencyMismatch: the key was used for another request.

        """
        plan = await self._plan(user_id, ask)
        estimate = await self._estimate(plan)
        refusal = gate.refusing(estimate.gate)

        def write(session: Session) -> tuple[Job, bool]:
            for model_id in filter(None, (plan.model.id if plan.model else "", plan.version_of)):
                model_rows.get(session, user_id, model_id)  # it may have been deleted meanwhile
            new = NewJob(
                user_id=user_id,
                kind=JobKind.TRAINING,
                recipe=plan.recipe.id,
                name=ask.name or f"{plan.recipe.title_fa}: {plan.dataset.name}"[:120],
                options=plan.options.model_dump(mode="json"),
                inputs=plan.inputs,
                key=key,
            )
            job, created = self._queue.add(session, new)
            # Asked only now, so that a repeated request finds its job even while that very job
            # has the memory; raising takes the new job back.
            if created and refusal is not None:
                raise launching.refused(refusal, estimate)
            return job, created

        return await self._queue.committed(write)

    async def _plan(self, user_id: str, ask: TrainingAsk) -> _Plan:
        recipe = next((known for known in RECIPES if known.id == ask.recipe), None)
        if recipe is None:
            known = ", ".join(sorted(OPTIONS))
            raise InvalidField(field="recipe", reason=f"known recipes are {known}")
        options = checked(OPTIONS[recipe.id], ask.options, within="options")

        def read(session: Session) -> tuple[Dataset, str, Model | None, Dataset | None, str]:
            dataset, folder = _version(session, user_id, ask.dataset_id, ask.dataset_version)
            model = model_rows.get(session, user_id, ask.model_id) if ask.model_id else None
            if ask.version_of:
                model_rows.get(session, user_id, ask.version_of)
            if not ask.test_dataset_id:
                return dataset, folder, model, None, ""
            test, test_dir = _version(
                session, user_id, ask.test_dataset_id, ask.test_dataset_version
            )
            return dataset, folder, model, test, test_dir

        dataset, folder, model, test, test_dir = await self._store.aread(read)
        if test is not None and not recipe.takes_test:
            raise InvalidField(
                field="test_dataset_id", reason=f"“{recipe.id}” judges on held-out rows only"
            )
        for data in (dataset, test):
            _fitting_shape(recipe, data)
        _need_model(recipe, options, model)
        tokens = self._settings.data_dir / "tokens"
        return _Plan(
            recipe, options, dataset, folder, model, tokens, test, test_dir, ask.version_of or ""
        )

    async def _estimate(self, plan: _Plan) -> Estimate:
        device, wanted = await asyncio.gather(self._devices.now(), self._needs(plan))
        estimate = await asyncio.to_thread(arithmetic.needs, wanted, plan.options, device)
        took = self._rehearsed.get(plan.key)
        if took is not None:
            estimate = launching.measured(estimate, took)
        return await asyncio.to_thread(launching.gated, wanted, plan.options, device, estimate)

    async def _needs(self, plan: _Plan, patience: float | None = None) -> Needs:
        """What the run is made of, its tokens counted if that is done in time."""
        stats = plan.dataset.report.stats
        config = await self._models.config(plan.model) if plan.model else None
        shape = plan.options.shape if isinstance(plan.options, PretrainOptions) else None
        tokenizer = Path(plan.model.path) / "tokenizer.json" if plan.model else None
        sample = await self._counts.of(
            dataset_sha256=plan.dataset.sha256,
            rows_path=plan.rows_path,
            recipe=plan.recipe.id,
            tokenizer=tokenizer,
            vocabulary=shape.vocab_size if shape else 0,
            normaliser=plan.recipes.inputs["normaliser"],
            **({} if patience is None else {"patience": patience}),
        )
        return Needs(
            recipe=plan.recipe.id,
            rows=stats.rows,
            characters=stats.characters,
            config=config,
            parameters=plan.model.parameters if plan.model else None,
            sample=sample,
            labels=len(stats.labels),
            tokenizer_bytes=await asyncio.to_thread(_size, tokenizer),
            recipes=plan.recipes,
        )


def _version(
    session: Session, user_id: str, dataset_id: str, number: int | None
) -> tuple[Dataset, str]:
    """The dataset as one of its versions is, and the folder of its rows."""
    dataset = dataset_rows.get(session, user_id, dataset_id)
    version, folder = versions.get(session, user_id, dataset_id, number)
    described = {"sha256", "bytes", "shape", "report", "normaliser"}
    update = {name: getattr(version, name) for name in described}
    return dataset.model_copy(update=update | {"version": version.number}), folder


def _size(path: Path | None) -> int:
    try:
        return path.stat().st_size if path else 0
    except OSError:
        return 0


def _fitting_shape(recipe: Recipe, dataset: Dataset | None) -> None:
    if dataset is not None and dataset.shape.value not in recipe.dataset_shapes:
        raise DatasetFields(
            name=dataset.name,
            found=_FIELDS[dataset.shape.value],
            needed=" | ".join(_FIELDS[shape] for shape in recipe.dataset_shapes),
        )


def _need_model(recipe: Recipe, options: TrainingOptions, model: Model | None) -> None:
    if model is not None:
        if model.task not in recipe.model_tasks:
            raise ModelUnsupported(model_type=f"{model.architecture} ({model.task})")
        return
    if recipe.needs_model:
        raise InvalidField(field="model_id", reason=f"“{recipe.id}” continues from a model")
    if getattr(options, "method", "full") != "full":
        raise InvalidField(field="model_id", reason="adapters need a model to continue from")
