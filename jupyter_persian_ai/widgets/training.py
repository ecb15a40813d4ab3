"""Views of a training job: the whole card, or its curve alone."""

from __future__ import annotations

from collections.abc import Sequence
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
        f"{base}/samples",
        *(f"{base}/figure?theme={theme}&lang={language}" for theme in ("light", "dark")),
    ]


def comparison_paths(client: Client, job_ids: Sequence[str]) -> list[str]:
    """The requests with which a comparison begins, exactly as the front end makes them."""
    language = client.service.settings().language
    figure = f"training/comparison/figure?metric=loss&runs={len(job_ids)}"
    return [
        *(path for job_id in job_ids for path in _numbered(job_id)),
        *(f"{figure}&theme={theme}&lang={language}&scale=linear" for theme in ("light", "dark")),
        "training/recipes",
    ]


def _numbered(job_id: str) -> tuple[str, str]:
    """The requests whose answers say of which event number they are a snapshot."""
    base = f"training/jobs/{job_id}"
    return base, f"{base}/metrics?max_points=2000"


class _JobWidget(LiveWidget):
    def __init__(self, job: TrainingJob, *, kind: str, transport: str) -> None:
        self.job = job
        client, job_id = job.client, job.id
        super().__init__(
            client,
            kind=kind,
            about={"job_id": job_id},
            paths=job_paths(client, job_id),
            numbered=_numbered(job_id),
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


class Comparison(LiveWidget):
    """Several jobs on one figure, live, with their figures and the options that differ."""

    def __init__(self, jobs: Sequence[TrainingJob], *, transport: str = "auto") -> None:
        """`jobs` are two to ten jobs of one service."""
        self.jobs = tuple(jobs)
        ids = [job.id for job in self.jobs]
        client = self.jobs[0].client
        super().__init__(
            client,
            kind="comparison",
            about={"job_ids": ids},
            paths=comparison_paths(client, ids),
            numbered=[path for job_id in ids for path in _numbered(job_id)],
            topics=[f"job:{job_id}" for job_id in ids],
            scripts=SCRIPTS,
            transport=transport,
        )

    def __repr__(self) -> str:
        names = ", ".join(f"“{job.name}”" for job in self.jobs)
        return f"<comparison of {names}>"
