"""Steps that have to know all rows before they can say which stay.

Each gives a mask over the rows of a folder, in one pass or a few, and holds at most some tens of
bytes a row while it works: hashes, never texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...protocol.versions import DedupeStep, PartStep, SampleStep, WithoutStep
from .. import leakage, near
from ..canonical import labels_of
from ..findings import mark_duplicates, row_hashes, text_hashes
from ..splitting import part_of_rows
from ..stored import offsets, stretches

Mask = NDArray[np.bool_]
#: Told how many rows have been read.
Seen = Callable[[int], None]
Choice = DedupeStep | SampleStep | WithoutStep | PartStep


def other_key(step: WithoutStep) -> str:
    """Under what the folder of the other data is given to this step."""
    return step.dataset_id if step.version is None else f"{step.dataset_id}@{step.version}"


def mask(step: Choice, folder: Path, others: Mapping[str, str], seen: Seen) -> Mask:
    """Which rows of `folder` stay."""
    if isinstance(step, DedupeStep):
        again = mark_duplicates(_hashes(folder, seen))
        if step.near:
            again |= near.near_duplicates(folder, step.threshold, seen)
        return ~again
    if isinstance(step, WithoutStep):
        other = Path(others[other_key(step)])
        return ~leakage.rows_also_in(folder, other, near=step.near, threshold=step.threshold)
    if isinstance(step, SampleStep):
        rows = len(offsets(folder))
        drawn = np.zeros(rows, np.bool_)
        drawn[np.random.Generator(np.random.PCG64(step.seed)).permutation(rows)[: step.rows]] = True
        return drawn
    hashes, labels = _contents(folder, seen, stratify=step.stratify)
    parts: NDArray[np.int8] = part_of_rows(hashes, labels, list(step.parts.values()), step.seed)
    stays: Mask = parts == np.int8(list(step.parts).index(step.part))
    return stays


def _hashes(folder: Path, seen: Seen) -> NDArray[np.uint64]:
    found = [np.zeros(0, np.uint64)]
    for stretch in stretches(folder):
        found.append(row_hashes(stretch.rows, stretch.texts))
        seen(stretch.first + len(stretch.lines))
    return np.concatenate(found)


def _contents(
    folder: Path, seen: Seen, *, stratify: bool
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Of each row: the hash of its texts, and the number of its label (0 without)."""
    hashes, labels = [np.zeros(0, np.uint64)], [np.zeros(0, np.int32)]
    numbers: dict[str, int] = {}
    for stretch in stretches(folder):
        hashes.append(text_hashes(stretch.texts))
        found = np.zeros(len(stretch.lines), np.int32)
        if stratify and "label" in stretch.rows[0]:
            found[:] = [numbers.setdefault(labels_of(row)[0], len(numbers)) for row in stretch.rows]
        labels.append(found)
        seen(stretch.first + len(stretch.lines))
    return np.concatenate(hashes), np.concatenate(labels)
