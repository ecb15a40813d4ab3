"""Precision, recall and F1: of classes from a confusion matrix, of entities from BIO tags.

Entities are counted as in CoNLL-2003: one is right when its type and both ends are. Pure
arithmetic; knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def table_of(confusion: NDArray[np.int64], labels: Sequence[str]) -> tuple[dict[str, Any], float]:
    """What `EVALUATION` tells of a confusion matrix, and macro-F1.

    Args:
        confusion: int64 [classes, classes], rows are the true classes.
        labels: of the classes.

    Returns:
        `labels`, `confusion` and `per_label`; the mean F1 of the classes that occur (as true or
        as said), 0 when none does.

    """
    right = np.diag(confusion)
    support, said = confusion.sum(axis=1), confusion.sum(axis=0)
    precision = right / np.maximum(1, said)
    recall = right / np.maximum(1, support)
    f1 = 2 * right / np.maximum(1, support + said)
    occurs = support + said > 0
    rows = [
        {
            "label": labels[index],
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "f1": float(f1[index]),
            "support": int(support[index]),
        }
        for index in np.argsort(-support, kind="stable")
    ]
    table = {"labels": list(labels), "confusion": confusion.tolist(), "per_label": rows}
    return table, float(f1[occurs].mean()) if occurs.any() else 0.0


def entities(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Type, start and stop (exclusive) of each entity; an I- that continues nothing begins one."""
    found = set()
    kind, start = "", 0
    for at, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if kind and not (prefix == "I" and name == kind):
            found.add((kind, start, at))
            kind = ""
        if not kind and prefix in {"B", "I"} and name:
            kind, start = name, at
    return found


def entity_scores(true: Sequence[str], said: Sequence[str]) -> NDArray[np.int64]:
    """Entities of one text: right, said, true; int64 [3]."""
    wanted, found = entities(true), entities(said)
    return np.array([len(wanted & found), len(found), len(wanted)], dtype=np.int64)
