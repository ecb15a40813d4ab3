"""`pai.datasets`: the list when it is called, and the ways to a dataset: `load` and `get`.

Owns what a user may give. Must not read data itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..client import Client, current
from ..errors import DatasetMissing, InvalidField, NotFound
from ..protocol.data import Dataset, DatasetShape
from . import rows_file
from .dataset import DatasetHandle
from .display import amount
from .listing import Listing
from .loading import HUB_ID, Loading, chosen_split
from .parts import Parts
from .training_data import from_text, named


class Datasets:
    """Every dataset of the service: `datasets()` lists them, `load` brings one, `get` finds one."""

    def __call__(self, client: Client | None = None) -> Listing[DatasetHandle]:
        """Every dataset, newest first."""
        service = current(client)
        return Listing(
            [DatasetHandle(service, one) for one in service.datasets.all()],
            {
                "id": lambda one: one.id,
                "name": lambda one: one.name,
                "version": lambda one: one.number,
                "shape": lambda one: one.shape.value,
                "rows": lambda one: f"{len(one):,}",
                "size": lambda one: amount(one.bytes),
            },
        )

    def get(self, id_or_name: str, *, client: Client | None = None) -> DatasetHandle:
        """The newest version of a dataset, by its id or its name; of one name the newest.

        Raises:
            NotFound: there is none.

        """
        service = current(client)
        known = service.datasets.all()
        for found in (
            [one for one in known if one.id == id_or_name],
            [one for one in known if one.name == id_or_name],
        ):
            if found:
                return DatasetHandle(service, found[0])
        raise NotFound(what="dataset", id=id_or_name)

    def load(
        self,
        source: Any,
        *,
        name: str = "",
        shape: DatasetShape | str | None = None,
        fields: Mapping[str, str] | None = None,
        encoding: str | None = None,
        split: str | Mapping[str, float] | None = None,
        files: Sequence[str] = (),
        members: Sequence[str] = (),
        revision: str = "main",
        client: Client | None = None,
    ) -> DatasetHandle | Parts:
        """Bring data into the service; it is read by a job, and what is shown says how far it is.

        Interrupting stops the reading, and nothing is kept. A file that the service does not see
        is sent to it piece by piece, so its size is no matter of memory.

        Args:
            source: a path (here, or an absolute one of the service's machine), a dataset of the
                Hub (`"owner/name"`), a pandas frame, a `datasets.Dataset` or `DatasetDict`, a list
                of strings or mappings, or the id of a sample (`"hafez"`).
            name: of the dataset; by default the file's.
            shape: of the rows; by default it is recognised.
            fields: our field names to the file's, such as `{"text": "body"}`.
            encoding: of the file; by default it is recognised.
            split: a name picks one of several (of a `DatasetDict`, or files of the Hub whose names
                say it); shares such as `{"train": 0.8, "test": 0.2}` split what was loaded.
            files: of a dataset of the Hub, by their names there; by default all that can be read.
            members: which files of an archive, or sheets of a workbook; by default all.
            revision: of a dataset of the Hub.
            client: another service than the one in use.

        Returns:
            The dataset; for a `DatasetDict`, or with shares, several by name.

        Raises:
            DatasetMissing: there is no such file, sample or dataset.
            DatasetProblem: nothing of it can be used.
            InvalidField: what was given is of no kind that can be read.
            HubProblem: the Hub does not give it.

        """
        service = current(client)
        given = {"name": name, "shape": shape, "encoding": encoding, "members": list(members)}
        reading: dict[str, Any] = {key: value for key, value in given.items() if value}
        if fields:
            reading["fields"] = dict(fields)
        loading = Loading(service, reading)
        picked, shares = (split, None) if isinstance(split, str) else (None, split)
        if rows_file.is_dataset_dict(source):
            source = chosen_split(source, picked)
            if picked is None:
                return self._several(loading, source, name)
        if self._on_hub(source):
            brought = loading.hub(str(source), revision=revision, files=files, split=picked)
            made = DatasetHandle(service, brought.dataset, job_id=brought.job_id)
        else:
            made = self._one(loading, source, picked)
        if shares is None:
            return made
        parts: dict[str, Any] = dict(shares)
        return made.split(**parts)

    def _several(self, loading: Loading, source: Mapping[str, Any], name: str) -> Parts:
        made = {}
        for part, data in source.items():
            loading.reading["name"] = f"{name or 'notebook'} · {part}"
            made[str(part)] = self._one(loading, data, None)
        return Parts(made, persian=loading.persian)

    def _one(self, loading: Loading, source: Any, split: str | None) -> DatasetHandle:
        service = loading.client
        if isinstance(source, DatasetHandle):
            return source
        if isinstance(source, Dataset):
            return DatasetHandle(service, source)
        if not isinstance(source, str | Path):
            if split is not None and not rows_file.is_hub_dataset(source):
                raise InvalidField(
                    field="split",
                    reason="only a DatasetDict or a dataset of the Hub has parts by name",
                    reason_fa="تنها DatasetDict یا مجموعه‌دادهٔ Hub بخش‌هایی با نام دارد",
                )
            brought = loading.rows(source, loading.reading.get("name") or "notebook")
        else:
            sample = self._sample(service, source, loading.reading.get("shape"))
            if sample is not None:
                return DatasetHandle(service, sample)
            brought = from_text(loading, source)
        return DatasetHandle(service, brought.dataset, job_id=brought.job_id)

    @staticmethod
    def _on_hub(source: Any) -> bool:
        return (
            isinstance(source, str)
            and not Path(source).expanduser().exists()
            and HUB_ID.fullmatch(source) is not None
        )

    @staticmethod
    def _sample(
        service: Client, source: str | Path, shape: DatasetShape | str | None
    ) -> Dataset | None:
        """A sample dataset by its id; a file of that name comes first."""
        if isinstance(source, Path) or Path(source).expanduser().exists():
            return None
        wanted = [DatasetShape(shape)] if shape else [DatasetShape.TEXT]
        try:
            return named(service, source, wanted)
        except NotFound as error:
            raise DatasetMissing(path=source) from error

    def __repr__(self) -> str:
        return "<datasets: datasets() lists them, datasets.load(...) brings one>"


#: The word of the API.
datasets = Datasets()
