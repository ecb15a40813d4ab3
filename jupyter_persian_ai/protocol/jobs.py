"""Jobs: what is asked, what state it is in, what it has reported."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from ..errors import ErrorBody
from .base import Ask, Moment, Note, Wire
from .downloads import FileProgress
from .gate import Certainty, Choice, GateCheck


class JobKind(StrEnum):
    """What a worker is asked to do."""

    TRAINING = "training"
    DOWNLOAD = "download"
    DATASET = "dataset"  # reading one in, making a version, splitting, looking for likenesses
    MODEL = "model"  # converting, merging, exporting, pushing one
    BUNDLE = "bundle"  # packing a model or a dataset to be carried, and unpacking it


class JobState(StrEnum):
    """Where a job stands; `jobs.states` owns the legal moves."""

    QUEUED = "queued"
    STARTING = "starting"
    LOADING = "loading"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        """Whether no worker is, or will by itself be, busy with it."""
        return self in _ENDED

    @property
    def active(self) -> bool:
        """Whether a worker has it now."""
        return self in _ACTIVE


_ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.STOPPED})
_ACTIVE = frozenset({JobState.STARTING, JobState.LOADING, JobState.RUNNING})


class JobSpec(Wire):
    """All that a worker is told, in its attempt folder as `spec.json`.

    `options` is the recipe's options model as JSON; `inputs` are absolute paths and names that
    the service resolved from ids (`dataset_path`, `model_path`, `dataset_name`, ...).
    """

    job_id: str
    attempt: int = Field(ge=1)
    kind: JobKind
    recipe: str
    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Any] = Field(default_factory=dict)
    job_dir: str = Field(description="absolute; attempts are its numbered sub-folders")


class Progress(Wire):
    """The latest progress of a job. Units: steps or bytes, seconds."""

    done: int = 0
    total: int = 0
    unit: str = Field(default="step", description="step | byte | row")
    epoch: float = 0.0
    epochs: float = 0.0
    speed: float = Field(default=0.0, description="tokens/s when training, bytes/s else")
    eta_seconds: float | None = None
    elapsed_seconds: float = 0.0
    rows: int = Field(default=0, description="read so far, where data is read")
    detail: str = Field(default="", description="what is going on: a file name, a phase id")
    received: int = Field(
        default=0, description="bytes from the network in this attempt; downloads only"
    )
    files: list[FileProgress] = Field(
        default_factory=list, description="the files that are being fetched now; downloads only"
    )


class Checkpoint(Wire):
    """A complete, verified checkpoint of a training job."""

    job_id: str
    attempt: int
    step: int
    bytes: int
    eval_loss: float | None = None
    best: bool = False
    created: Moment


class Sample(Wire):
    """What the model writes at this step."""

    step: int
    prompt: str
    text: str
    temperature: float = 0.8


class LabelScores(Wire):
    """How well one label is told. Precision, recall and F1 lie in 0..1; `support` counts rows."""

    label: str
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    support: int = 0


class Evaluation(Wire):
    """How a classifier or tagger did at one evaluation, label by label.

    A worker emits it with every label; `jobs.evaluation` keeps it to what a page can show.
    """

    step: int
    labels: list[str] = Field(description="of the rows and columns of `confusion`")
    confusion: list[list[int]] = Field(description="rows are the true labels, columns the said")
    per_label: list[LabelScores] = Field(default_factory=list, description="most frequent first")
    others: int = Field(
        default=0,
        description="labels left out; the last row and column of `confusion` are their sum",
    )
    test: bool = Field(default=False, description="of the test data, not of what was held out")
    others_per_label: int = Field(default=0, description="labels left out of `per_label`")


class Notice(Wire):
    """What whoever watches a job must be told, such as that its loss went astray."""

    code: str = Field(max_length=60, description="nan | divergence | plateau | ...")
    step: int = 0
    message: Note
    attempt: int = 0
    time: Moment | None = None


class Job(Wire):
    """A job as a screen shows it."""

    id: str
    kind: JobKind
    recipe: str
    name: str
    state: JobState
    reason: str = Field(
        default="",
        description="why it is in this state: resumed | retried | restarted | requested | "
        "paused | ...",
    )
    stopping: bool = Field(default=False, description="a stop was asked for and is under way")
    pausing: bool = Field(default=False, description="the stop under way is a pause")
    attempt: int = 0
    options: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Any] = Field(default_factory=dict)
    progress: Progress = Field(default_factory=Progress)
    latest: dict[str, float | None] = Field(
        default_factory=dict, description="last value of each metric"
    )
    best: dict[str, float | None] = Field(
        default_factory=dict, description="lowest value of each metric"
    )
    sample: Sample | None = None
    evaluation: Evaluation | None = Field(
        default=None, description="the latest; lists and their events leave it out"
    )
    notices: list[Notice] = Field(
        default_factory=list, description="the last 20; lists and their events leave them out"
    )
    error: ErrorBody | None = None
    result: dict[str, Any] = Field(default_factory=dict)
    queue_position: int | None = None
    created: Moment
    started: Moment | None = None
    ended: Moment | None = None
    seq: int = Field(default=0, description="event number that this is a snapshot of")


class LogLine(Wire):
    """One line of a job's log."""

    seq: int
    time: Moment
    attempt: int
    level: str
    message: str


