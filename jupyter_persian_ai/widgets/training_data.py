"""What `pai.train` accepts as data: a dataset that is known, a sample, or what `loading` brings.

Owns what a word means. Must not import pandas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..client import Client
from ..protocol.data import Dataset, DatasetShape
from .dataset import DatasetHandle
from .loading import HUB_ID, Brought, Loading


def dataset_of(
    client: Client,
    data: Any,
    *,
    name: str = "",
    shape: DatasetShape | None = None,
    shapes: Sequence[DatasetShape] = (),
    fields: Mapping[str, str] | None = None,
) -> DatasetHandle:
    """The version of a dataset that `data` means; files, frames and rows are imported first.

    Args:
        client: the service.
        data: a dataset, the id or name of one, `"hafez"`, a path, a dataset of the Hub
            (`"owner/name"`), a pandas frame, a `datasets.Dataset`, or rows (strings, or mappings
            with the fields of one of the shapes).
        name: name of the dataset that is made.
        shape: what to take from a file that could be several shapes; which sample, too.
        shapes: without a shape, any of these; of the samples the first that is there.
        fields: our field names to the file's, such as `{"text": "body"}`.

    Raises:
        DatasetProblem: the file or the rows cannot be used.
        InvalidField: `data` is of no such kind.

    """
    if isinstance(data, DatasetHandle):
        return data
    if isinstance(data, Dataset):
        return DatasetHandle(client, data)
    reading: dict[str, Any] = {"name": name, "fields": dict(fields or {})}
    if shape:
        reading["shape"] = shape
    elif shapes:
        reading["shapes"] = list(shapes)
    if isinstance(data, str):
        wanted = [shape] if shape else [*shapes, DatasetShape.TEXT]
        known = named(client, data, wanted)
        if known is not None:
            return DatasetHandle(client, known)
    loading = Loading(client, reading)
    brought = from_text(loading, data) if isinstance(data, str | Path) else loading.rows(data)
    return DatasetHandle(client, brought.dataset, job_id=brought.job_id)


def from_text(loading: Loading, data: str | Path) -> Brought:
    """What a path or an id means: a file of this machine, one of the service's, or of the Hub.

    Raises:
        DatasetMissing: none of these.

    """
    path = Path(data).expanduser()
    if not path.is_file() and isinstance(data, str) and HUB_ID.fullmatch(data):
        return loading.hub(data)
    return loading.file(path)


def named(client: Client, text: str, shapes: list[DatasetShape]) -> Dataset | None:
    """A dataset by id, by name, or by the name of a sample. The newest of one name wins."""
    known = client.datasets.all()
    for found in (
        [one for one in known if one.id == text],
        [one for one in known if one.name == text],
    ):
        if found:
            return found[0]
    return _sample(client, known, text, shapes)


def _sample(
    client: Client, known: list[Dataset], text: str, shapes: list[DatasetShape]
) -> Dataset | None:
    """A sample by its id; `hafez` is the one of a wanted shape. Imported once, used again."""
    if text.lower() != "hafez" and not text.isidentifier():
        return None  # surely a path
    samples = client.datasets.samples()
    found = [sample for sample in samples if sample.id == text]
    if text.lower() == "hafez":
        found += [sample for shape in shapes for sample in samples if sample.shape is shape]
    if not found:
        return None
    names = {found[0].name.fa, found[0].name.en}
    imported = [one for one in known if one.source == "sample" and one.name in names]
    return imported[0] if imported else client.datasets.add_sample(found[0].id)
