"""Pages of a list, newest first, by keyset: stable while things are added and deleted."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..errors import InvalidRequest

Row = TypeVar("Row")

MAX_LIMIT = 500


def fetch(
    session: Session,
    query: Select[Row],
    moment: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[str],
    *,
    limit: int,
    cursor: str | None,
    place: Callable[[Row], tuple[datetime, str]],
) -> tuple[Sequence[Row], str | None]:
    """One page of `query`, ordered by `moment` and `key` downwards, and the next cursor.

    Raises:
        InvalidRequest: when the cursor is none of ours.

    """
    limit = max(1, min(limit, MAX_LIMIT))
    if cursor is not None:
        before, name = _decode(cursor)
        query = query.where(or_(moment < before, and_(moment == before, key < name)))
    rows = session.scalars(query.order_by(moment.desc(), key.desc()).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    return rows, _encode(*place(rows[-1]))


def _encode(moment: datetime, key: str) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{key}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, _, key = base64.urlsafe_b64decode(padded.encode()).decode().partition("|")
        return datetime.fromisoformat(moment).astimezone(UTC), key
    except (ValueError, OverflowError, binascii.Error) as error:
        raise InvalidRequest(field="cursor", reason="not a cursor of this list") from error
