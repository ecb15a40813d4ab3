"""Reads .parquet, some rows at a time, as records of plain values.

Owns what becomes of its types: times and decimals become text as ISO writes them, and the numbers
of a class label its names, where the file says them as the Hub's files do. Other numbers, null
and bytes stay what they are, and are no text. Loading it does not load pyarrow; reading does.

Memory: pages are read one by one and not whole row groups, by the system's allocator and in one
thread, because an arena for each would not fit into the address space that the process may use.
"""

from __future__ import annotations

import datetime
import decimal
import json
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import DatasetLimit
from .readers import Found, Record
from .unpacking import FAULTS, damaged, of_the_system

if TYPE_CHECKING:
    import pyarrow.parquet

_ROWS = 500
_PAGE_BYTES = 1 << 16
_FOOTER_BYTES = 64 << 20
_COLUMNS = 2000
_MARK = b"PAR1"


def parquet_records(handle: BinaryIO, name: str) -> Found:
    """Every row; `line` is its number from 1.

    Raises:
        DatasetDamaged: the file is not parquet, or not all of it is there.
        DatasetLimit: it describes itself at too great a length, or has too many columns.

    """
    import pyarrow as pa  # noqa: PLC0415 - only where there is such a file

    _check_footer(handle, name)
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    try:
        yield from _records(handle, name)
    except MemoryError:
        raise
    except (pa.ArrowException, *FAULTS) as error:
        raise damaged(name, "parquet", error) from error
    except OSError as error:
        if of_the_system(error):
            raise
        raise damaged(name, "parquet", error) from error


def _records(handle: BinaryIO, name: str) -> Found:
    from pyarrow import parquet  # noqa: PLC0415

    with parquet.ParquetFile(
        handle,
        buffer_size=_PAGE_BYTES,
        pre_buffer=False,
        thrift_string_size_limit=_FOOTER_BYTES,
        thrift_container_size_limit=1_000_000,
    ) as file:
        if len(file.schema_arrow.names) > _COLUMNS:
            raise DatasetLimit(
                name=name, what="number of columns", what_fa="شمار ستون‌ها", limit=_COLUMNS
            )
        classes = _classes(file)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
            columns = {
                column: _plain(column, batch.column(place), classes)
                for place, column in enumerate(batch.schema.names)
            }
            for values in zip(*columns.values(), strict=True):
                number += 1
                yield Record(number, dict(zip(columns, values, strict=True)))


def _plain(column: str, array: Any, classes: dict[str, list[str]]) -> list[Any]:
    try:
        values: list[Any] = array.to_pylist()
    except (ValueError, OverflowError) as error:  # times that Python has no object for
        import pyarrow as pa  # noqa: PLC0415

        if isinstance(error, pa.ArrowException):
            raise
        values = [str(value) for value in array.cast(pa.string()).to_pylist()]
    names = classes.get(column)
    if names:
        return [_named(value, names) for value in values]
    first = next((value for value in values if value is not None), None)
    if first is None or isinstance(first, str | bool | int | float):
        return values
    return [_as_json(value) for value in values]


def _as_json(value: Any) -> Any:
    """The value as JSON would have it; bytes stay, and are no text."""
    if isinstance(value, dict):
        return {str(key): _as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta | decimal.Decimal):
        return str(value)
    return value


def _named(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return None if value == -1 else value  # -1: the Hub's sign of no label


def _classes(file: pyarrow.parquet.ParquetFile) -> dict[str, list[str]]:
    """The names of class labels by column, from the features that `datasets` writes."""
    told = (file.schema_arrow.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(told)["info"]["features"] if told else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(features, dict):
        return {}
    return {
        column: names for column, feature in features.items() if (names := _class_names(feature))
    }


def _class_names(feature: Any) -> list[str]:
    for _ in range(2):
        if isinstance(feature, list) and len(feature) == 1:
            feature = feature[0]
        if not isinstance(feature, dict):
            return []
        if feature.get("_type") in {"Sequence", "List", "LargeList"}:
            feature = feature.get("feature")
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return []
    names = feature.get("names")
    good = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if good and names else []


def _check_footer(handle: BinaryIO, name: str) -> None:
    size = handle.seek(0, 2)
    handle.seek(max(0, size - 8))
    tail = handle.read(8)
    handle.seek(0)
    if size < 12 or tail[4:] != _MARK or handle.read(4) != _MARK:
        raise damaged(name, "parquet", "PAR1 is missing")
    if int.from_bytes(tail[:4], "little") > min(size, _FOOTER_BYTES):
        raise damaged(name, "parquet", "the footer is longer than the file")
    handle.seek(0)
