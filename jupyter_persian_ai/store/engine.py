"""How we talk to the two databases, and how their failures become ours.

Why BEGIN IMMEDIATE on SQLite: a transaction that begins as a reader and then writes fails at
once with "database is locked" when another process wrote meanwhile; no timeout helps. Beginning
as a writer waits its turn. Why synchronous=FULL: a client that was told of an event must find it
again after a power cut. Readers on PostgreSQL see one snapshot, so that a list and its event
number agree; on SQLite a WAL read transaction is one already.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ..errors import Busy, DiskFull, PersianAIError
from .types import to_json

_SQLITE_TRANSIENT = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
#: Serialisation failure, deadlock, lock not available.
_POSTGRESQL_TRANSIENT = {"40001", "40P01", "55P03"}
_BEGIN = "sqlite_begin"


def open_engine(url: str) -> Engine:
    """An engine for writers; `reader` gives the one for readers."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return create_engine(
        parsed,
        json_serializer=to_json,
        pool_size=6,
        max_overflow=4,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 2},
    )


def reader(engine: Engine) -> Engine:
    """The same database for reading: one consistent snapshot a transaction, no write lock."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: "BEGIN DEFERRED"})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        url, json_serializer=to_json, connect_args={"timeout": 10, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        for pragma in (
            "busy_timeout=10000",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
        connection.exec_driver_sql(statement)

    return engine


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again at once."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TRANSIENT
    return error.connection_invalidated or getattr(cause, "sqlstate", "") in _POSTGRESQL_TRANSIENT


def as_ours(error: DBAPIError, url: URL) -> PersianAIError | None:
    """Our error for a database that is full, away or locked; None for a bug of ours."""
    cause = error.orig
    free = _free(url)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free < 2**20):
            return DiskFull(needed=2**20, free=free)
    elif getattr(cause, "sqlstate", "") == "53100":
        return DiskFull(needed=2**20, free=free)
    if isinstance(error, OperationalError | InterfaceError):
        return Busy(reason=type(cause).__name__)
    return None


def _free(url: URL) -> int:
    """Free bytes beside a SQLite file; 0 where we cannot know."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return 0
    try:
        return shutil.disk_usage(Path(url.database).parent).free
    except OSError:
        return 0
