"""Plans read every segment once an epoch; packs hold what their segments hold."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_persian_ai.errors import DatasetEmpty
from jupyter_persian_ai.training import corpus as corpora
from jupyter_persian_ai.training import packing
from jupyter_persian_ai.training.schedule import learning_rate


def corpus_of(lengths, scored_from=None):
    """Segments of the given input lengths, with token ids that count up."""
    offsets = np.cumsum([0, *(length + 1 for length in lengths)]).astype(np.int64)
    scored = None
    if scored_from is not None:
        scored = np.zeros(offsets[-1], dtype=np.uint8)
        for start, stop, first in zip(offsets[:-1], offsets[1:], scored_from, strict=True):
            scored[start + first : stop] = 1
    return corpora.Corpus(
        tokens=np.arange(offsets[-1], dtype=np.uint32),
        starts=offsets[:-1],
        stops=offsets[1:],
        rows=np.arange(len(lengths), dtype=np.int64),
        scored=scored,
    )


def cached(tmp_path, rows, *, scored=None, **options):
    """A corpus by way of the cache: `rows` are lists of token ids."""

    def encode(_):
        ids = np.array([token for row in rows for token in row], dtype=np.uint32)
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        return corpora.Encoded(ids, lengths, scored=scored)

    folder, _ = corpora.tokenized(
        tmp_path / "cache", "key", iter([{}] * len(rows)), encode, name="x", tick=lambda _: None
    )
    return corpora.load_corpus(folder, name="x", **options)


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
        start = int(corpus.starts[index])
        inputs += range(start, start + length)
        targets += range(start + first[index], start + length + 1)
        positions += range(length)
    assert batch.input_ids[0].tolist() == inputs
    assert batch.position_ids[0].tolist() == positions
    assert batch.targets.tolist() == targets
    scored = range(batch.positions) if batch.scored is None else batch.scored.tolist()
    assert [inputs[place] + 1 for place in scored] == targets


@pytest.mark.parametrize("tokens", [1, 2, 10, 11, 12, 20, 21, 55])
def test_a_long_text_is_predicted_once_at_every_token(tmp_path, tokens):
    if tokens == 1:
        with pytest.raises(DatasetEmpty):
            cached(tmp_path, [[7]], longest=10, split_long=True)
        return
    corpus = cached(tmp_path, [list(range(tokens))], longest=10, split_long=True)
    assert corpus.lengths.max() <= 10
    batch = packing.pack(corpus, np.arange(len(corpus)))
    assert batch.targets.tolist() == list(range(1, tokens))


def test_exchanges_are_cut_at_their_end_and_dropped_without_an_answer(tmp_path):
    rows = [list(range(30)), list(range(30)), list(range(6))]
    scored = np.concatenate([np.arange(30) >= 5, np.arange(30) >= 20, np.arange(6) >= 3]).astype(
        np.uint8
    )
    corpus = cached(tmp_path, rows, scored=scored, longest=10)
    assert corpus.dropped == 1
    assert corpus.lengths.tolist() == [10, 5]
    assert corpus.rows.tolist() == [0, 2]
    batch = packing.pack(corpus, np.arange(2))
    assert batch.targets.tolist() == [5, 6, 7, 8, 9, 10, 3, 4, 5]


def test_several_turns_are_scored_where_the_assistant_speaks(tmp_path):
    scored = np.array([0, 0, 1, 1, 0, 0, 0, 1, 1], dtype=np.uint8)
    corpus = cached(tmp_path, [list(range(10, 19))], scored=scored, longest=50)
    batch = packing.pack(corpus, np.arange(1))
    assert batch.targets.tolist() == [12, 13, 17, 18]
    assert batch.scored.tolist() == [1, 2, 6, 7]


def test_the_cache_is_read_and_not_made_again(tmp_path):
    first = cached(tmp_path, [[1, 2, 3, 4]], longest=10)
    again, found = corpora.tokenized(
        tmp_path / "cache", "key", iter([]), lambda _: pytest.fail("made again"), name="x",
        tick=lambda _: None,
    )  # fmt: skip
    assert found
    loaded = corpora.load_corpus(again, name="x", longest=2, split_long=True)
    assert first.tokens.tolist() == loaded.tokens.tolist()
    assert loaded.lengths.tolist() == [2, 1]


def test_a_cut_cache_is_made_again(tmp_path):
    cached(tmp_path, [[1, 2, 3, 4]], longest=10)
    tokens = tmp_path / "cache" / "key" / "tokens.bin"
    tokens.write_bytes(tokens.read_bytes()[:-4])
    assert cached(tmp_path, [[1, 2, 3, 4]], longest=10).tokens.tolist() == [1, 2, 3, 4]


def test_the_cache_forgets_what_was_used_least(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "CACHE_BYTES", 1000)
    cache = tmp_path / "cache"
    for number in range(4):
        corpora.tokenized(
            cache,
            f"key{number}",
            iter([{}]),
            lambda _: corpora.Encoded(np.zeros(60, np.uint32), np.array([60])),
            name="x",
            tick=lambda _: None,
        )
        os.utime(cache / f"key{number}", (number, number))
    assert "key3" in {path.name for path in cache.iterdir()}
    assert "key0" not in {path.name for path in cache.iterdir()}


def test_labels_are_read_off_the_end_or_the_beginning(tmp_path):
    def encode(_):
        return corpora.Encoded(
            np.arange(7, dtype=np.uint32), np.array([3, 4]), labels=np.array([1, 0], np.int32)
        )

    folder, _ = corpora.tokenized(
        tmp_path, "key", iter([{}, {}]), encode, name="x", tick=lambda _: None
    )
    for pool, places in (("last", [2, 6]), ("first", [0, 3])):
        corpus = corpora.load_corpus(folder, name="x", longest=9, shift=0, pool=pool)
        batch = packing.pack(corpus, np.arange(2))
        assert batch.scored.tolist() == places
        assert batch.targets.tolist() == [1, 0]


def test_pairs_stay_together(tmp_path):
    rows = [list(range(length)) for length in (5, 9, 4, 4, 12, 3, 6, 6)]
    corpus = cached(tmp_path, rows, longest=50, together=2)
    assert corpus.rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for epoch in range(3):
        for batch in packing.plan_epoch(corpus, np.arange(8), 16, 3, epoch):
            assert all(a % 2 == 0 and b == a + 1 for a, b in batch.reshape(-1, 2))
    parts = packing.split(corpus, np.arange(8), 10)
    assert np.concatenate(parts).tolist() == list(range(8))
    assert all(len(part) % 2 == 0 for part in parts)


@given(lengths_of_segments, st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_a_split_keeps_order_and_limit(lengths, positions):
    corpus = corpus_of(lengths)
    parts = packing.split(corpus, np.arange(len(lengths)), positions)
    assert np.concatenate(parts).tolist() == list(range(len(lengths)))
    assert all(len(part) == 1 or corpus.lengths[part].sum() <= positions for part in parts)


def test_each_label_is_held_out():
    corpus = corpus_of([3] * 40)
    labels = np.array([0] * 30 + [1] * 8 + [2] * 2, dtype=np.int32)
    corpus = dataclasses.replace(corpus, labels=labels)
    train, held = packing.hold_out(corpus, 0.1, 5)
    assert np.bincount(labels[held]).tolist() == [3, 1, 1]
    assert np.bincount(labels[train]).tolist() == [27, 7, 1]


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
