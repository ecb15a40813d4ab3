"""Events: what a worker emits, and what a client receives.

A worker emits `Emitted`; the server numbers it and publishes an `Event`. The screen of a job is
a reduction of its events over a snapshot.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from .base import Ask, Moment, Wire


class EventType(StrEnum):
    """Every kind of event, one meaning each."""

    # From workers, topic `job:ID`.
    STATE = "state"  # {state, attempt, stopping, error?, result?, queue_position?, reason?}
    PROGRESS = "progress"  # jobs.Progress
    METRICS = "metrics"  # {attempt, points: [[name, step, value], ...]}
    LOG = "log"  # {attempt, level, message}
    SAMPLE = "sample"  # jobs.Sample
    CHECKPOINT = "checkpoint"  # jobs.Checkpoint
    EVALUATION = "evaluation"  # jobs.Evaluation
    NOTICE = "notice"  # jobs.Notice
    # From services. Topics: jobs, datasets, dataset_jobs, models, model_jobs, chat, notifications,
    # downloads, bundles, settings.
    CREATED = "created"  # the thing itself
    CHANGED = "changed"  # the thing itself
    DELETED = "deleted"  # {id}
    # Ephemeral (seq 0, never stored), topic `system`.
    SYSTEM = "system"  # monitoring.System


class Emitted(Wire):
    """One line of a spool. `n` counts from 1 within an attempt, without holes."""

    n: int = Field(ge=1)
    time: Moment
    type: EventType
    data: dict[str, Any]


class Event(Wire):
    """What a client receives. `seq` counts per user and never goes back; 0 is ephemeral."""

    seq: int
    time: Moment
    topic: str
    type: EventType
    data: dict[str, Any]


class Hello(Wire):
    """The first frame on the socket. A client whose epoch differs takes a snapshot."""

    type: str = "hello"
    epoch: str
    seq: int


class Resync(Wire):
    """The client is too far behind: take a snapshot, then subscribe with its `seq`."""

    type: str = "resync"
    seq: int


class ClientFrame(Ask):
    """What a client may send: topics, and from which event number it wants them.

    A topic is `jobs`, `job:ID`, `datasets`, `dataset_jobs`, `models`, `model_jobs`, `chat`,
    `notifications`, `downloads`, `bundles`, `settings` or `system`. With `since`, everything later
    than it is replayed first.
    """

    subscribe: list[str] = Field(default_factory=list, max_length=100)
    unsubscribe: list[str] = Field(default_factory=list, max_length=100)
    since: int | None = Field(default=None, ge=0)
