"""Service, monitoring, notifications and settings on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from .base import Ask, Moment, Note, Wire


class HealthState(StrEnum):
    """How a part is."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class HealthPart(Wire):
    """One part and why it is so."""

    state: HealthState
    reason: str = ""


class Health(Wire):
    """`GET health`."""

    state: HealthState
    version: str
    parts: dict[str, HealthPart]


class Me(Wire):
    """`GET me`."""

    name: str
    display_name: str
    role: str = "owner"
    permissions: list[str]
    epoch: str
    version: str


class Gpu(Wire):
    """One accelerator."""

    name: str
    memory_used: int
    memory_total: int
    utilisation: float | None = None


class System(Wire):
    """`GET monitoring/system` and the ephemeral `system` event. Percent 0..100, bytes."""

    time: Moment
    cpu_percent: float
    cpu_count: int
    memory_used: int
    memory_total: int
    disk_used: int
    disk_total: int
    data_bytes: int = Field(default=0, description="what our data root holds")
    gpus: list[Gpu] = Field(default_factory=list)
    workers: int = 0
    engines: int = 0


class RouteFigures(Wire):
    """Requests of one route since the server started."""

    method: str
    route: str
    count: int
    errors: int
    mean_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float


class ApiMetrics(Wire):
    """`GET monitoring/metrics` and `percentiles`."""

    since: Moment
    requests: int
    errors: int
    in_flight: int
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    routes: list[RouteFigures]


class Activity(Wire):
    """One thing that happened, for `GET monitoring/activity`."""

    time: Moment
    kind: str
    id: str
    title: str
    state: str


class Notification(Wire):
    """A stored, live notice."""

    id: str
    kind: str = Field(description="job_completed | job_failed | job_resumed | job_stopped | ...")
    title: Note
    body: Note
    link: str = Field(default="", description="a page of the panel, such as job:ID or model:ID")
    read: bool = False
    created: Moment
    seq: int = 0


class UserSettings(Wire):
    """What a user has chosen."""

    language: Literal["fa", "en"] = "fa"
    digits: Literal["persian", "latin"] = "persian"
    notify_on_end: bool = True
    concurrent_jobs: int = Field(default=1, ge=1, le=64)


class UserSettingsPatch(Ask):
    """`PATCH settings`."""

    language: Literal["fa", "en"] | None = None
    digits: Literal["persian", "latin"] | None = None
    notify_on_end: bool | None = None
    concurrent_jobs: int | None = Field(default=None, ge=1, le=64)
