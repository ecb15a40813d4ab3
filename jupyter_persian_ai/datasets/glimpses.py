"""The beginnings of rows, short enough for a screen. Must not be given what is to be kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import islice
from typing import Any

from .problems import storable

CHARACTERS = 1000
TURNS = 12
WORDS = 60
IN_LIST = 300
FIELDS = 50
_EXACT = 2**53  # a browser's numbers are exact up to here


def glimpse(row: Mapping[str, Any]) -> dict[str, Any]:
    """The beginning of each field of a canonical row."""
    return {key: _beginning(value) for key, value in row.items()}


def glimpsed_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The beginning of each field of a record as its file has it."""
    return {
        storable(str(key)[:120]): _of_anything(value)
        for key, value in islice(record.items(), FIELDS)
    }


def _beginning(value: Any, characters: int = CHARACTERS) -> Any:
    if isinstance(value, str):
        return _short(value, characters)
    if isinstance(value, dict):
        return {key: _beginning(one, IN_LIST) for key, one in value.items()}
    shown = TURNS if value and isinstance(value[0], dict) else WORDS
    return [_beginning(one, IN_LIST) for one in value[:shown]]


def _of_anything(value: Any) -> Any:
    if isinstance(value, str):
        return _short(value, CHARACTERS)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else _short(str(value), IN_LIST)
    try:
        written = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        written = "…"
    return _short(written, IN_LIST)


def _short(text: str, characters: int) -> str:
    return storable(text if len(text) <= characters else f"{text[:characters]}…")
