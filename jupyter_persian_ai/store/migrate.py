"""Brings a database's schema up to date, once, even when several processes open it at once.

Knows Alembic; everything else knows only `upgrade`. The head is written here as a constant so
that opening a store that is up to date, which is nearly always, does not load Alembic at all; a
test keeps it true.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text

from ..errors import Conflict

HEAD = "0004"
#: Any number of ours: the key of PostgreSQL's advisory lock around migrations.
_ADVISORY_KEY = 727_274_1


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction.

    Raises:
        Conflict: when the schema is newer than this package.

    """
    with engine.begin() as connection:  # on SQLite this takes the write lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
        if current(connection) != HEAD:
            _run(connection)


def current(connection: Connection) -> str | None:
    """The revision of the database's schema; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - loaded only when there is something to migrate
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Conflict(
            reason="the database was made by a newer version of jupyter_persian_ai",
            reason_fa="این پایگاه داده را نسخهٔ تازه‌تری از jupyter_persian_ai ساخته است",
        ) from error
