"""Downloads from the Hub: how far every file is."""

from __future__ import annotations

from pydantic import Field

from .base import Wire


class FileProgress(Wire):
    """A file that is being fetched. Units: bytes."""

    name: str
    done: int
    size: int
    state: str = Field(default="active", description="active | verifying")
