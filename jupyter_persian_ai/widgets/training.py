"""Views of a training job: the whole card, or its curve alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..client import Client
from .live import LiveWidget

if TYPE_CHECKING:
    from .job import TrainingJob

#: BokehJS, as the chart component asks for it.
SCRIPTS = ("bokeh/bokeh.min.js",)


def job_paths(client: Client, job_id: str) -> list[str]:
    """The requests with which the views of a job begin, exactly as the front end makes them."""
    base = f"training/jobs/{job_id}"
    language = client.service.settings().language
    return [
        f"{base}/metrics?max_points=2000",
        base,
        f"{base}/checkpoints",
        f"{base}/logs?after=0",
        *(f"{base}/figure?theme={theme}&lang={language}" for theme in ("light", "dark")),
    ]


class _JobWidget(LiveWidget):
    def __init__(self, job: TrainingJob, *, kind: str, transport: str) -> None:
        self.job = job
        client, job_id = job.client, job.id
        base = f"training/jobs/{job_id}"
        super().__init__(
            client,
            kind=kind,
            about={"job_id": job_id},
            paths=job_paths(client, job_id),
            numbered=[base, f"{base}/metrics?max_points=2000"],
            topics=[f"job:{job_id}"],
            scripts=SCRIPTS,
            transport=transport,
        )

    def __repr__(self) -> str:
        return repr(self.job)


class TrainingWidget(_JobWidget):
    """A job, live: state, progress, curve, what the model writes now, stop and resume."""

    def __init__(self, job: TrainingJob, *, transport: str = "auto") -> None:
        super().__init__(job, kind="training", transport=transport)


class LossCurve(_JobWidget):
    """The curve of a job alone, live."""

    def __init__(self, job: TrainingJob, *, transport: str = "auto") -> None:
        super().__init__(job, kind="curve", transport=transport)
