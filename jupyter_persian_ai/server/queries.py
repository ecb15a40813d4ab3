"""The query parameters of every route that has some; also their source in `openapi.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from ..protocol.base import Ask
from ..protocol.jobs import JobState
from ..protocol.quality import FindingCode


class PageQuery(Ask):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=500, description="items on a page")
    cursor: str | None = Field(default=None, max_length=400, description="`next_cursor` before")


class JobsQuery(PageQuery):
    """Which jobs."""

    state: JobState | None = Field(default=None, description="only jobs in this state")


class ModelsQuery(PageQuery):
    """Which models, and in which order."""

    q: str = Field(default="", max_length=200, description="words, folded as in Persian")
    source: str = Field(default="", max_length=30, description="only models of this source")
    tag: str = Field(default="", max_length=60, description="only models that have it")
    sort: Literal["created", "name", "bytes", "parameters"] = "created"


class ModelVersionQuery(Ask):
    """Which version of a model."""

    version: int | None = Field(
        default=None, ge=1, le=2**53, description="the current one without it"
    )


class ComparisonQuery(Ask):
    """Which models to compare; given once for each."""

    ids: list[str] = Field(min_length=2, max_length=8, description="models, in their order")


class NotificationsQuery(PageQuery):
    """Which notices."""

    unread: bool = Field(default=False, description="only those not read")


class StretchQuery(Ask):
    """Which part of something long."""

    offset: int = Field(default=0, ge=0, le=2**53, description="first of them")
    limit: int = Field(default=50, ge=1, le=500, description="how many")


class RowsQuery(StretchQuery):
    """Which rows."""

    q: str = Field(default="", max_length=500, description="only rows that hold this text")
    finding: FindingCode | None = Field(default=None, description="only rows that have it")


class VersionQuery(Ask):
    """Which version."""

    version: int | None = Field(default=None, ge=1, le=2**53, description="the newest without it")


class PreviewQuery(RowsQuery, VersionQuery):
    """Which rows of which version."""


class ProblemsQuery(StretchQuery):
    """Which problems."""

    code: str = Field(default="", max_length=60, description="only those of this code")


class DiffQuery(StretchQuery):
    """Between which versions."""

    model_config = ConfigDict(populate_by_name=True)

    before: int = Field(alias="from", ge=1, le=2**53, description="the version before")
    after: int = Field(alias="to", ge=1, le=2**53, description="the version after")


class DownloadQuery(VersionQuery):
    """As what to take a version along."""

    format: Literal["jsonl", "csv", "parquet"] = "jsonl"


class ForceQuery(Ask):
    """Whether to insist."""

    force: bool = Field(
        default=False, description="although jobs that stopped or failed could not be resumed"
    )


class DatasetFigureQuery(VersionQuery):
    """How a figure of a version looks."""

    theme: Literal["light", "dark"] = "light"
    lang: Literal["fa", "en"] = "fa"


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


class CatalogueQuery(Ask):
    """Which entries of the catalogue; what is left out does not matter."""

    type: Literal["model", "dataset"] | None = None
    task: str = Field(default="", max_length=60, description="as the Hub names tasks")
    q: str = Field(default="", max_length=200, description="words, folded as in Persian")
    license: str = Field(default="", max_length=60, description="id of a licence")
    commercial: Literal["yes", "no", "unclear"] | None = None
    gated: bool | None = Field(default=None, description="false: only what is open to all")
    fits: bool | None = Field(default=None, description="true: only what this machine can run")
    sort: Literal["relevance", "name", "size", "memory", "tokens"] = "relevance"


class HubQuery(Ask):
    """A search of the Hub."""

    type: Literal["model", "dataset"] = "model"
    q: str = Field(default="", max_length=200)
    persian: bool = Field(default=True, description="only what says that it is Persian")
    sort: Literal["downloads", "likes", "updated"] = "downloads"
    limit: int = Field(default=30, ge=1, le=100)


class RepoQuery(Ask):
    """Which repository of the Hub."""

    repo_id: str = Field(min_length=1, max_length=200)
    type: Literal["model", "dataset"] = "model"
    revision: str = Field(default="main", min_length=1, max_length=200)


class ActivityQuery(Ask):
    """Which activity."""

    status: JobState | None = None
    limit: int = Field(default=50, ge=1, le=500)
