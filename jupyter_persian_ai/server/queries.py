"""The query parameters of every route that has some; also their source in `openapi.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..protocol.base import Ask
from ..protocol.jobs import JobState


class PageQuery(Ask):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=500, description="items on a page")
    cursor: str | None = Field(default=None, max_length=400, description="`next_cursor` before")


class JobsQuery(PageQuery):
    """Which jobs."""

    state: JobState | None = Field(default=None, description="only jobs in this state")


class NotificationsQuery(PageQuery):
    """Which notices."""

    unread: bool = Field(default=False, description="only those not read")


class PreviewQuery(Ask):
    """Which rows."""

    offset: int = Field(default=0, ge=0, description="first row")
    limit: int = Field(default=50, ge=1, le=500, description="rows")
    q: str = Field(default="", max_length=500, description="only rows that hold this text")


class LogsQuery(Ask):
    """Which lines of a log."""

    after: int = Field(default=0, ge=0, description="event number of the last line you have")
    cursor: str | None = Field(default=None, pattern=r"^\d{1,18}$", description="`next_cursor`")
    limit: int = Field(default=1000, ge=1, le=5000)


class MetricsQuery(Ask):
    """Which curves, and how fine."""

    names: str = Field(default="", max_length=2000, description="comma-separated; empty is all")
    max_points: int = Field(default=2000, ge=2, le=50_000, description="points of one curve")


class FigureQuery(Ask):
    """How a figure looks."""

    theme: Literal["light", "dark"] = "light"
    lang: Literal["fa", "en"] = "fa"
    scale: Literal["linear", "log"] = Field(default="linear", description="of the values' axis")
    metrics: str = Field(
        default="loss,eval_loss",
        max_length=400,
        pattern=r"^[A-Za-z0-9_]+(,[A-Za-z0-9_]+)*$",
        description="comma-separated names",
    )


class ComparisonFigureQuery(Ask):
    """How a figure of several trainings looks."""

    theme: Literal["light", "dark"] = "light"
    lang: Literal["fa", "en"] = "fa"
    scale: Literal["linear", "log"] = Field(default="linear", description="of the values' axis")
    metric: str = Field(
        default="loss", max_length=60, pattern=r"^[A-Za-z0-9_]+$", description="its name"
    )
    runs: int = Field(default=2, ge=1, le=10, description="how many trainings")


class ActivityQuery(Ask):
    """Which activity."""

    status: JobState | None = None
    limit: int = Field(default=50, ge=1, le=500)
