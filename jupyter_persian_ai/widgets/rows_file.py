"""What a notebook holds in memory, written row by row as JSON lines, to be imported like a file.

Rows, a pandas frame, a `datasets.Dataset`. Must not import pandas or datasets, nor hold more than
a piece of what it writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidField

#: A list of strings or of mappings.
Rows = Iterable[str | Mapping[str, Any]]

#: Rows of a frame that are turned into text at a time.
_PIECE = 2000


def is_frame(data: Any) -> bool:
    """Whether it is a pandas frame."""
    return hasattr(data, "columns") and callable(getattr(data, "to_json", None))


def is_hub_dataset(data: Any) -> bool:
    """Whether it is a dataset of the `datasets` package, with or without random access."""
    return _package(data) == "datasets" and hasattr(data, "features")


def is_dataset_dict(data: Any) -> bool:
    """Whether it is several of them by name."""
    return _package(data) == "datasets" and isinstance(data, Mapping)


def write(data: Any, path: Path) -> None:
    """Write the rows of `data` to `path`, as JSON lines in UTF-8.

    Raises:
        InvalidField: it is nothing that has rows, or a row is neither text nor a mapping.

    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        if is_frame(data):
            file.writelines(_frame_pieces(data))
            return
        names = _label_names(data) if is_hub_dataset(data) else {}
        for number, record in enumerate(_records(data), start=1):
            row = {"text": record} if isinstance(record, str) else record
            if not isinstance(row, Mapping):
                raise InvalidField(
                    field="dataset",
                    reason=f"row {number} is a {type(row).__name__}, not a string or mapping",
                    reason_fa=f"سطر {number} نه متن است و نه نگاشت",
                )
            named = {key: _named(value, names.get(key)) for key, value in row.items()}
            file.write(_line(named))


def _records(data: Any) -> Rows:
    if isinstance(data, Iterable) and not isinstance(data, bytes | Mapping):
        return data
    raise InvalidField(
        field="dataset",
        reason=f"{type(data).__name__} is no dataset, path, pandas frame or list of rows",
        reason_fa="این نه مجموعه‌داده است، نه مسیر، نه قاب pandas و نه فهرستی از سطرها",
    )


def _frame_pieces(frame: Any) -> Iterator[str]:
    if not frame.columns.is_unique:
        raise InvalidField(
            field="dataset",
            reason="two columns of the frame have the same name",
            reason_fa="دو ستون این قاب یک نام دارند",
        )
    for first in range(0, len(frame), _PIECE):
        piece = frame.iloc[first : first + _PIECE]
        try:
            text = piece.to_json(
                orient="records",
                lines=True,
                date_format="iso",
                default_handler=str,
                force_ascii=False,
            )
        except UnicodeEncodeError:  # half of a surrogate pair: the import says where
            records = piece.to_dict("records")
            text = "".join(
                _line({key: _named(value, None) for key, value in row.items()}) for row in records
            )
        yield text if text.endswith("\n") else text + "\n"


def _line(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False, default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: the import says where
        text = json.dumps(row, default=_plain)
    return text + "\n"


def _plain(value: Any) -> Any:
    """What JSON lacks: numbers and arrays of numpy as Python's, times as text."""
    if isinstance(value, bytes):
        raise InvalidField(
            field="dataset",
            reason="a field holds bytes; only text can be learnt from",
            reason_fa="یکی از فیلدها بایت دارد؛ تنها متن به کار می‌آید",
        )
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    return str(value)


def _named(value: Any, names: list[str] | None) -> Any:
    """A label by its name; what is missing in a table is nothing, not a number."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if names is None:
        return value
    if isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return value


def _label_names(data: Any) -> dict[str, list[str]]:
    """Names of the classes of each column whose values are numbers of classes."""
    found: dict[str, list[str]] = {}
    for column, feature in (data.features or {}).items():
        names = getattr(feature, "names", None) or getattr(
            getattr(feature, "feature", None), "names", None
        )
        if names:
            found[column] = list(names)
    return found


def _package(data: Any) -> str:
    return type(data).__module__.partition(".")[0]
