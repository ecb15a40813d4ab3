"""Column types that mean the same on SQLite and PostgreSQL.

Times are aware UTC on both sides. Text never holds what PostgreSQL refuses (NUL, lone
surrogates): a model may write such characters, and losing an answer over them would be worse
than showing a replacement. Everything else, U+200C included, is kept byte for byte.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


def clean_text(text: str) -> str:
    """`text` without NUL (shown as U+2400) and lone surrogates (shown as U+FFFD)."""
    text = text.replace("\x00", "\u2400")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean_text(str(key)): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def to_json(value: Any) -> str:
    """JSON that both databases accept: no NaN, no NUL, no lone surrogates; Persian unescaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode("utf-8")
    except ValueError:  # NaN, or a lone surrogate
        text = "\\u0000"
    if "\\u0000" in text:
        text = json.dumps(_clean(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text


class Utc(TypeDecorator[datetime]):
    """An aware moment; SQLite, which has no time zones, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: always UTC."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """From the database: always aware, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text of any length that both databases accept."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """To the database: without what PostgreSQL refuses."""
        return None if value is None else clean_text(value)
