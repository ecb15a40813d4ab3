"""A version of a dataset as a notebook holds it.

What it holds never changes, so a handle is a name for it: looking asks the service, changing gives
another handle. Must not read or judge data; rows come only when they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ..client import Client
from ..errors import InvalidField, NotFound
from ..protocol.data import Dataset, DatasetReport, DatasetShape
from ..protocol.normaliser import NormaliserRecipe
from ..protocol.versions import DatasetUsers, DatasetVersion, StepCount
from .dataset_changes import Changes
from .dataset_views import Diff, step_line
from .display import amount
from .live_view import LiveView
from .saving import saved

if TYPE_CHECKING:
    import pandas as pd

    from .bundle import BundleJob
    from .dataset_widget import DatasetWidget
    from .job import TrainingJob


Format = Literal["jsonl", "csv", "parquet"]
#: What learns from rows of each shape.
_RECIPES = {
    DatasetShape.TEXT: "pretrain",
    DatasetShape.PROMPT_ANSWER: "sft",
    DatasetShape.MESSAGES: "sft",
    DatasetShape.TEXT_LABEL: "classify",
    DatasetShape.PAIR_LABEL: "classify",
    DatasetShape.TOKENS_TAGS: "ner",
    DatasetShape.PREFERENCE: "dpo",
}


class DatasetHandle(LiveView, Changes):
    """One version of one dataset of the service."""

    def __init__(
        self,
        client: Client,
        dataset: Dataset,
        number: int | None = None,
        *,
        counts: Sequence[StepCount] = (),
        job_id: str = "",
    ) -> None:
        self.client = client
        self._dataset = dataset
        #: Number of the version.
        self.number = dataset.version if number is None else number
        #: What each step that made this version did; empty where it was not made just now.
        self.counts = list(counts)
        self._job_id = job_id
        self._version: DatasetVersion | None = None
        self._widget: DatasetWidget | None = None

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self._dataset.name

    @property
    def info(self) -> Dataset:
        """All that the service says of the dataset, now; it describes the newest version."""
        self._dataset = self.client.datasets.get(self.id)
        return self._dataset

    @property
    def report(self) -> DatasetReport:
        """What reading or making this version has said: rows, format, encoding, fields."""
        return self._dataset.report if self._newest else self._own.report

    @property
    def shape(self) -> DatasetShape:
        """What a row holds."""
        return self._dataset.shape if self._newest else self._own.shape

    @property
    def source(self) -> str:
        """Where it came from: `upload`, `path`, `sample`, `hub`, or what made it."""
        return self._dataset.source

    @property
    def normaliser(self) -> NormaliserRecipe | None:
        """The recipe that these texts went through last, if any did."""
        return self._dataset.normaliser if self._newest else self._own.normaliser

    @property
    def bytes(self) -> int:
        """Size as JSON lines."""
        return self._dataset.bytes if self._newest else self._own.bytes

    def __len__(self) -> int:
        return self.report.stats.rows

    def __bool__(self) -> bool:
        return True

    @property
    def _newest(self) -> bool:
        return self.number == self._dataset.version

    @property
    def _own(self) -> DatasetVersion:
        if self._version is None:
            self._version = self.client.datasets.version(self.id, self.number)
        return self._version

    # --- versions -------------------------------------------------------------------------------

    def version(self, number: int | None = None) -> DatasetHandle:
        """Another version by its number; the newest without one. Raises `NotFound`."""
        dataset = self.info
        made = DatasetHandle(self.client, dataset, number, job_id=self._job_id)
        if number is not None and number != dataset.version:
            _ = made._own  # there is none: say so now, not at the first look
        return made

    def diff(self, a: int | None = None, b: int | None = None, *, n: int = 50) -> Diff:
        """How version `a` came to be version `b`; the first `n` changes.

        Without numbers: from the version that this one was made of, to this one.
        """
        end = self.number if b is None else b
        start = a if a is not None else self.version(end)._own.parent_number
        if start is None:
            raise NotFound(what="parent version", id=str(end))
        told = self.client.datasets.diff(self.id, start, end, limit=n)
        return Diff.of(told, persian=self._persian())

    # --- take away, use, delete -----------------------------------------------------------------

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a pandas frame, a column a field."""
        import pandas as pd  # noqa: PLC0415 - slow, and needed here alone

        pieces = self.client.datasets.download(self.id, version=self.number)
        content = b"".join(pieces)
        return pd.DataFrame([json.loads(line) for line in content.split(b"\n") if line])

    def download(self, path: str | Path, format: Format | None = None) -> Path:
        """Write all rows to a file; gives its path.

        Args:
            path: of this machine; a folder gets a file of the dataset's name.
            format: `jsonl`, `csv` (formulas escaped) or `parquet`; by the file's end without it.

        Raises:
            InvalidField: the file's end is of no such format.

        """
        target = Path(path).expanduser()
        wanted = format or ("jsonl" if target.is_dir() else target.suffix[1:].lower())
        if wanted not in {"jsonl", "csv", "parquet"}:
            raise InvalidField(
                field="format",
                reason=f"“{wanted}” is none of jsonl, csv, parquet",
                reason_fa=f"«{wanted}» از jsonl، csv و parquet نیست",
            )
        pieces = self.client.datasets.download(self.id, version=self.number, format=wanted)  # type: ignore[arg-type]
        return saved(pieces, target, f"{self.name}.{wanted}")

    def bundle(self, folder: str | Path | None = None, *, part_bytes: int = 0) -> BundleJob:
        """Begin to pack this version to be carried elsewhere; see `pai.bundles.pack`."""
        from .bundles import bundles  # noqa: PLC0415 - it knows this module

        return bundles.pack(self, folder, part_bytes=part_bytes, client=self.client)

    def train(
        self,
        recipe: str | None = None,
        model: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> TrainingJob:
        """Train on this version; see `jupyter_persian_ai.train` for what may be said.

        Without a recipe: the one that fits the shape of the rows.
        """
        from .notebook import train  # noqa: PLC0415 - it knows this module

        chosen = recipe or _RECIPES[self.shape]
        return train(self, chosen, model, name, client=self.client, **options)

    def users(self) -> DatasetUsers:
        """Who would miss it: jobs, models and datasets, by name."""
        return self.client.datasets.users(self.id)

    def rename(self, name: str) -> Self:
        """Change the name of the dataset; gives itself."""
        self._dataset = self.client.datasets.rename(self.id, name)
        return self

    def delete(self, *, force: bool = False) -> None:
        """Delete the dataset with every version. Raises `Conflict`, which says who needs it.

        With `force` jobs that stopped or failed may lose it; those that wait or work may not.
        """
        self.client.datasets.delete(self.id, force=force)

    def delete_version(self, *, force: bool = False) -> None:
        """Delete this version alone; `force` as in `delete`. Raises `Conflict`."""
        self.client.datasets.delete_version(self.id, self.number, force=force)

    # --- showing --------------------------------------------------------------------------------

    def widget(self) -> DatasetWidget:
        """Its view, with rows, counts and charts; the same one each time."""
        from .dataset_widget import DatasetWidget  # noqa: PLC0415 - only where something is shown

        if self._widget is None:
            self._widget = DatasetWidget(self)
        return self._widget

    def __repr__(self) -> str:
        about = (
            f"<dataset {self.id} “{self.name}” version {self.number}: {self.shape.value}, "
            f"{len(self):,} rows, {amount(self.bytes)}>"
        )
        return "\n".join([about, *(f"  {step_line(count)}" for count in self.counts)])

    # --- how ------------------------------------------------------------------------------------

    def _made(
        self, dataset: Dataset, number: int, counts: Sequence[StepCount] = ()
    ) -> DatasetHandle:
        return DatasetHandle(self.client, dataset, number, counts=counts)
