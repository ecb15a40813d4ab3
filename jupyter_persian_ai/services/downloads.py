"""Downloads of Hub repositories, as jobs.

Owns the request, and what goes when one is given up; `hub.download` does the work in a worker, and
`jobs.Jobs` lists and steers it.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from ..errors import InvalidField
from ..hub.cache import Repository
from ..protocol.jobs import DownloadAsk, Job, JobKind
from ..settings import Settings
from .disk import need_room
from .hub_settings import HubWay
from .jobs import Jobs
from .queueing import NewJob, Queue

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_REPO = re.compile(rf"(?:{_PART}/)?{_PART}")


class Downloads:
    """Starting downloads, and giving them up."""

    def __init__(self, settings: Settings, queue: Queue, jobs: Jobs, way: HubWay) -> None:
        self._way = way
        self._jobs = jobs
        self._settings = settings
        self._queue = queue

    async def submit(self, user_id: str, ask: DownloadAsk, key: str | None) -> tuple[Job, bool]:
        """Queue a download; the same key and request give the same job (and False).

        Raises:
            InvalidField: this is no repository's name.
            DiskFull: there is no room at all.
            HubOffline: offline mode is on, and it is not here already.

        """
        need_repository(ask.repo_id)
        need_room(self._settings, 1)
        hub_dir = self._settings.data_dir / "hub"
        way = await asyncio.to_thread(self._way.inputs_for, user_id, ask.repo_type, ask.repo_id)
        reserve = {"disk_reserve_bytes": self._settings.disk_reserve_bytes}
        return await self._queue.submit(
            NewJob(
                user_id=user_id,
                kind=JobKind.DOWNLOAD,
                recipe="hub",
                name=ask.repo_id,
                options=ask.model_dump(mode="json"),
                inputs=way | {"hub_dir": str(hub_dir)} | reserve,
                key=key,
            )
        )

    async def cancel(self, user_id: str, job_id: str) -> None:
        """Stop it; one that has ended is deleted, with what it had half fetched.

        Complete files stay, and so does what another download is fetching.
        """
        job = await self._jobs.get(user_id, job_id)
        await self._jobs.cancel(user_id, job_id)
        if job.state.ended:
            ask = DownloadAsk.model_validate(job.options)
            given_up = Repository(Path(job.inputs["hub_dir"]), ask.repo_id, ask.repo_type)
            await asyncio.to_thread(given_up.forget)


def need_repository(repo_id: str) -> None:
    """Make sure that this can be the name of a repository.

    Raises:
        InvalidField: when it cannot.

    """
    if not _REPO.fullmatch(repo_id) or ".." in repo_id or "--" in repo_id:
        raise InvalidField(
            field="repo_id",
            reason="it looks like “owner/name”",
            reason_fa="به شکل «owner/name» است",
        )
