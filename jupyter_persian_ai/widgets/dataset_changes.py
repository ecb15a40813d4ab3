"""Verbs of a dataset that make something new of it: versions, parts, near-duplicates.

Every verb gives a handle on what it made; what it was called on stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from ..errors import InvalidField
from ..protocol.data import Dataset, DatasetShape
from ..protocol.jobs import Job
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.quality import PERSONAL, FindingCode
from ..protocol.versions import Step as AnyStep
from ..protocol.versions import (
    StepCount,
)
from .dataset_looks import Looks
from .dataset_views import ChangePreview
from .meter import meter
from .parts import Parts
from .waiting import finished

if TYPE_CHECKING:
    from .dataset import DatasetHandle

#: A step: the protocol's model, or its JSON.
Step = AnyStep | Mapping[str, Any]


class Changes(Looks):
    """What a handle can make of its version. The class that has these says which version it is."""

    def _made(
        self, dataset: Dataset, number: int, counts: Sequence[StepCount] = ()
    ) -> DatasetHandle:
        raise NotImplementedError

    # --- versions -------------------------------------------------------------------------------

    def change(self, steps: Sequence[Step], *, note: str = "") -> DatasetHandle:
        """A new version by these steps, one after another; their recipe is kept with it.

        Args:
            steps: of `protocol.versions`, or mappings such as `{"kind": "clean"}`.
            note: a remark that is kept with the version.

        Raises:
            InvalidField: a step is not as it should be; nothing was started.
            DatasetEmpty: no row would be left.

        """
        ask = {"version": self.number, "steps": _sent(steps), "note": note}
        job = self._wait(self.client.datasets.change(self.id, ask))
        counts = [StepCount.model_validate(one) for one in job.result.get("counts", [])]
        dataset = self.client.datasets.get(self.id)
        return self._made(dataset, int(job.result["number"]), counts)

    def preview_change(self, steps: Sequence[Step]) -> ChangePreview:
        """What these steps would do to the first rows; nothing is kept. Raises `InvalidField`."""
        ask = {"version": self.number, "steps": _sent(steps)}
        told = self.client.datasets.preview_change(self.id, ask)
        return ChangePreview.of(told, persian=self._persian())

    def normalise(self, recipe: NormaliserRecipe | None = None, **switches: Any) -> DatasetHandle:
        """Normalise every text; labels, tags and roles stay.

        Args:
            recipe: of the normaliser; the default one without it.
            switches: of the recipe, such as `digits="keep"` or `diacritics=True`.

        """
        asked = recipe.model_dump(mode="json") if recipe else {}
        return self.change([{"kind": "normalise", "recipe": {**asked, **switches}}])

    def filter(
        self,
        *,
        drop: Sequence[FindingCode | str] = (),
        min_words: int | None = None,
        max_words: int | None = None,
        min_persian_share: float | None = None,
        keep_labels: Sequence[str] = (),
        contains: str = "",
        lacks: str = "",
    ) -> DatasetHandle:
        """Keep the rows that meet every condition.

        Args:
            drop: findings; rows with any of these go.
            min_words: words a row, at least.
            max_words: words a row, at most.
            min_persian_share: of a row's letters, 0..1, in Persian letters, at least.
            keep_labels: only these labels.
            contains: only rows that hold this text (folded, as in `search`).
            lacks: only rows that do not.

        """
        asked = {
            "drop": [str(code) for code in drop],
            "min_words": min_words,
            "max_words": max_words,
            "min_persian_share": min_persian_share,
            "keep_labels": list(keep_labels),
            "contains": contains,
            "lacks": lacks,
        }
        given = {name: value for name, value in asked.items() if value not in (None, [], "")}
        return self.change([{"kind": "filter", **given}])

    def dedupe(self, near: bool = False, threshold: float = 0.8) -> DatasetHandle:
        """Of rows that are the same (folded) keep the first.

        Args:
            near: also of rows that are almost the same.
            threshold: how alike those are: Jaccard of word triples, 0.5..1.

        """
        return self.change([{"kind": "dedupe", "near": near, "threshold": threshold}])

    def mask(
        self, *codes: FindingCode | str, style: Literal["tag", "stars"] = "tag"
    ) -> DatasetHandle:
        """Cover personal data: of these kinds, or of every kind that is known."""
        kinds = [str(code) for code in codes or PERSONAL]
        return self.change([{"kind": "mask", "codes": kinds, "style": style}])

    def clean(self) -> DatasetHandle:
        """Take HTML tags out, and turn entities into what they stand for."""
        return self.change([{"kind": "clean"}])

    def map(
        self,
        shape: DatasetShape | str,
        fields: Mapping[str, str] | None = None,
        *,
        labels: Mapping[str, str] | None = None,
    ) -> DatasetHandle:
        """Give the rows another shape.

        Args:
            shape: that they get.
            fields: our field to theirs, such as `{"prompt": "text"}`.
            labels: old label to new.

        """
        step = {"kind": "map", "shape": str(shape), "fields": dict(fields or {})}
        return self.change([{**step, "labels": dict(labels or {})}])

    def sample(self, rows: int, *, seed: int = 0) -> DatasetHandle:
        """So many rows, drawn with a seed; their order stays."""
        return self.change([{"kind": "sample", "rows": rows, "seed": seed}])

    def without(
        self, other: DatasetHandle, *, near: bool = False, threshold: float = 0.8
    ) -> DatasetHandle:
        """Drop the rows that another dataset has too: test data that leaked into training."""
        step = {"kind": "without", "dataset_id": other.id, "version": other.number}
        return self.change([{**step, "near": near, "threshold": threshold}])

    # --- parts ----------------------------------------------------------------------------------

    def split(self, *, stratify: bool = True, seed: int = 0, **parts: float) -> Parts:
        """Split it: each part becomes a dataset of its own.

        Args:
            stratify: every part gets each label in the same share, where there are labels.
            seed: the same seed gives the same parts.
            parts: shares by name, such as `train=0.8, test=0.2`; they sum to 1. Without any:
                train 0.8, validation 0.1, test 0.1.

        Raises:
            InvalidField: the shares do not sum to 1.

        """
        ask: dict[str, Any] = {"version": self.number, "stratify": stratify, "seed": seed}
        if parts:
            ask["parts"] = parts
        job = self._wait(self.client.datasets.split(self.id, ask))
        made = {}
        for one in job.result["datasets"]:
            dataset = self.client.datasets.get(one["id"])
            made[str(one["part"])] = self._made(dataset, dataset.version)
        return Parts(made, persian=self._persian())

    def find_near_duplicates(self) -> DatasetHandle:
        """Look for rows that are almost the same, and mark them: then they are findings.

        `dedupe(near=True)` drops them.
        """
        self._wait(self.client.datasets.find_near_duplicates(self.id, version=self.number))
        return self._made(self._dataset, self.number)

    # --- how ------------------------------------------------------------------------------------

    def _wait(self, job: Job) -> Job:
        where = meter(self._dataset.name, persian=self._persian())
        try:
            return finished(self.client, job, where, persian=where.persian)
        finally:
            where.end()


def _sent(steps: Sequence[Step]) -> list[dict[str, Any]]:
    if isinstance(steps, Mapping | BaseModel):
        raise InvalidField(
            field="steps", reason="give a list of steps", reason_fa="فهرستی از گام‌ها بدهید"
        )
    return [
        step.model_dump(mode="json") if isinstance(step, BaseModel) else dict(step)
        for step in steps
    ]
