"""The tables. A change here needs a migration in `migrations/versions`; a test compares them.

Holds no query. Two columns deserve a word: `users.last_seq` numbers a user's events (raising it
locks the user's row, so on PostgreSQL events commit in the order of their numbers), and
`attempts.spool_offset`, `.n` and `.metrics_count` say how far an attempt was ingested; they move
in the transaction that ingests, which is what makes ingest happen exactly once.

Downloads are jobs of kind `download`; the `downloads` view shows them.

A dataset's row repeats what its newest version says, and a model's row what its current version
says, so that lists need no join.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .types import CleanText, Utc

OWNER = "users.id"
JOB = "jobs.id"


class Base(DeclarativeBase):
    """Root of the tables."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads a plain class attribute
        str: CleanText,
        int: BigInteger,
        datetime: Utc,
        dict[str, Any]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[int]: JSON(none_as_null=True),
    }


class Fact(Base):
    """A fact about this store, such as its epoch."""

    __tablename__ = "facts"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class User(Base):
    """Someone whom Jupyter let in; we keep no password."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    last_seq: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]


class UserSetting(Base):
    """What a user chose; a setting that was never chosen has no key here."""

    __tablename__ = "user_settings"
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"), primary_key=True)
    chosen: Mapped[dict[str, Any]]


class EventRow(Base):
    """One numbered event of a user."""

    __tablename__ = "events"
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[datetime]
    topic: Mapped[str]
    type: Mapped[str]
    data: Mapped[dict[str, Any]]
    __table_args__ = (Index("events_by_topic", "user_id", "topic", "type", "seq"),)


class JobRow(Base):
    """A job: training or download."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"))
    root_id: Mapped[str]
    kind: Mapped[str]
    recipe: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    stopping: Mapped[bool] = mapped_column(default=False)
    pausing: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    options: Mapped[dict[str, Any]]
    inputs: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None]
    request_sha256: Mapped[str]
    progress: Mapped[dict[str, Any] | None]
    sample: Mapped[dict[str, Any] | None]
    evaluation: Mapped[dict[str, Any] | None]
    notices: Mapped[list[dict[str, Any]] | None]
    error: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    queue_position: Mapped[int | None]
    #: A retry starts over: the next attempt must not see earlier checkpoints.
    fresh: Mapped[bool] = mapped_column(default=False)
    #: The largest `progress.done` seen, and how many attempts in a row died without passing it.
    furthest: Mapped[int] = mapped_column(default=0)
    fruitless: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    queued: Mapped[datetime]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    #: When the whole job was last put on the list's topic.
    announced: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key", name="jobs_idempotency"),
        Index("jobs_by_age", "user_id", "created", "id"),
        Index("jobs_by_state", "root_id", "state"),
    )


class Attempt(Base):
    """One worker's try at a job, and how far it was ingested."""

    __tablename__ = "attempts"
    job_id: Mapped[str] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    #: The attempt's folder, absolute.
    folder: Mapped[str]
    spool_offset: Mapped[int] = mapped_column(default=0)
    n: Mapped[int] = mapped_column(default=0)
    metrics_count: Mapped[int] = mapped_column(default=0)
    first_step: Mapped[int | None]
    #: Whether it got further than every attempt before it, or saved a checkpoint.
    advanced: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    started: Mapped[datetime]
    ended: Mapped[datetime | None]


class CheckpointRow(Base):
    """A complete checkpoint that a worker reported."""

    __tablename__ = "checkpoints"
    job_id: Mapped[str] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    bytes: Mapped[int]
    eval_loss: Mapped[float | None]
    best: Mapped[bool]
    created: Mapped[datetime]


