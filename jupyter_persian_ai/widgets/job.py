"""A training job as a notebook holds it.

Owns what a training has beside any other job: its curves, its log, and the live view that is made
when it is shown for the first time. Must not keep a copy of state.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..client import Client
from ..client.areas import TrainingArea
from ..protocol.jobs import Job, Sample
from . import display
from .listing import Listing
from .meter import ProgressLine
from .service_job import ServiceJob

if TYPE_CHECKING:
    import pandas as pd

    from .training import TrainingWidget


class TrainingJob(ServiceJob):
    """One training job of the service."""

    _word = "training job"

    def __init__(self, client: Client, job: Job) -> None:
        super().__init__(client, job)
        self._widget: TrainingWidget | None = None

    @property
    def _routes(self) -> TrainingArea:
        return self.client.training

    @property
    def path(self) -> Path:
        """The folder of the model that it made. Raises `Conflict` as `model` does."""
        return Path(self.model.path)

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

    def stop(self) -> Self:
        """Ask it to save a checkpoint and end. Raises `Conflict` when it has ended."""
        self._latest = self.client.training.stop(self.id)
        return self

    def pause(self) -> Self:
        """Ask it to save a checkpoint and pause; `resume` goes on. Raises `Conflict`."""
        self._latest = self.client.training.pause(self.id)
        return self

    def resume(self) -> Self:
        """Go on from its newest checkpoint. Raises `Conflict` while it runs."""
        self._latest = self.client.training.resume(self.id)
        return self

    # --- showing ------------------------------------------------------------------------------

    def widget(self) -> TrainingWidget:
        """Its live view; the same one each time."""
        from .training import TrainingWidget  # noqa: PLC0415 - only where something is shown

        if self._widget is None:
            self._widget = TrainingWidget(self)
        return self._widget

    def _meter(self) -> ProgressLine | None:
        """One line where nothing can be displayed; else its live view is above what waits."""
        if display.kernel() is None:
            return ProgressLine(self.name, persian=self._persian())
        if self._shown_in < 0:  # nobody sees it yet, and the cell is about to block
            from IPython.display import display as show  # noqa: PLC0415 - only in a kernel

            show(self)
        # What `wait` returns is shown in words: the live view is above.
        self._shown_in = display.cell()
        return None


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
