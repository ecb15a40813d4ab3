"""The step that gives rows another shape, other fields or other labels.

Fields that are named win; fields of the same name are taken by themselves; and what a
conversation, a question with its answer and a preference have in common is known. The rules of a
good row are `forming`'s, as in an import: a row that breaks them goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...protocol.data import DatasetShape
from ...protocol.versions import MapStep
from ..canonical import texts_of
from ..forming import FIELDS, form_row
from ..problems import Problem
from ..stored import SHAPE_FIELDS

Row = dict[str, Any]


def _as_text(row: Row) -> Row | None:
    return {"text": "\n".join(texts_of(row))}


def _as_turns(row: Row) -> Row | None:
    return {
        "messages": [
            {"role": "user", "content": row["prompt"]},
            {"role": "assistant", "content": row["answer"]},
        ]
    }


def _as_exchange(row: Row) -> Row | None:
    """One question and its answer; a longer conversation has no place in this shape."""
    turns = [turn for turn in row["messages"] if turn["role"] != "system"]
    if [turn["role"] for turn in turns] != ["user", "assistant"]:
        return None
    return {"prompt": turns[0]["content"], "answer": turns[1]["content"]}


def _chosen(row: Row) -> Row | None:
    prompt = row["prompt"]
    if not isinstance(prompt, str):
        return None
    return {"prompt": prompt, "answer": row["chosen"]}


def _chosen_turns(row: Row) -> Row | None:
    prompt = row["prompt"]
    asked = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return {"messages": [*asked, {"role": "assistant", "content": row["chosen"]}]}


#: From one shape to another without a word about fields.
_KNOWN: dict[tuple[DatasetShape, DatasetShape], Callable[[Row], Row | None]] = {
    (DatasetShape.PROMPT_ANSWER, DatasetShape.MESSAGES): _as_turns,
    (DatasetShape.MESSAGES, DatasetShape.PROMPT_ANSWER): _as_exchange,
    (DatasetShape.PREFERENCE, DatasetShape.PROMPT_ANSWER): _chosen,
    (DatasetShape.PREFERENCE, DatasetShape.MESSAGES): _chosen_turns,
}


def names_of(step: MapStep, shape: DatasetShape) -> dict[str, str] | None:
    """Our fields to those of rows of `shape`; None where the way is known without.

    A field that nothing names is missing from what is returned.
    """
    there = SHAPE_FIELDS[shape]
    names = {ours: ours for ours in SHAPE_FIELDS[step.shape] if ours in there} | step.fields
    missing = [ours for ours in FIELDS[step.shape][0] if ours not in names]
    if missing and not step.fields and way_of(step, shape):
        return None
    return names


def way_of(step: MapStep, shape: DatasetShape) -> Callable[[Row], Row | None] | None:
    """The way from `shape` that needs no fields, if there is one."""
    if step.shape is DatasetShape.TEXT:
        return _as_text
    return _KNOWN.get((shape, step.shape))


class Mapper:
    """The step on rows of one shape, which has been checked to fit."""

    def __init__(self, step: MapStep, shape: DatasetShape) -> None:
        self.shape = step.shape
        self._labels = step.labels
        self._names = names_of(step, shape)
        self._way = way_of(step, shape)

    def rows(self, rows: Sequence[Row], flags: NDArray[np.uint32]) -> list[Row | None]:  # noqa: ARG002
        """The rows in the other shape; None for those that cannot be written in it."""
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Row | None:
        made: Row | Problem | None
        if self._names is None:
            made = self._way(row) if self._way else None
        else:
            made = form_row(self.shape, self._names, row, 0)
        if made is None or isinstance(made, Problem):
            return None
        if self._labels:
            relabel(made, self._labels)
        return row if made == row and list(made) == list(row) else made


def relabel(row: Row, labels: Mapping[str, str]) -> None:
    """Give the labels or tags of a row their new names; `B-PER` also follows `PER`."""
    if "label" in row:
        row["label"] = labels.get(row["label"], row["label"])
    if "tags" in row:
        row["tags"] = [_tag(tag, labels) for tag in row["tags"]]


def _tag(tag: str, labels: Mapping[str, str]) -> str:
    if tag in labels:
        return labels[tag]
    prefix, dash, kind = tag.partition("-")
    return f"{prefix}{dash}{labels.get(kind, kind)}"
