"""Alembic's entry: runs migrations on the connection that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from jupyter_persian_ai.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
