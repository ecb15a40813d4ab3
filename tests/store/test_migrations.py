"""The migrations make exactly the tables that the code knows."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from jupyter_persian_ai.store import Store, migrate
from jupyter_persian_ai.store.engine import open_engine
from jupyter_persian_ai.store.schema import Base


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_constant_is_the_newest_migration():
    assert scripts().get_heads() == [migrate.HEAD]


def test_tables_and_migrations_agree(url):
    Store.open(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_every_table_that_is_wanted_is_there(url):
    Store.open(url).close()
    engine = create_engine(url)
    wanted = "users models jobs attempts datasets user_settings checkpoints events metrics"
    wanted += " conversations messages notifications dataset_versions"
    assert set(wanted.split()) <= set(inspect(engine).get_table_names())
    assert inspect(engine).get_view_names() == ["downloads"]
    engine.dispose()


def test_down_and_up_again(url):
    from alembic import command

    Store.open(url).close()
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    with engine.begin() as connection:
        assert migrate.current(connection) is None
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM facts")) == 1
    engine.dispose()
