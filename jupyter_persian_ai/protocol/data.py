"""Datasets and models on the wire."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from pydantic import Field, JsonValue, computed_field

from .base import Ask, Moment, Note, Wire
from .normaliser import NormaliserRecipe


class DatasetShape(StrEnum):
    """What a row holds. Canonical rows are JSON objects with exactly these fields."""

    TEXT = "text"  # {"text"}
    PROMPT_ANSWER = "prompt_answer"  # {"prompt", "answer"}
    MESSAGES = "messages"  # {"messages": [{"role": "system|user|assistant", "content"}]}
    TEXT_LABEL = "text_label"  # {"text", "label"}; a label is a string
    PAIR_LABEL = "pair_label"  # {"text", "text_pair", "label"}
    TOKENS_TAGS = "tokens_tags"  # {"tokens": [str], "tags": [str]}; BIO: O, B-X, I-X
    # {"prompt", "chosen", "rejected"}: texts; a prompt of several turns is a list as in `messages`
    PREFERENCE = "preference"


#: A canonical row: strings, or lists of strings (tokens, tags), or the turns of `messages`.
Row = dict[str, JsonValue]


class DatasetStats(Wire):
    """Counted once at import."""

    rows: int
    characters: int
    words: int
    half_spaces: int = Field(default=0, description="U+200C in the kept text")
    persian_share: float = Field(default=0.0, description="share of letters in Arabic script")
    longest: int = Field(default=0, description="characters of the longest row")
    labels: dict[str, int] = Field(
        default_factory=dict,
        description="how often each label (or tag) came, the most frequent first",
    )
    turns: int = Field(default=0, description="turns of all conversations together")


class DatasetProblemLine(Wire):
    """A row that was not kept, and why."""

    line: int = Field(description="from 1; the row of a sheet or of parquet; 0: none")
    file: str = Field(default="", description="the file, archive member or sheet that it is in")
    code: str
    message: str
    message_fa: str
    field: str = Field(default="", description="the file's field that is to blame, if one is")
    sample: str = ""


class DatasetReport(Wire):
    """What `POST datasets/validate` and every import say of a file."""

    name: str
    format: str
    encoding: str
    encoding_guessed: bool = False
    shape: DatasetShape
    fields: list[str]
    mapping: dict[str, str] = Field(
        default_factory=dict, description="our fields to the file's, as they were read"
    )
    stats: DatasetStats
    skipped: int = 0
    problems: list[DatasetProblemLine] = Field(default_factory=list)
    preview: list[Row] = Field(default_factory=list)


class Dataset(Wire):
    """A dataset as a screen shows it; its content is addressed by `sha256`."""

    id: str
    name: str
    shape: DatasetShape
    source: str = Field(description="upload | path | sample | hub")
    sha256: str
    bytes: int
    report: DatasetReport
    license: str = ""
    version: int = Field(default=1, description="number of the newest, which this describes")
    parent_id: str = Field(default="", description="the dataset that it was split from")
    normaliser: NormaliserRecipe | None = Field(
        default=None, description="what its texts went through"
    )
    created: Moment
    seq: int = 0


class DatasetAsk(Ask):
    """`POST datasets` with JSON: a path on the server. `fields` maps ours to the file's."""

    path: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=120)
    shape: DatasetShape | None = None
    shapes: list[DatasetShape] = Field(
        default_factory=list, description="without a shape: any of these; empty: any at all"
    )
    fields: dict[str, str] = Field(default_factory=dict)
    encoding: str | None = None


class SampleInfo(Wire):
    """A sample dataset that can be imported, as `GET samples` lists it."""

    id: str
    name: Note
    shape: DatasetShape
    license: Note


class SampleAsk(Ask):
    """`POST datasets` with JSON: the id of a sample dataset."""

    sample: str = Field(min_length=1, max_length=120)


class Rename(Ask):
    """`PATCH` of a dataset, a model or a conversation."""

    name: str = Field(min_length=1, max_length=120)


class Rows(Wire):
    """`GET datasets/{id}/preview`: a page of the rows, or of those that were looked for."""

    rows: list[Row]
    offset: int
    total: int = Field(description="while a search is not complete, of what it found so far")
    numbers: list[int] = Field(
        default_factory=list, description="which row of the version each is, from 0"
    )
    complete: bool = Field(default=True, description="false: ask again, the search goes on")
    share: float = Field(default=1.0, description="of the version that was looked through")
    shortened: bool = Field(
        default=False, description="the page is so large that its longest rows end with …"
    )


class ProblemPage(Wire):
    """`GET datasets/jobs/{id}/problems`: rows that an import left out."""

    items: list[DatasetProblemLine]
    total: int = Field(description="of the code that was asked for, or of all")
    codes: dict[str, int] = Field(description="how many there are of each code")


#: What a model does, as the Hub names tasks, and the ends of the classes that do it.
TASKS: dict[str, str] = {
    "text-generation": "ForCausalLM|LMHeadModel|ForConditionalGeneration",
    "text-classification": "ForSequenceClassification",
    "token-classification": "ForTokenClassification",
    "feature-extraction": "Model|ForMaskedLM|ForPreTraining",
}


class Model(Wire):
    """A model folder we know."""

    id: str
    name: str
    source: str = Field(description="trained | path | hub | converted | merged | bundle")
    path: str
    architecture: str = ""
    model_type: str = ""
    dtype: str = Field(default="", description="of the weights: float32 | bfloat16 | ...")
    parameters: int = 0
    bytes: int = 0
    vocabulary: int = 0
    context_length: int = 0
    license: str = ""
    job_id: str | None = None
    figures: dict[str, Any] = Field(default_factory=dict)
    normaliser: NormaliserRecipe | None = Field(
        default=None, description="what the texts that it learned from went through"
    )
    version: int = Field(default=1, description="number of the current one, which this describes")
    versions: int = Field(default=1, description="how many there are")
    can_roll_back: bool = Field(default=False, description="another version was current before")
    parent_id: str = Field(default="", description="the model that it was made from")
    dataset_id: str = Field(default="", description="what it was trained on")
    dataset_version: int | None = None
    repo_id: str = Field(default="", description="the Hub repository that it came from")
    revision: str = Field(default="", description="its commit there")
    notes: str = ""
    tags: list[str] = Field(default_factory=list)
    created: Moment
    seq: int = 0

    @computed_field(description="what it does, as the Hub names tasks")  # type: ignore[prop-decorator]
    @property
    def task(self) -> str:
        """By the class that its configuration names; an unnamed one generates text."""
        for task, ends in TASKS.items():
            if re.search(f"({ends})$", self.architecture):
                return task
        return "text-generation"


class ModelAsk(Ask):
    """`POST models`: register a folder on the server."""

    path: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=120)
