"""An evaluation kept to what a page can show: the matrix of a thousand labels has a million cells.

Owns which labels stay: the most frequent. Pure; run by the worker before it writes the line, so
that no evaluation is too long for the spool, and again by whoever takes the line in.
"""

from __future__ import annotations

from typing import Any

from ..protocol.jobs import Evaluation, LabelScores

#: Labels that the matrix keeps; the rest is summed into one more row and column.
MATRIX_LABELS = 20
#: Labels whose scores are kept.
SCORED_LABELS = 200
#: The longest name of a label that is kept whole.
LABEL_CHARACTERS = 100


def condense(evaluation: Evaluation) -> Evaluation:
    """`evaluation` with at most 20 labels and "the others" in its matrix, and 200 scores.

    One that was condensed before comes back as it is.

    Raises:
        ValueError: when the matrix is not square, or not of these labels.

    """
    size = len(evaluation.labels) + (evaluation.others > 0)
    matrix = evaluation.confusion
    if len(matrix) != size or any(len(row) != size for row in matrix):
        raise ValueError(f"the confusion matrix is not {size} by {size}")
    scores = sorted(evaluation.per_label, key=lambda one: -one.support)
    update: dict[str, Any] = {
        "per_label": [_short(one) for one in scores[:SCORED_LABELS]],
        "others_per_label": evaluation.others_per_label + max(0, len(scores) - SCORED_LABELS),
        "labels": [_cut(label) for label in evaluation.labels],
    }
    if size > MATRIX_LABELS + 1 or (size > MATRIX_LABELS and not evaluation.others):
        update |= _summed(evaluation, size)
    return evaluation.model_copy(update=update)


def _summed(evaluation: Evaluation, size: int) -> dict[str, Any]:
    matrix, count = evaluation.confusion, len(evaluation.labels)
    weight = [sum(matrix[label]) for label in range(count)]
    said = [sum(row[label] for row in matrix) for label in range(count)]
    order = sorted(range(count), key=lambda label: (-weight[label], -said[label], label))
    kept = sorted(order[:MATRIX_LABELS])  # in the order in which they were given
    rest = sorted(set(range(size)) - set(kept))
    rows = [[*(matrix[a][b] for b in kept), sum(matrix[a][b] for b in rest)] for a in kept]
    last = [*(sum(matrix[a][b] for a in rest) for b in kept)]
    rows.append([*last, sum(matrix[a][b] for a in rest for b in rest)])
    return {
        "labels": [_cut(evaluation.labels[label]) for label in kept],
        "confusion": rows,
        "others": evaluation.others + count - MATRIX_LABELS,
    }


def _short(scores: LabelScores) -> LabelScores:
    return scores.model_copy(update={"label": _cut(scores.label)})


def _cut(label: str) -> str:
    return label if len(label) <= LABEL_CHARACTERS else label[: LABEL_CHARACTERS - 1] + "…"
