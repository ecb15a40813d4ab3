"""The registry of models on the wire: versions, lineage, comparison, what deleting would mean."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue

from ..errors import ErrorBody
from .base import Ask, Moment, Note, Wire
from .chat import Usage
from .data import Model
from .normaliser import NormaliserRecipe
from .quality import Fertility


class ModelPatch(Ask):
    """`PATCH models/{id}`: what is given is changed."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    notes: str | None = Field(default=None, max_length=20_000)
    tags: list[str] | None = Field(default=None, max_length=32)


class ModelVersion(Wire):
    """One version of a model: a folder that never changes. The current one is what is used."""

    number: int = Field(ge=1)
    current: bool
    source: str = Field(description="trained | hub | path | converted | merged | bundle")
    path: str
    architecture: str = ""
    model_type: str = ""
    dtype: str = ""
    parameters: int = 0
    bytes: int = 0
    vocabulary: int = 0
    context_length: int = 0
    license: str = ""
    repo_id: str = Field(default="", description="the Hub repository that it came from")
    revision: str = Field(default="", description="its commit there")
    job_id: str | None = None
    parent_id: str = Field(default="", description="the model that it was made from")
    parent_version: int | None = None
    dataset_id: str = Field(default="", description="what it was trained on")
    dataset_version: int | None = None
    figures: dict[str, Any] = Field(default_factory=dict)
    normaliser: NormaliserRecipe | None = None
    note: str = ""
    present: bool = Field(default=True, description="whether its folder is still there")
    created: Moment


class VersionAdd(Ask):
    """`POST models/{id}/versions`: another of the user's models becomes a version of this one."""

    model_id: str = Field(min_length=1, max_length=64)
    note: str = Field(default="", max_length=2_000)
    promote: bool = False


class Promote(Ask):
    """`POST models/{id}/promote`: use this version from now on."""

    version: int = Field(ge=1)


class LineageNode(Wire):
    """A model, a job, a dataset or something from outside, in the story of a model."""

    id: str = Field(description="unique in the graph, such as model:ID:2 or dataset:ID:1")
    kind: Literal["model", "job", "dataset", "hub", "file"]
    title: str
    detail: Note | None = Field(default=None, description="what it is, in a few words")
    link: str = Field(default="", description="a page of the panel, such as model:ID")
    gone: bool = Field(default=False, description="deleted since; only its name is known")
    layer: int = Field(default=0, description="0 is the oldest; edges lead to higher layers")


class LineageEdge(Wire):
    """`source` had a part in making `target`; both are ids of nodes."""

    source: str
    target: str
    how: Note


class Lineage(Wire):
    """`GET models/{id}/lineage`: what it was made from and what was made from it."""

    focus: str = Field(description="the node that was asked for")
    nodes: list[LineageNode]
    edges: list[LineageEdge]


class ModelUser(Wire):
    """Something that needs a model, a version or its files."""

    kind: Literal["conversation", "job", "model", "engine"]
    id: str
    title: str
    link: str = ""
    blocks: bool = Field(description="deleting is refused while it lasts")


class ModelUsers(Wire):
    """`GET models/{id}/users?version=`: before something is deleted."""

    users: list[ModelUser]
    frees_bytes: int = Field(description="space that deleting would give back")
    kept: Note | None = Field(default=None, description="why files stay, when they do")


class DetectedModel(Wire):
    """A model folder or file that was found on this machine."""

    path: str
    name: str
    where: Literal["hub_cache", "folder"]
    repo_id: str = ""
    revision: str = ""
    bytes: int = 0
    model: Model | None = Field(default=None, description="what it would be registered as")
    model_id: str = Field(default="", description="it is registered already")
    convertible: Literal["", "pickle", "gguf", "adapter"] = Field(
        default="", description="not usable as it is; it can be made so"
    )
    refused: ErrorBody | None = Field(default=None, description="why it cannot be used")


class ScanAsk(Ask):
    """`POST models/scan`: look for models. Without a path in the Hub caches of this machine."""

    path: str = Field(default="", max_length=4096)


class Scanned(Wire):
    """What `models/scan` found."""

    items: list[DetectedModel]
    complete: bool = Field(description="false: there was more than is looked through at once")


class ComparedLine(Wire):
    """One line of a comparison; a value for each model, null where it is not known."""

    name: str = Field(description="a figure, or a field of the configuration")
    values: list[JsonValue]
    differs: bool
    better: Literal["", "low", "high"] = ""
    best: list[int] = Field(default_factory=list, description="columns that have the best value")


class Comparison(Wire):
    """`GET models/compare?ids=`: two or more models side by side, in the order asked for."""

    models: list[Model]
    facts: list[ComparedLine] = Field(description="size, parameters, dtype, licence, ...")
    figures: list[ComparedLine]
    config: list[ComparedLine] = Field(description="flattened, such as rope_parameters.rope_theta")
    tokenizers: list[Fertility | None]


class AnswersToken(Wire):
    """`event: token` of a comparison's answers: text of one model to append, exactly."""

    model_id: str
    text: str


class AnswersUsage(Usage):
    """`event: usage` of a comparison's answers."""

    model_id: str


class AnswersError(Wire):
    """`event: error` of a comparison's answers: this model gives none; the next one follows."""

    model_id: str
    error: ErrorBody


class AnswersDone(Wire):
    """`event: done` of a comparison's answers: every model has been asked."""


class AnswersAsk(Ask):
    """`POST models/compare/answers`: the same prompt to each model, one after the other.

    Answered with server-sent events `token {model_id, text}`, `usage {model_id, ...}`,
    `error {model_id, error}` and at the end `done {}`.
    """

    ids: list[str] = Field(min_length=1, max_length=8)
    prompt: str = Field(min_length=1, max_length=20_000)
    max_new_tokens: int = Field(default=128, ge=1, le=4096)
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    seed: int = Field(default=0, ge=0)