class MetricRow(Base):
    """Last and lowest value of one metric; every point is in the attempt's metrics file."""

    __tablename__ = "metrics"
    job_id: Mapped[str] = mapped_column(ForeignKey(JOB, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[float | None]
    last_step: Mapped[int]
    lowest: Mapped[float | None]
    lowest_step: Mapped[int | None]


class DatasetRow(Base):
    """A dataset as its newest version is; the content lies under `path`, addressed by `sha256`."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"))
    name: Mapped[str]
    shape: Mapped[str]
    source: Mapped[str]
    sha256: Mapped[str]
    path: Mapped[str]
    bytes: Mapped[int]
    report: Mapped[dict[str, Any]]
    license: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    #: The highest number that a version of it ever had; a number is not given twice.
    numbered: Mapped[int] = mapped_column(default=1)
    #: The dataset that it was split from; no foreign key, for it may outlive that.
    parent_id: Mapped[str] = mapped_column(default="")
    normaliser: Mapped[dict[str, Any] | None]
    created: Mapped[datetime]
    __table_args__ = (Index("datasets_by_age", "user_id", "created", "id"),)


class DatasetVersionRow(Base):
    """One version of a dataset; it never changes. The parent may be gone, as may the job."""

    __tablename__ = "dataset_versions"
    dataset_id: Mapped[str] = mapped_column(
        ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    path: Mapped[str]
    bytes: Mapped[int]
    shape: Mapped[str]
    report: Mapped[dict[str, Any]]
    recipe: Mapped[list[dict[str, Any]]]
    parent_dataset_id: Mapped[str]
    parent_number: Mapped[int | None]
    normaliser: Mapped[dict[str, Any] | None]
    note: Mapped[str]
    job_id: Mapped[str | None]
    created: Mapped[datetime]
    __table_args__ = (
        Index("dataset_versions_by_content", "sha256"),
        Index("dataset_versions_by_job", "job_id"),
    )


class ModelRow(Base):
    """A model as its current version is; `job_id` is no foreign key, for it may outlive its job."""

    __tablename__ = "models"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"))
    name: Mapped[str]
    source: Mapped[str]
    path: Mapped[str]
    architecture: Mapped[str]
    model_type: Mapped[str] = mapped_column(default="")
    dtype: Mapped[str] = mapped_column(default="")
    parameters: Mapped[int]
    bytes: Mapped[int]
    vocabulary: Mapped[int]
    context_length: Mapped[int]
    license: Mapped[str]
    job_id: Mapped[str | None]
    figures: Mapped[dict[str, Any]]
    normaliser: Mapped[dict[str, Any] | None]
    parent_id: Mapped[str] = mapped_column(default="")
    dataset_id: Mapped[str] = mapped_column(default="")
    dataset_version: Mapped[int | None]
    repo_id: Mapped[str] = mapped_column(default="")
    revision: Mapped[str] = mapped_column(default="")
    #: Number of the current version.
    version: Mapped[int] = mapped_column(default=1)
    #: The highest number that a version of it ever had; a number is not given twice.
    numbered: Mapped[int] = mapped_column(default=1)
    #: Versions that were current before, the latest last: a rollback goes there.
    earlier: Mapped[list[int]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    created: Mapped[datetime]
    __table_args__ = (
        Index("models_by_age", "user_id", "created", "id"),
        Index("models_by_job", "user_id", "job_id"),
        Index("models_by_repository", "user_id", "repo_id"),
    )


class ModelVersionRow(Base):
    """One version of a model: a folder that never changes.

    Parent, data and job may be gone; `names` says what they were called.
    """

    __tablename__ = "model_versions"
    model_id: Mapped[str] = mapped_column(
        ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    path: Mapped[str]
    architecture: Mapped[str]
    model_type: Mapped[str]
    dtype: Mapped[str]
    parameters: Mapped[int]
    bytes: Mapped[int]
    vocabulary: Mapped[int]
    context_length: Mapped[int]
    license: Mapped[str]
    job_id: Mapped[str | None]
    figures: Mapped[dict[str, Any]]
    normaliser: Mapped[dict[str, Any] | None]
    parent_id: Mapped[str]
    parent_version: Mapped[int | None]
    dataset_id: Mapped[str]
    dataset_version: Mapped[int | None]
    repo_id: Mapped[str]
    revision: Mapped[str]
    #: `job`, `recipe`, `parent`, `dataset`: what they were called when this was made.
    names: Mapped[dict[str, Any]]
    #: What its tokenizer makes of Persian, once somebody asked.
    fertility: Mapped[dict[str, Any] | None]
    note: Mapped[str]
    created: Mapped[datetime]
    __table_args__ = (
        Index("model_versions_by_path", "path"),
        Index("model_versions_by_job", "job_id"),
        Index("model_versions_by_parent", "parent_id"),
        Index("model_versions_by_dataset", "dataset_id"),
    )


class ConversationRow(Base):
    """A conversation; `model_id` is no foreign key, for a conversation outlives its model."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"))
    title: Mapped[str]
    model_id: Mapped[str | None]
    sampling: Mapped[dict[str, Any]]
    system: Mapped[str]
    created: Mapped[datetime]
    updated: Mapped[datetime]
    __table_args__ = (Index("conversations_by_use", "user_id", "updated", "id"),)


class MessageRow(Base):
    """One message; `position` orders a conversation."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    position: Mapped[int]
    role: Mapped[str]
    text: Mapped[str]
    state: Mapped[str]
    usage: Mapped[dict[str, Any] | None]
    created: Mapped[datetime]
    __table_args__ = (UniqueConstraint("conversation_id", "position", name="messages_in_order"),)


class NotificationRow(Base):
    """A stored notice, in both languages."""

    __tablename__ = "notifications"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey(OWNER, ondelete="CASCADE"))
    kind: Mapped[str]
    title: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    link: Mapped[str]
    read: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]
    __table_args__ = (Index("notifications_by_age", "user_id", "created", "id"),)
