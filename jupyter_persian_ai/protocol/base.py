"""What every word on the wire shares: strictness, time, ids, pages."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

Item = TypeVar("Item")


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A short random id: 80 bits, URL-safe, lower case."""
    return secrets.token_hex(10)


class Wire(BaseModel):
    """A model that we send."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null", protected_namespaces=())


class Ask(BaseModel):
    """A model that a user sends: unknown fields are an error, so that a typo is not ignored."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Page(Wire, Generic[Item]):
    """One page of a list; `seq` is the event number that the page is a snapshot of."""

    items: list[Item]
    next_cursor: str | None = None
    seq: int = Field(default=0, description="sequence number of the user's event stream")


class Note(Wire):
    """A sentence in both languages."""

    en: str
    fa: str
