"""A training job as a notebook holds it.

Every property asks the service, so it is true at any moment, also after the kernel restarted.
The live view is made when the job is shown for the first time. Must not keep a copy of state.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import Conflict
from ..protocol.jobs import Job, JobState, Progress, Sample
from . import display
from .listing import Listing
from .meter import ProgressLine
from .model import ModelHandle, made_by
from .waiting import followed

if TYPE_CHECKING:
    import pandas as pd

    from .training import TrainingWidget


class TrainingJob:
    """One training job of the service."""

    def __init__(self, client: Client, job: Job) -> None:
        self.client = client
        self._latest = job
        self._widget: TrainingWidget | None = None
        self._shown_in = -1

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
        self._latest = self.client.training.get(self.id)
        return self._latest

    @property
    def state(self) -> JobState:
        """Where it stands: `queued`, `starting`, `loading`, `running`, or how it ended."""
        return self.info.state

    @property
    def progress(self) -> Progress:
        """Steps done and to do, speed in tokens/s, seconds left."""
        return self.info.progress

    @property
    def model(self) -> ModelHandle:
        """The model that it made.

        Raises:
            Conflict: it has not made one: it runs still, or ended without.

        """
        job = self.info
        if job.state is not JobState.COMPLETED:
            raise Conflict(
                reason=f"this job is {job.state.value} and has made no model yet",
                reason_fa="این کار هنوز مدلی نساخته است",
            )
        return made_by(self.client, job)

    def wait(self, timeout: float | None = None) -> TrainingJob:
        """Wait until it ends, or for `timeout` seconds, and show how it goes meanwhile.

        Where nothing can be displayed one line says it. Interrupting ends the waiting, not the
        job. Returns the job itself.

        Raises:
            PersianAIError: the job failed; this is why.

        """
        job = self.info
        line: ProgressLine | None = None
        if display.kernel() is not None:
            self._show_now()
        else:
            persian = self.client.service.settings().language == "fa"
            line = ProgressLine(job.name, persian=persian)
        try:
            job = followed(
                self.client,
                job,
                lambda: self.info,
                lambda now: line.show(now) if line is not None else None,
                timeout=timeout,
            )
        finally:
            if line is not None:
                line.end()
        if job.state is JobState.FAILED and job.error is not None:
            raise from_body(job.error)
        return self

    def metrics(self) -> pd.DataFrame:
        """Every point of every metric, however many: a column a metric, the index is the step.

        A step without a value of a metric, such as one without an evaluation, holds NaN there.
        """
        import pandas as pd  # noqa: PLC0415 - slow, and needed here alone

        content = io.BytesIO(b"".join(self.client.training.csv(self.id)))
        frame = pd.read_csv(content, index_col="step").astype("float64")
        if not frame.index.is_unique:  # a metric given twice at a step: the later one counts
            frame = frame.groupby(level="step").last()
        return frame.sort_index()

    def export_csv(self, path: str | Path) -> Path:
        """Write every point of its metrics to a CSV file; gives its path.

        One line a step, one column a metric; empty where a step has no value.
        """
        target = Path(path).expanduser()
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.writelines(self.client.training.csv(self.id))
        return target

    def export_tensorboard(self, folder: str | Path) -> Path:
        """Write its metrics into a log directory of TensorBoard; gives the folder of this run.

        `tensorboard --logdir FOLDER` then shows it under the job's name.
        """
        target = Path(folder).expanduser()
        target.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO(b"".join(self.client.training.tensorboard(self.id)))
        with zipfile.ZipFile(content) as archive:
            (run,) = {Path(name).parts[0] for name in archive.namelist()}
            archive.extractall(target)
        return target / run

    def logs(self) -> Listing[Any]:
        """Its log, oldest line first."""
        return Listing(
            self.client.training.logs(self.id),
            {
                "time": lambda line: line.time.astimezone().strftime("%H:%M:%S"),
                "level": lambda line: line.level,
                "message": lambda line: line.message,
            },
        )

    def samples(self) -> Listing[Sample]:
        """What the model wrote at each evaluation, oldest first."""
        return Listing(
            self.client.training.samples(self.id),
            {
                "step": lambda sample: sample.step,
                "text": lambda sample: f"{sample.prompt}{sample.text}",
            },
        )

    def stop(self) -> TrainingJob:
        """Ask it to save a checkpoint and end. Raises `Conflict` when it has ended."""
        self._latest = self.client.training.stop(self.id)
        return self

    def pause(self) -> TrainingJob:
        """Ask it to save a checkpoint and pause; `resume` goes on. Raises `Conflict`."""
        self._latest = self.client.training.pause(self.id)
        return self

    def resume(self) -> TrainingJob:
        """Go on from its newest checkpoint. Raises `Conflict` while it runs."""
        self._latest = self.client.training.resume(self.id)
        return self

    # --- showing ------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<training job {self.id} “{self.name}”: {display.sentence(self._latest)}>"

    def widget(self) -> TrainingWidget:
        """Its live view; the same one each time."""
        from .training import TrainingWidget  # noqa: PLC0415 - only where something is shown

        if self._widget is None:
            self._widget = TrainingWidget(self)
        return self._widget

    def _show_now(self) -> None:
        """Show the live view before a cell blocks, unless it is to be seen already."""
        if self._shown_in < 0:
            from IPython.display import display as show  # noqa: PLC0415 - only in a kernel

            show(self)
        # What `wait` returns is shown in words: the live view is above.
        self._shown_in = display.cell()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ARG002 - IPython's signature
        self._latest = self.client.training.get(self.id)
        plain = {"text/plain": repr(self)}
        if display.kernel() is None or self._shown_in == display.cell():
            return plain  # shown by `wait`
        self._shown_in = display.cell()
        bundle = self.widget()._repr_mimebundle_()
        if bundle is None:
            return plain
        data, metadata = bundle
        return {**data, **plain}, metadata


def job_page(client: Client, jobs: list[Job]) -> Listing[TrainingJob]:
    """Jobs as a list that shows where each stands."""
    return Listing(
        [TrainingJob(client, job) for job in jobs],
        {
            "id": lambda job: job.id,
            "name": lambda job: job.name,
            "state": lambda job: display.sentence(job._latest),
        },
    )
