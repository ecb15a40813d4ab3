"""Jobs that make a model or take one out, on the wire: convert, merge, export, push.

They are jobs of kind `model`; `recipe` says which. Their answers hold `model_id` once there is one.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Ask, Moment, Note, Wire

REPO_ID = r"^([A-Za-z0-9][A-Za-z0-9._-]{0,94}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,95}$"
Dtype = Literal["float32", "bfloat16", "float16"]
#: Forms of weights in a GGUF file.
GgufType = Literal["f32", "f16", "bf16", "q8_0"]


class ModelImportAsk(Ask):
    """`POST models/imports`: make a usable model of a pickle folder or a GGUF file.

    Recipes `convert` and `gguf`, by what the path holds. A pickle is only opened in a locked-down
    process, and only when `accept_risk` says that the user read what that means.
    """

    path: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=120)
    dtype: Dtype | None = Field(default=None, description="of the result; without it as it is")
    accept_risk: bool = False


class Confinement(Wire):
    """`GET models/confinement`: what this machine can lock a conversion into."""

    network: bool = Field(description="it reaches no network")
    home: bool = Field(description="it sees neither home folder nor data root")
    system_calls: bool = Field(description="it can start nothing and open nothing else")
    memory: bool
    possible: bool = Field(description="enough of these hold for pickles to be converted at all")
    reason: Note | None = Field(default=None, description="what is missing, when it is not")


class MergeAsk(Ask):
    """`POST optimizations`: merge a LoRA adapter into its base model; makes a new model."""

    recipe: Literal["merge"] = "merge"
    adapter: str = Field(min_length=1, max_length=4096, description="the adapter's folder")
    model_id: str = Field(min_length=1, max_length=64, description="the base model")
    name: str = Field(default="", max_length=120)
    dtype: Dtype | None = None
    any_base: bool = Field(default=False, description="merge though the adapter names another base")


class ExportAsk(Ask):
    """`POST optimizations`: write a model as files for elsewhere."""

    recipe: Literal["export"] = "export"
    model_id: str = Field(min_length=1, max_length=64)
    version: int | None = Field(default=None, ge=1, description="the current one without it")
    format: Literal["safetensors", "gguf"] = "safetensors"
    dtype: Dtype | None = Field(default=None, description="safetensors; without it as it is")
    gguf_type: GgufType = "f16"
    shard_bytes: int = Field(default=5 * 10**9, ge=10**6, description="largest safetensors file")


class PushAsk(Ask):
    """`POST models/{id}/push` and, to see what would be sent, `POST models/{id}/push/plan`."""

    repo_id: str = Field(pattern=REPO_ID, max_length=200)
    version: int | None = Field(default=None, ge=1)
    private: bool = True
    license: str = Field(default="", max_length=60, description="as the Hub writes it")
    card: str | None = Field(
        default=None, max_length=100_000, description="README.md; without it the one of the plan"
    )
    message: str = Field(default="", max_length=500, description="of the commit")
    plan: str = Field(
        default="", max_length=64, description="`PushPlan.digest`; a push needs it, a plan not"
    )


class PushedFile(Wire):
    """A file that would be sent. Bytes."""

    name: str
    bytes: int
    sha256: str = ""
    change: Literal["new", "changed", "same"] = "new"


class PushPlan(Wire):
    """All that a push would send, and where to. Nothing has been sent."""

    digest: str = Field(description="give it to the push; it is refused if anything changed since")
    endpoint: str
    account: str = Field(description="who the token belongs to")
    repo_id: str
    exists: bool
    private: bool
    license: str
    files: list[PushedFile]
    bytes: int
    card: str = Field(description="README.md as it would be sent: Persian and English")
    warnings: list[Note] = Field(default_factory=list)
    made: Moment