class Series(Wire):
    """One metric, thinned to what a curve needs. `steps` ascend strictly."""

    name: str
    count: int = Field(description="points kept, before thinning")
    steps: list[int]
    values: list[float | None]


class Metrics(Wire):
    """Curves of a job; live events with `seq` above this one continue them without a gap."""

    job_id: str
    seq: int
    series: list[Series]


class TrainingAsk(Ask):
    """`POST training/jobs`, and `estimate`, `fit` and `rehearsal` beside it."""

    recipe: str
    dataset_id: str
    dataset_version: int | None = Field(default=None, description="the newest without it")
    name: str = Field(default="", max_length=120)
    model_id: str | None = Field(default=None, description="continue from this model")
    version_of: str | None = Field(
        default=None, description="the result becomes a version of this model, not a new model"
    )
    test_dataset_id: str | None = Field(
        default=None, description="judge the result on this dataset, once, at the end"
    )
    test_dataset_version: int | None = Field(default=None, description="the newest without it")
    options: dict[str, Any] = Field(default_factory=dict)


class Estimate(Wire):
    """What a run will need, before it starts."""

    parameters: int
    trainable_parameters: int
    tokens: int = Field(description="tokens of one epoch, as they are packed")
    steps: int
    memory_bytes: int = Field(description="peak of the worker; of the GPU where it trains on one")
    memory_available: int
    disk_bytes: int
    disk_available: int
    seconds: float | None = None
    fits: bool
    notes: list[Note] = Field(default_factory=list)
    device: str = Field(default="cpu", description="cpu | cuda")
    precision: str = Field(default="fp32", description="format of the matrix products")
    memory_parts: dict[str, int] = Field(
        default_factory=dict, description="what makes up the peak, in bytes"
    )
    certainty: dict[str, Certainty] = Field(
        default_factory=dict, description="how sure each figure is, by its name"
    )
    gate: list[GateCheck] = Field(default_factory=list)


class Fit(Wire):
    """`POST training/fit`: options under which the run fits this machine, and the reasons."""

    change: dict[str, Any] = Field(description="a patch of the options that were asked for")
    chosen: list[Choice]
    estimate: Estimate = Field(description="with the patch")


class DownloadAsk(Ask):
    """`POST downloads`."""

    repo_id: str = Field(min_length=1, max_length=200)
    repo_type: str = Field(default="model", pattern="^(model|dataset)$")
    revision: str = Field(default="main", max_length=200)
    files: list[str] | None = None
