"""A job of the service as a notebook holds it: a training, a download, a conversion, a bundle.

Every property asks the service, so it is true at any moment, also after the kernel restarted.
Must not keep a copy of state, nor know what a job does: its subclasses do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import Conflict
from ..protocol.jobs import Job, JobState, Progress
from . import display
from .live_view import LiveView
from .meter import ProgressCard, ProgressLine, meter, show_job
from .model import ModelHandle, made_by
from .waiting import followed

if TYPE_CHECKING:
    from .live import LiveWidget


class Routes(Protocol):
    """The area of the client that such jobs belong to."""

    def get(self, id: str) -> Job:
        """One job."""

    def retry(self, id: str) -> Job:
        """Start one again."""

    def delete(self, id: str) -> None:
        """Forget it."""


class ServiceJob(LiveView):
    """One job of the service; it goes on without this notebook."""

    _word = "job"

    def __init__(self, client: Client, job: Job) -> None:
        self.client = client
        self._latest = job
        self._shown_in = -1

    @property
    def _routes(self) -> Routes:
        raise NotImplementedError

    @property
    def id(self) -> str:
        """Its id in the service."""
        return self._latest.id

    @property
    def name(self) -> str:
        """Its name."""
        return self._latest.name

    @property
    def info(self) -> Job:
        """All that the service says of it, now."""
        self._latest = self._routes.get(self.id)
        return self._latest

    @property
    def state(self) -> JobState:
        """Where it stands: `queued`, `starting`, `running`, or how it ended."""
        return self.info.state

    @property
    def progress(self) -> Progress:
        """What is done and to do (a training's steps, a download's bytes), speed, seconds left."""
        return self.info.progress

    @property
    def result(self) -> dict[str, Any]:
        """What it has made, as the service says it. Raises `Conflict` before its end."""
        job = self.info
        if job.state is not JobState.COMPLETED:
            raise Conflict(
                reason=f"this job is {job.state.value} and has made nothing yet",
                reason_fa="این کار هنوز چیزی نساخته است",
            )
        return job.result

    @property
    def path(self) -> Path:
        """The folder that it made, on the service's machine. Raises `Conflict` before its end."""
        return Path(str(self.result.get("path", "")))

    @property
    def model(self) -> ModelHandle:
        """The model that it made. Raises `Conflict` where there is none, or not yet."""
        _ = self.result  # has it ended?
        return made_by(self.client, self._latest)

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until it ends, or for `timeout` seconds, and show how far it is meanwhile.

        Interrupting ends the waiting, not the job. Returns the job itself.

        Raises:
            PersianAIError: the job failed; this is why.

        """
        job = self.info
        where = self._meter()
        try:
            job = followed(
                self.client,
                job,
                lambda: self.info,
                lambda now: None if where is None else show_job(where, now, persian=where.persian),
                timeout=timeout,
            )
        finally:
            if where is not None:
                where.end()
        # What `wait` returns is shown in words: how far it came is above.
        self._shown_in = display.cell()
        if job.state is JobState.FAILED and job.error is not None:
            raise from_body(job.error)
        return self

    def retry(self) -> Self:
        """Start it again. Raises `Conflict` where it did not fail and was not stopped."""
        self._latest = self._routes.retry(self.id)
        return self

    def delete(self) -> None:
        """Forget it, with what it has not finished."""
        self._routes.delete(self.id)

    # --- showing ------------------------------------------------------------------------------

    def widget(self) -> LiveWidget | None:
        """Its live view, where it has one; the same one each time."""
        return None

    def __repr__(self) -> str:
        return f"<{self._word} {self.id} “{self.name}”: {display.sentence(self._latest)}>"

    def _meter(self) -> ProgressLine | ProgressCard | None:
        """Where `wait` says how far it is; None where that is to be seen already."""
        if display.kernel() is not None and self._shown_in == display.cell():
            return None
        return meter(self.name, persian=self._persian(), bar=True)

    def _persian(self) -> bool:
        return self.client.service.settings().language == "fa"

    def _is_drawn(self) -> bool:
        _ = self.info  # what is shown is true now
        if not super()._is_drawn() or self._shown_in == display.cell():
            return False  # `wait` has shown it
        self._shown_in = display.cell()
        return True
