"""`Store`: transactions against one database, for threads and for the event loop.

Owns the engine, retries and the wake-up of listeners after a commit. Knows no noun: queries
live in the modules beside it. A function given to `write` may run more than once, so it must do
nothing outside its session.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from ..errors import Busy
from . import engine as engines
from .events import TOUCHED
from .facts import epoch
from .ingest import Hook
from .ledger import StoreLedger
from .migrate import upgrade

Value = TypeVar("Value")

#: How long a transaction that met a lock or a conflict is tried again, in seconds.
RETRY_SECONDS = 10.0


class Store:
    """One database. Thread-safe; open it with `Store.open`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engines.reader(engine)
        self._listeners: list[Callable[[str], None]] = []
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="store-read")
        # SQLite has one writer anyway; queueing in here is fair, its own waiting is not.
        sqlite = engine.dialect.name == "sqlite"
        self._turn: contextlib.AbstractContextManager[object] = (
            threading.Lock() if sqlite else contextlib.nullcontext()
        )
        self.epoch = self.read(epoch)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database of this SQLAlchemy URL and bring its schema up to date.

        Raises:
            Busy: when it cannot be reached.
            DiskFull: when it cannot be written.
            Conflict: when a newer version of this package made it.

        """
        engine = engines.open_engine(url)
        try:
            with _translated(engine):
                upgrade(engine)
            return cls(engine)
        except BaseException:
            engine.dispose()
            raise

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def read(self, fn: Callable[[Session], Value]) -> Value:
        """Run `fn` in a transaction that sees one snapshot and writes nothing.

        Raises:
            Busy: when the database is away.

        """

        def once() -> Value:
            with Session(self._reader, expire_on_commit=False) as session, session.begin():
                return fn(session)

        return self._retried(once)

    def write(self, fn: Callable[[Session], Value]) -> Value:
        """Run `fn` in a transaction; once committed, wake the listeners of its users.

        Raises:
            Busy: when the database is away or stays locked.
            DiskFull: when there is no room; nothing of the transaction is kept.

        """
        touched: set[str] = set()

        def once() -> Value:
            touched.clear()
            with (
                self._turn,
                Session(self._engine, expire_on_commit=False, info={TOUCHED: touched}) as session,
                session.begin(),
            ):
                return fn(session)

        value = self._retried(once)
        for user_id in touched:
            for listener in tuple(self._listeners):
                listener(user_id)
        return value

    async def aread(self, fn: Callable[[Session], Value]) -> Value:
        """`read` without blocking the event loop."""
        return await self._in(self._readers, lambda: self.read(fn))

    async def awrite(self, fn: Callable[[Session], Value]) -> Value:
        """`write` without blocking the event loop."""
        return await self._in(self._writers, lambda: self.write(fn))

    def listen(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call `callback(user_id)` after each commit that gave that user events.

        It runs in the committing thread, so it must be quick and must not raise. Returns the
        function that ends it. Commits of other processes are not heard: poll for those.
        """
        self._listeners.append(callback)

        def unlisten() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(callback)

        return unlisten

    def ledger(self, root_id: str, jobs_dir: Path, on_change: Sequence[Hook] = ()) -> StoreLedger:
        """What a supervisor of the jobs of one data root asks of the store."""
        return StoreLedger(self.read, self.write, root_id, jobs_dir, tuple(on_change))

    def close(self) -> None:
        """Let running transactions finish, then let the database go."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()

    @staticmethod
    async def _in(executor: Executor, fn: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(executor, fn)

    def _retried(self, once: Callable[[], Value]) -> Value:
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return once()
            except DBAPIError as error:
                if not engines.is_transient(error) or time.monotonic() > deadline:
                    raise engines.as_ours(error, self._engine.url) or error from error
            except PoolTimeoutError as error:
                raise Busy(reason="pool") from error
            # Spread out those who met each other; not a secret.
            time.sleep(random.uniform(0.002, 0.03))  # noqa: S311


@contextlib.contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise engines.as_ours(error, engine.url) or error from error
