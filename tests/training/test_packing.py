"""Plans read every segment once an epoch; packs hold what their segments hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.errors import DatasetEmpty
from jupyter_persian_ai.training import packing
from jupyter_persian_ai.training.schedule import learning_rate


def corpus_of(lengths, scored_from=None):
    """Segments of the given input lengths, with token ids that count up."""
    offsets = np.cumsum([0, *(length + 1 for length in lengths)])
    return packing.Corpus(
        tokens=np.arange(offsets[-1], dtype=np.uint32),
        offsets=offsets.astype(np.int64),
        scored_from=np.asarray(scored_from or [1] * len(lengths), dtype=np.int32),
        rows=np.arange(len(lengths), dtype=np.int64),
        dropped=0,
    )


lengths_of_segments = st.lists(st.integers(1, 40), min_size=1, max_size=60)


@given(lengths_of_segments, st.integers(40, 200), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_an_epoch_reads_every_segment_once_within_the_budget(lengths, budget, epoch):
    corpus = corpus_of(lengths)
    segments = np.arange(len(lengths))
    plan = packing.plan_epoch(corpus, segments, budget, 7, epoch)
    assert sorted(np.concatenate(plan)) == list(segments)
    assert all(corpus.lengths[batch].sum() <= budget for batch in plan)
    again = packing.plan_epoch(corpus, segments, budget, 7, epoch)
    assert all(np.array_equal(a, b) for a, b in zip(plan, again, strict=True))


def test_epochs_are_shuffled_differently():
    corpus = corpus_of([5] * 50)
    orders = [
        tuple(np.concatenate(packing.plan_epoch(corpus, np.arange(50), 20, 7, epoch)))
        for epoch in range(3)
    ]
    assert len(set(orders)) == 3


@given(lengths_of_segments, st.data())
@settings(max_examples=100, deadline=None)
def test_a_pack_holds_its_segments_and_scores_what_is_asked(lengths, data):
    first = [data.draw(st.integers(1, length)) for length in lengths]
    corpus = corpus_of(lengths, first)
    batch = packing.pack(corpus, np.arange(len(lengths)))
    assert batch.positions == sum(lengths)
    assert batch.cu_seq_lens.tolist() == np.cumsum([0, *lengths]).tolist()
    inputs, targets, positions = [], [], []
    for index, length in enumerate(lengths):
        start = int(corpus.offsets[index])
        inputs += range(start, start + length)
        targets += range(start + first[index], start + length + 1)
        positions += range(length)
    assert batch.input_ids[0].tolist() == inputs
    assert batch.position_ids[0].tolist() == positions
    assert batch.targets.tolist() == targets
    scored = range(batch.positions) if batch.scored is None else batch.scored.tolist()
    assert [inputs[place] + 1 for place in scored] == targets
    assert int(corpus.scored.sum()) == len(targets)


@pytest.mark.parametrize("tokens", [1, 2, 10, 11, 12, 20, 21, 55])
def test_a_long_text_is_predicted_once_at_every_token(tmp_path, tokens):
    rows = iter([{"text": ""}] if tokens == 0 else [{"text": "x"}])

    def build():
        return packing.build_corpus(
            rows,
            tmp_path / "tokens",
            lambda _: [(list(range(tokens)), 1)],
            name="x",
            longest=10,
            split_long=True,
            tick=lambda _: None,
        )

    if tokens == 1:
        with pytest.raises(DatasetEmpty):
            build()
        return
    corpus = build()
    assert corpus.lengths.max() <= 10
    batch = packing.pack(corpus, np.arange(len(corpus.lengths)))
    assert batch.targets.tolist() == list(range(1, tokens))


def test_exchanges_are_cut_at_their_end_and_dropped_without_an_answer(tmp_path):
    encoded = [(list(range(30)), 5), (list(range(30)), 20), (list(range(6)), 3)]
    corpus = packing.build_corpus(
        iter([{}] * 3),
        tmp_path / "tokens",
        lambda _: encoded,
        name="x",
        longest=10,
        split_long=False,
        tick=lambda _: None,
    )
    assert corpus.dropped == 1
    assert corpus.lengths.tolist() == [10, 5]
    assert corpus.rows.tolist() == [0, 2]
    assert corpus.scored.tolist() == [6, 3]


def test_whole_rows_are_held_out():
    corpus = corpus_of([3] * 20)
    corpus.rows[:] = np.repeat(np.arange(5), 4)
    train, held = packing.hold_out(corpus, 0.2, 1)
    assert len(held) == 4
    assert len(set(corpus.rows[held])) == 1
    assert not set(corpus.rows[train]) & set(corpus.rows[held])
    assert len(packing.hold_out(corpus, 0.0, 1)[1]) == 0
    only = corpus_of([3])
    assert len(packing.hold_out(only, 0.5, 1)[0]) == 1


@pytest.mark.parametrize(
    ("epochs", "max_steps", "accumulation", "steps"),
    [(1, None, 1, 10), (2.5, None, 1, 25), (2, None, 3, 7), (3, 4, 2, 4), (0.01, None, 1, 1)],
)
def test_how_many_steps_a_run_has(epochs, max_steps, accumulation, steps):
    corpus = corpus_of([10] * 10)
    plan = packing.plan_run(
        corpus,
        np.arange(10),
        budget=10,
        accumulation=accumulation,
        epochs=epochs,
        max_steps=max_steps,
        seed=1,
    )
    assert plan.steps == steps
    assert sum(len(plan.step(index)) for index in range(steps)) == len(plan.batches)
    read = [plan.epoch(step) for step in range(steps + 1)]
    assert read == sorted(read)
    assert read[-1] == pytest.approx(len(plan.batches) / 10)


def test_the_schedule_rises_then_falls():
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01
    assert learning_rate(0, 1, 1.0, 0.0) == 1.0
