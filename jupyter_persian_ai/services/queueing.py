"""How a service queues a job: its row in the store, and the supervisor woken.

What a job needs before it may start is known by the service that asks. Must not look into what a
worker is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from ..jobs.supervisor import Supervisor
from ..protocol.jobs import Job, JobKind
from ..store import Store
from ..store import jobs as rows

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is to be queued; `key` makes a request that comes again give the same job."""

    user_id: str
    kind: JobKind
    recipe: str
    name: str
    options: dict[str, Any]
    inputs: dict[str, Any]
    key: str | None = None


class Queue:
    """The way of every service to the jobs of this data root."""

    def __init__(self, store: Store, supervisor: Supervisor, root_id: str) -> None:
        self._store = store
        self._supervisor = supervisor
        self._root_id = root_id

    async def submit(self, new: NewJob) -> tuple[Job, bool]:
        """Queue a job; the same key and request give the same job (and False).

        Raises:
            IdempotencyMismatch: the key was used for another request.

        """
        return await self.committed(lambda session: self.add(session, new))

    async def committed(self, write: Callable[[Session], _T]) -> _T:
        """What `write` gives, which adds jobs in its transaction; they begin once it is over."""
        written = await self._store.awrite(write)
        self._supervisor.poke()
        return written

    def add(self, session: Session, new: NewJob) -> tuple[Job, bool]:
        """`submit` within a transaction of `committed`."""
        return rows.submit(
            session,
            new.user_id,
            kind=new.kind,
            recipe=new.recipe,
            name=new.name,
            options=new.options,
            inputs=new.inputs,
            idempotency_key=new.key,
            root_id=self._root_id,
        )
