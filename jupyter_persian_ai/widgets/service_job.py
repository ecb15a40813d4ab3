"""A job of the service as a notebook holds it: a download, a conversion, a push, a bundle.

Every property asks the service, so it is true at any moment, also after the kernel restarted.
Must not keep a copy of state. Training has its own, `job`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import Conflict
from ..protocol.jobs import Job, JobState, Progress
from . import display
from .live import LiveWidget
from .meter import meter, show_job
from .model import ModelHandle, made_by
from .waiting import followed


class Routes(Protocol):
    """The area of the client that such jobs belong to."""

    def get(self, id: str) -> Job:
        """One job."""

    def retry(self, id: str) -> Job:
        """Start one again."""

    def delete(self, id: str) -> None:
        """Forget it."""


class ServiceJob:
    """One job of the service; it goes on without this notebook."""

    _word = "job"

    def __init__(self, client: Client, job: Job) -> None:
        self.client = client
        self._latest = job
        self._widget: LiveWidget | None = None
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
        """Bytes done and to do, speed in bytes/s, seconds left."""
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
        persian = self.client.service.settings().language == "fa"
        where = meter(self.name, persian=persian, bar=True)
        seen = self._shown_in == display.cell() and display.kernel() is not None
        try:
            job = followed(
                self.client,
                self.info,
                lambda: self.info,
                lambda now: None if seen else show_job(where, now, persian=where.persian),
                timeout=timeout,
            )
        finally:
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

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ARG002 - IPython's signature
        self._latest = self.info
        plain = {"text/plain": repr(self)}
        if display.kernel() is None or self._shown_in == display.cell():
            return plain
        self._shown_in = display.cell()
        widget = self.widget()
        bundle = None if widget is None else widget._repr_mimebundle_()
        if not isinstance(bundle, tuple):
            return plain
        data, metadata = bundle
        return {**data, **plain}, metadata
