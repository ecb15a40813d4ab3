"""Jobs of kind `model`: converting, merging, exporting and pushing one.

Owns how such a job is queued and where its result may lie; `jobs.Jobs` lists and steers it. What a
recipe needs before it may start is known by the service that submits it.
"""

from __future__ import annotations

from typing import Any

from ..jobs.supervisor import Supervisor
from ..protocol.jobs import Job, JobKind
from ..settings import Settings
from ..store import Store
from .jobs import Jobs
from .queueing import NewJob, Queue

#: Where models lie that were neither trained nor downloaded: `<data root>/models/<job>`.
FOLDER = "models"


class ModelJobs(Jobs):
    """A user's jobs that make a model or take one out."""

    def __init__(
        self, store: Store, settings: Settings, supervisor: Supervisor, queue: Queue
    ) -> None:
        super().__init__(store, settings, supervisor, JobKind.MODEL)
        self._settings = settings
        self._queue = queue

    async def submit(
        self,
        user_id: str,
        recipe: str,
        *,
        name: str,
        options: dict[str, Any],
        inputs: dict[str, Any],
        key: str | None = None,
    ) -> tuple[Job, bool]:
        """Queue one; the same key and request give the same job (and False).

        Beside `inputs` its worker finds `models_dir`, where a folder named as the job may be
        made for a new model, and `disk_reserve_bytes`, which must stay free.
        """
        inputs = {
            **inputs,
            "models_dir": str(self._settings.data_dir / FOLDER),
            "disk_reserve_bytes": self._settings.disk_reserve_bytes,
        }
        return await self._queue.submit(
            NewJob(
                user_id=user_id,
                kind=JobKind.MODEL,
                recipe=recipe,
                name=name,
                options=options,
                inputs=inputs,
                key=key,
            )
        )
