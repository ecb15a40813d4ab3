"""Versions of a dataset: the steps that made each, and what is asked to make another."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Ask, Moment, Wire
from .data import DatasetAsk, DatasetReport, DatasetShape, Row
from .normaliser import NormaliserRecipe
from .quality import FindingCode, PersonalCode

MaskStyle = Literal["tag", "stars"]


class NormaliseStep(Ask):
    """Normalise every text (labels, tags and roles stay)."""

    kind: Literal["normalise"] = "normalise"
    recipe: NormaliserRecipe = Field(default_factory=NormaliserRecipe)


class FilterStep(Ask):
    """Keep the rows that meet every condition."""

    kind: Literal["filter"] = "filter"
    drop: list[FindingCode] = Field(default_factory=list, description="rows with any of these go")
    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=1)
    min_persian_share: float | None = Field(default=None, ge=0, le=1)
    keep_labels: list[str] = Field(default_factory=list, description="empty: all")
    contains: str = Field(default="", max_length=200, description="folded, as in the search")
    lacks: str = Field(default="", max_length=200, description="folded, as in the search")


class DedupeStep(Ask):
    """Of rows that are the same (folded), or almost the same, only the first stays."""

    kind: Literal["dedupe"] = "dedupe"
    near: bool = False
    threshold: float = Field(default=0.8, ge=0.5, le=1, description="Jaccard, of word triples")


class MapStep(Ask):
    """Give rows another shape: `fields` says which of theirs becomes each of ours."""

    kind: Literal["map"] = "map"
    shape: DatasetShape
    fields: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict, description="old label to new")


class MaskStep(Ask):
    """Cover personal data."""

    kind: Literal["mask"] = "mask"
    codes: list[PersonalCode] = Field(min_length=1)
    style: MaskStyle = "tag"


class CleanStep(Ask):
    """Take HTML tags out and turn entities into what they stand for."""

    kind: Literal["clean"] = "clean"


class SampleStep(Ask):
    """A part of the rows, drawn with a seed; their order stays."""

    kind: Literal["sample"] = "sample"
    rows: int = Field(ge=1)
    seed: int = 0


class WithoutStep(Ask):
    """Drop the rows that another dataset has too (test data that leaked into training)."""

    kind: Literal["without"] = "without"
    dataset_id: str
    version: int | None = None
    near: bool = False
    threshold: float = Field(default=0.8, ge=0.5, le=1)


class PartStep(Ask):
    """One part of a split: `parts` gives each its share, in order; they sum to 1."""

    kind: Literal["part"] = "part"
    part: str
    parts: dict[str, float]
    stratify: bool = Field(default=True, description="each label in the same shares, where any")
    seed: int = 0


Step = Annotated[
    NormaliseStep
    | FilterStep
    | DedupeStep
    | MapStep
    | MaskStep
    | CleanStep
    | SampleStep
    | WithoutStep
    | PartStep,
    Field(discriminator="kind"),
]


class DatasetVersion(Wire):
    """One version; what it holds is named by `sha256` and never changes."""

    dataset_id: str
    number: int = Field(ge=1)
    sha256: str
    bytes: int
    shape: DatasetShape
    report: DatasetReport
    recipe: list[Step] = Field(description="made it from its parent; empty for an import")
    parent_dataset_id: str = ""
    parent_number: int | None = None
    normaliser: NormaliserRecipe | None = Field(
        default=None, description="the last that its texts went through"
    )
    note: str = ""
    created: Moment


class VersionAsk(Ask):
    """`POST datasets/{id}/versions`, and `versions/preview` beside it."""

    version: int | None = Field(default=None, description="to begin from; the newest without it")
    steps: list[Step] = Field(min_length=1, max_length=20)
    note: str = Field(default="", max_length=500)


class StepCount(Wire):
    """What one step did."""

    kind: str
    rows_in: int
    rows_out: int
    changed: int = Field(description="rows whose content it changed")


class ChangedRow(Wire):
    """A row before and after; one of them is None where it came or went. Numbers from 0."""

    number: int = Field(description="in the version before")
    before: Row | None
    after: Row | None
    step: str = Field(default="", description="the kind that dropped it")


class VersionPreview(Wire):
    """What the steps would do to the first `sampled` rows; nothing is kept."""

    sampled: int
    counts: list[StepCount]
    rows: list[ChangedRow] = Field(description="the first 50 that change or go")


class VersionDiff(Wire):
    """`GET datasets/{id}/diff`: how one version came to be another."""

    kept: int = Field(description="rows that are the same")
    changed: int
    dropped: int
    added: int
    rows: list[ChangedRow]
    total: int = Field(description="rows that changed, went or came")


class SplitAsk(Ask):
    """`POST datasets/{id}/split`: each part becomes a dataset of its own."""

    version: int | None = None
    parts: dict[str, float] = Field(
        default_factory=lambda: {"train": 0.8, "validation": 0.1, "test": 0.1},
        min_length=2,
        max_length=10,
        description="name to share; they sum to 1",
    )
    stratify: bool = True
    seed: int = 0


class LeakageAsk(Ask):
    """`POST datasets/{id}/leakage`."""

    version: int | None = None
    other_id: str
    other_version: int | None = None
    near: bool = True
    threshold: float = Field(default=0.8, ge=0.5, le=1)


class Upload(Wire):
    """A file that has arrived and waits to be read; gone a day later."""

    id: str
    name: str
    bytes: int


class ImportAsk(DatasetAsk):
    """`POST datasets/imports` and `datasets/peek`: a path, an upload, or files on the Hub."""

    path: str = Field(default="", max_length=4096)  # of the server, where it is not the others
    upload_id: str = ""
    repo_id: str = Field(default="", max_length=200, description="a dataset of the Hub")
    revision: str = Field(default="main", max_length=200)
    files: list[str] = Field(
        default_factory=list, max_length=1000, description="of the Hub's; empty: all it can read"
    )
    members: list[str] = Field(
        default_factory=list, description="files of an archive, or sheets; empty: all"
    )
    keep: bool = Field(default=False, description="make it a dataset when it has been read")


class Member(Wire):
    """A file in an archive, or a sheet of a workbook."""

    name: str
    bytes: int
    readable: bool


class Peek(Wire):
    """The beginning of a file, at once, however large it is."""

    name: str
    bytes: int
    format: str
    encoding: str = ""
    encoding_guessed: bool = False
    members: list[Member] = Field(default_factory=list)
    fields: list[str]
    shape: DatasetShape | None = Field(default=None, description="None: the user has to say")
    mapping: dict[str, str] = Field(default_factory=dict)
    rows: list[Row] = Field(description="the first 50, in our shape")
    problems: list[str] = Field(default_factory=list, description="codes met in the beginning")


class KeepAsk(Ask):
    """`POST datasets/jobs/{id}/keep`: make a dataset of what was read."""

    name: str = Field(default="", max_length=120)


class DatasetUsers(Wire):
    """`GET datasets/{id}/users`: who would miss it."""

    jobs: list[str] = Field(description="names of jobs that trained or judged on it")
    waiting: list[str] = Field(description="names of jobs that have not ended")
    models: list[str]
    datasets: list[str] = Field(description="names of datasets made of it")
