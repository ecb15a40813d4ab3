"""Preferences: likelihoods segment by segment, the loss of the paper, a model that learns them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from jupyter_persian_ai.protocol.worker import WorkStopped
from jupyter_persian_ai.training import corpus as corpora
from jupyter_persian_ai.training import encoding, models, packing, precision, preference
from jupyter_persian_ai.training import tokenizer as tokenizers
from jupyter_persian_ai.training.recipes.dpo import turns

EXACT = precision.Precision(torch.device("cpu"), torch.float32, "test")


@pytest.fixture(scope="module")
def pairs(base_model, preference_rows, tmp_path_factory):
    """A model, its corpus of pairs and the rows."""
    tokenizer = tokenizers.load_tokenizer(base_model)
    tokenizers.ensure_chat_template(tokenizer)
    rows = [json.loads(line) for line in preference_rows.read_text("utf-8").splitlines()]
    folder, _ = corpora.tokenized(
        tmp_path_factory.mktemp("pairs"),
        "key",
        iter(rows),
        lambda some: encoding.preferences(tokenizer, some, turns, pytest.fail),
        name="x",
        tick=lambda _: None,
    )
    corpus = corpora.load_corpus(folder, name="x", longest=200, together=2)
    return models.load_model(base_model, torch.float32).eval(), corpus, tokenizer, rows


def test_likelihoods_are_those_of_each_answer_alone(pairs):
    model, corpus, _, _ = pairs
    batch = packing.pack(corpus, np.arange(6))
    found = preference.log_likelihoods(model, batch, EXACT)
    for segment in range(6):
        single = packing.pack(corpus, np.array([segment]))
        logits = model(single.input_ids).logits[0]
        kept = logits if single.scored is None else logits[single.scored]
        told = functional.log_softmax(kept.float(), -1)
        wanted = told.gather(1, single.targets.unsqueeze(1)).sum()
        assert torch.allclose(found[segment], wanted, atol=1e-3)


def test_only_the_answers_are_scored(pairs):
    _, corpus, tokenizer, rows = pairs
    batch = packing.pack(corpus, np.arange(2))
    text = tokenizer.decode(batch.targets.tolist(), skip_special_tokens=True)
    assert text == rows[0]["chosen"] + rows[0]["rejected"]


def test_at_the_start_nothing_is_preferred(pairs, tmp_path):
    model, corpus, _, _ = pairs
    every = packing.plan_epoch(corpus, np.arange(len(corpus)), 400, 0, None)
    path = tmp_path / "references.npy"
    start = preference.references(model, corpus, every, EXACT, path=path, tick=lambda: None)
    aim = preference.Preference(start, beta=0.1)
    batch = packing.pack(corpus, np.arange(8))
    assert aim.count(batch) == 4
    assert aim.loss(model, batch, EXACT).item() == pytest.approx(4 * np.log(2), abs=1e-3)
    # The loss pushes the chosen up and the rejected down, by beta / 2 for a pair at rest.
    moved = preference.Preference(start - np.tile([1.0, 0.0], len(start) // 2).astype("f4"), 0.1)
    expected = -4 * functional.logsigmoid(torch.tensor(0.1))
    assert moved.loss(model, batch, EXACT).item() == pytest.approx(float(expected), abs=1e-3)
    kept = preference.references(model, corpus, [], EXACT, path=path, tick=lambda: None)
    assert np.array_equal(kept, start)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_dpo_learns_to_prefer(label_job, preference_rows, method):
    job = label_job(
        "dpo", preference_rows, method=method, epochs=8, learning_rate=2e-3, sequence_length=128,
        eval_fraction=0.2, eval_every=20,
    )  # fmt: skip
    attempt = job.run()
    figures = attempt.result["figures"]
    assert attempt.series("loss")[0][1] == pytest.approx(np.log(2), abs=1e-2)
    assert figures["eval_reward_accuracy"] > 0.9
    assert figures["eval_reward_margin"] > 0
    assert attempt.series("reward_accuracy")[-1][1] > 0.9


def test_dpo_resumes_bit_for_bit(label_job, preference_rows):
    options = {"epochs": 2, "sequence_length": 128, "learning_rate": 1e-3}
    whole = label_job("dpo", preference_rows, "whole", **options).run()
    job = label_job("dpo", preference_rows, "cut", **options)
    first = job.run(stop_when=lambda a: len(a.series("loss")) >= 4, expect=WorkStopped)
    second = job.run()
    assert first.series("loss") + second.series("loss") == whole.series("loss")
