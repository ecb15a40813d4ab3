"""What `pai.train` accepts as data, and how it becomes a dataset of the service.

A dataset that is known, a sample, a file, a pandas frame, or rows. Reading and judging files is
the service's work; this only brings them there. Must not import pandas.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
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
    shapes: Sequence[DatasetShape] = (),
    fields: Mapping[str, str] | None = None,
) -> Dataset:
    """The dataset that `data` means; files, frames and rows are imported first.

    Args:
        client: the service.
        data: a `Dataset`, the id or name of one, `"hafez"`, a path, a pandas frame, or rows
            (strings, or mappings with the fields of one of the shapes).
        name: name of the dataset that is made.
        shape: what to take from a file that could be several shapes; which sample, too.
        shapes: without a shape, any of these; of the samples the first that is there.
        fields: our field names to the file's, such as `{"text": "body"}`.

    Raises:
        DatasetProblem: the file or the rows cannot be used.
        InvalidField: `data` is of no such kind.

    """
    if isinstance(data, Dataset):
        return data
    reading: dict[str, Any] = {"name": name, "fields": dict(fields or {})}
    if shape:
        reading["shape"] = shape
    elif shapes:
        reading["shapes"] = list(shapes)
    if isinstance(data, Path):
        return _file(client, data, reading)
    if isinstance(data, str):
        wanted = [shape] if shape else [*shapes, DatasetShape.TEXT]
        return _named(client, data, wanted) or _file(client, Path(data), reading)
    return _rows(client, _records(data), reading)


def _named(client: Client, text: str, shapes: list[DatasetShape]) -> Dataset | None:
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


def _file(client: Client, path: Path, reading: dict[str, Any]) -> Dataset:
    """`reading`: name, shape or shapes, and fields, as `DatasetAsk` has them."""
    path = path.expanduser().absolute()
    if not path.is_file():
        raise DatasetMissing(path=str(path))
    if client.address.loopback:
        # One machine: the service reads the file itself, and nothing is copied twice. A container
        # of its own behind a loopback address does not see the file: send it then.
        with contextlib.suppress(DatasetMissing):
            return client.datasets.add_path({**reading, "path": str(path)})
    return client.datasets.upload(path, **{**reading, "name": reading["name"] or path.stem})


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


def _rows(client: Client, records: Rows, reading: dict[str, Any]) -> Dataset:
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
        return client.datasets.upload(path, **{**reading, "name": reading["name"] or "notebook"})
