"""What `pai.train` accepts as data, and how it becomes a dataset of the service.

A dataset that is known, a sample, a file, a pandas frame, or rows. Reading and judging files is
the service's work; this only brings them there. Must not import pandas.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..client import Client
from ..errors import DatasetMissing, InvalidField
from ..protocol.data import Dataset, DatasetShape

#: A list of strings or of mappings; a pandas frame is told by its `to_dict`.
Rows = Iterable[str | Mapping[str, Any]]


def dataset_of(
    client: Client,
    data: Any,
    *,
    name: str = "",
    shape: DatasetShape | None = None,
    fields: Mapping[str, str] | None = None,
) -> Dataset:
    """The dataset that `data` means; files, frames and rows are imported first.

    Args:
        client: the service.
        data: a `Dataset`, the id or name of one, `"hafez"`, a path, a pandas frame, or rows
            (strings, or mappings with `text` or with `prompt` and `answer`).
        name: name of the dataset that is made.
        shape: what to take from a file that could be both shapes; which sample, too.
        fields: our field names to the file's, such as `{"text": "body"}`.

    Raises:
        DatasetProblem: the file or the rows cannot be used.
        InvalidField: `data` is of no such kind.

    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Path):
        return _file(client, data, name, shape, fields or {})
    if isinstance(data, str):
        return _named(client, data, shape) or _file(client, Path(data), name, shape, fields or {})
    return _rows(client, _records(data), name, shape, fields or {})


def _named(client: Client, text: str, shape: DatasetShape | None) -> Dataset | None:
    """A dataset by id, by name, or by the name of a sample. The newest of one name wins."""
    known = client.datasets.all()
    for found in (
        [one for one in known if one.id == text],
        [one for one in known if one.name == text],
    ):
        if found:
            return found[0]
    return _sample(client, known, text, shape or DatasetShape.TEXT)


def _sample(client: Client, known: list[Dataset], text: str, shape: DatasetShape) -> Dataset | None:
    """A sample by its id; `hafez` is the one of the wanted shape. Imported once, used again."""
    if text.lower() != "hafez" and not text.isidentifier():
        return None  # surely a path
    for sample in client.datasets.samples():
        if sample.id == text or (text.lower() == "hafez" and sample.shape is shape):
            names = {sample.name.fa, sample.name.en}
            imported = [one for one in known if one.source == "sample" and one.name in names]
            return imported[0] if imported else client.datasets.add_sample(sample.id)
    return None


def _file(
    client: Client,
    path: Path,
    name: str,
    shape: DatasetShape | None,
    fields: Mapping[str, str],
) -> Dataset:
    path = path.expanduser().absolute()
    if not path.is_file():
        raise DatasetMissing(path=str(path))
    if client.address.loopback:
        # One machine: the service reads the file itself, and nothing is copied twice.
        asked: dict[str, Any] = {"path": str(path), "fields": dict(fields)}
        if name:
            asked["name"] = name
        if shape:
            asked["shape"] = shape
        # A container of its own behind a loopback address does not see the file: send it then.
        with contextlib.suppress(DatasetMissing):
            return client.datasets.add_path(asked)
    return client.datasets.upload(path, name=name or path.stem, shape=shape, fields=fields)


def _records(data: Any) -> Rows:
    to_dict = getattr(data, "to_dict", None)
    if callable(to_dict) and hasattr(data, "columns"):
        records: Rows = to_dict("records")
        return records
    if isinstance(data, Iterable) and not isinstance(data, bytes | Mapping):
        return data
    raise InvalidField(
        field="dataset",
        reason=f"{type(data).__name__} is no dataset, path, pandas frame or list of rows",
    )


def _rows(
    client: Client,
    records: Rows,
    name: str,
    shape: DatasetShape | None,
    fields: Mapping[str, str],
) -> Dataset:
    with tempfile.TemporaryDirectory(prefix="persian-ai-") as folder:
        path = Path(folder) / "notebook.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, record in enumerate(records, start=1):
                row = {"text": record} if isinstance(record, str) else record
                if not isinstance(row, Mapping):
                    raise InvalidField(
                        field="dataset",
                        reason=f"row {number} is a {type(row).__name__}, not a string or mapping",
                    )
                file.write(json.dumps(dict(row), ensure_ascii=False, default=str) + "\n")
        return client.datasets.upload(path, name=name or "notebook", shape=shape, fields=fields)
