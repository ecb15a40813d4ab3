"""An evaluation keeps what a page can show, and loses no count."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.jobs.evaluation import MATRIX_LABELS, SCORED_LABELS, condense
from jupyter_persian_ai.protocol.jobs import Evaluation, LabelScores


def evaluation(size: int, cell) -> Evaluation:
    labels = [f"برچسب{n}" for n in range(size)]
    matrix = [[cell(a, b) for b in range(size)] for a in range(size)]
    scores = [
        LabelScores(label=label, f1=0.5, support=sum(matrix[n])) for n, label in enumerate(labels)
    ]
    return Evaluation(step=1, labels=labels, confusion=matrix, per_label=scores)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 60), seed=st.integers(1, 1000))
def test_every_row_is_still_counted(size, seed):
    given_ = evaluation(size, lambda a, b: (a * 31 + b * seed) % 7)
    kept = condense(given_)
    assert sum(map(sum, kept.confusion)) == sum(map(sum, given_.confusion))
    assert len(kept.labels) == min(size, MATRIX_LABELS)
    assert kept.others == max(0, size - MATRIX_LABELS)
    assert condense(kept) == kept


def test_the_most_frequent_labels_stay_in_their_order():
    kept = condense(evaluation(50, lambda a, b: (1000 if a in {45, 7} else a % 3) * (a == b)))
    assert "برچسب7" in kept.labels
    assert kept.labels.index("برچسب7") < kept.labels.index("برچسب45")
    place = kept.labels.index("برچسب45")
    assert kept.confusion[place][place] == 1000


def test_thousands_of_labels_fit_a_line():
    kept = condense(evaluation(3000, lambda a, b: int(a == b)))
    assert len(kept.per_label) == SCORED_LABELS
    assert kept.others_per_label == 2800
    assert len(kept.model_dump_json()) < 64 * 1024


def test_a_matrix_of_other_labels_is_refused():
    with pytest.raises(ValueError, match="not 2 by 2"):
        condense(Evaluation(step=1, labels=["a", "b"], confusion=[[1, 2], [3]]))
