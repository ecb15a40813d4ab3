"""Jobs as a user sees and steers them, whatever they do.

Owns listing, stopping, resuming, retrying and deleting, and the reading of curves. What a
training or a download needs before it may start is known in `training` and `downloads`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from ..errors import NotFound
from ..jobs.metrics_curve import curve
from ..jobs.supervisor import Supervisor
from ..protocol.base import Page
from ..protocol.jobs import Checkpoint, Job, JobKind, JobState, LogLine, Metrics, Sample
from ..settings import Settings
from ..store import Store, model_origins
from ..store import jobs as rows


class Jobs:
    """A user's jobs of one kind."""

    def __init__(
        self, store: Store, settings: Settings, supervisor: Supervisor, kind: JobKind
    ) -> None:
        self._store = store
        self._root = settings.data_dir / "jobs"
        self._supervisor = supervisor
        self._kind = kind

    async def get(self, user_id: str, job_id: str) -> Job:
        """One job.

        Raises:
            NotFound: no such job of this user and kind.

        """
        return await self._store.aread(lambda s: self._own(s, user_id, job_id))

    async def page(
        self, user_id: str, *, state: JobState | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """Jobs, the newest first."""
        return await self._store.aread(
            lambda s: rows.page(
                s, user_id, kind=self._kind, state=state, limit=limit, cursor=cursor
            )
        )

    async def logs(
        self, user_id: str, job_id: str, *, after: int, limit: int, cursor: str | None = None
    ) -> Page[LogLine]:
        """Log lines after the event number `after`, oldest first."""

        def read(session: Session) -> Page[LogLine]:
            job = self._own(session, user_id, job_id)
            lines = rows.logs(session, user_id, job_id, after=int(cursor or after), limit=limit)
            following = str(lines[-1].seq) if len(lines) == limit else None
            return Page[LogLine](items=lines, next_cursor=following, seq=job.seq)

        return await self._store.aread(read)

    async def samples(self, user_id: str, job_id: str) -> Page[Sample]:
        """What the model wrote at each evaluation, by step."""

        def read(session: Session) -> Page[Sample]:
            job = self._own(session, user_id, job_id)
            return Page[Sample](items=rows.samples(session, user_id, job_id), seq=job.seq)

        return await self._store.aread(read)

    async def checkpoints(self, user_id: str, job_id: str) -> Page[Checkpoint]:
        """Checkpoints that are kept, oldest first."""

        def read(session: Session) -> Page[Checkpoint]:
            job = self._own(session, user_id, job_id)
            found = rows.checkpoints(session, user_id, job_id)
            return Page[Checkpoint](items=found, seq=job.seq)

        return await self._store.aread(read)

    async def stop(self, user_id: str, job_id: str) -> Job:
        """Ask it to stop; a queued one is stopped at once."""
        return await self._move(user_id, job_id, rows.request_stop)

    async def pause(self, user_id: str, job_id: str) -> Job:
        """Ask it to stop, to go on later: it ends `stopped` with reason `paused`."""
        return await self._move(user_id, job_id, rows.request_pause)

    async def resume(self, user_id: str, job_id: str) -> Job:
        """Queue it again, to go on from its newest checkpoint."""
        return await self._move(user_id, job_id, rows.resume)

    async def retry(self, user_id: str, job_id: str) -> Job:
        """Queue it again, from the beginning."""
        return await self._move(user_id, job_id, rows.retry)

    async def cancel(self, user_id: str, job_id: str) -> None:
        """Stop it; one that has ended is deleted."""
        if (await self.get(user_id, job_id)).state.ended:
            await self.delete(user_id, job_id)
        else:
            await self.stop(user_id, job_id)

    async def delete(self, user_id: str, job_id: str) -> None:
        """Delete an ended job with its folder; a model that came of it stays."""
        folder = self._root / job_id

        def write(session: Session) -> list[Path]:
            self._own(session, user_id, job_id)
            rows.delete(session, user_id, job_id)
            # Of any user: a version may have been made of the folder by its path.
            return [Path(one) for one in model_origins.paths_within(session, str(folder))]

        kept = await self._store.awrite(write)
        await asyncio.to_thread(_remove, folder, kept)

    async def metrics(
        self, user_id: str, job_id: str, *, names: list[str], max_points: int
    ) -> Metrics:
        """Curves, thinned to `max_points` a series; live events after `seq` continue them."""

        def read(session: Session) -> Metrics:
            self._own(session, user_id, job_id)
            extents, seq = rows.metric_extents(session, user_id, job_id)
            series = curve(extents, names or None, max_points)
            return Metrics(job_id=job_id, seq=seq, series=series)

        return await self._store.aread(read)

    def _own(self, session: Session, user_id: str, job_id: str) -> Job:
        job = rows.get(session, user_id, job_id)
        if job.kind is not self._kind:
            raise NotFound(what="job", id=job_id)
        return job

    async def _move(
        self, user_id: str, job_id: str, move: Callable[[Session, str, str], Job]
    ) -> Job:
        def write(session: Session) -> Job:
            self._own(session, user_id, job_id)
            return move(session, user_id, job_id)

        job = await self._store.awrite(write)
        self._supervisor.poke()
        return job


def _remove(folder: Path, kept: list[Path]) -> None:
    """Delete everything under `folder` but the folders in `kept`."""
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path in kept:
            continue
        if path.is_dir() and not path.is_symlink():
            _remove(path, [one for one in kept if path in one.parents])
        else:
            path.unlink(missing_ok=True)
