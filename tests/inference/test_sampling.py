"""Drawing tokens: each setting does what it says, and a seed repeats."""

from __future__ import annotations

import pytest
import torch

from jupyter_persian_ai.inference.sampling import Sampler, SamplingSettings, candidates, penalise

LOGITS = torch.log(torch.tensor([0.5, 0.25, 0.125, 0.0625, 0.0625]))
PLAIN = SamplingSettings(temperature=1, top_p=1, top_k=0, repetition_penalty=1)


def draws(settings, count=200, logits=LOGITS):
    sampler = Sampler(settings, 5, torch.tensor([], dtype=torch.long))
    return [sampler.draw(logits) for _ in range(count)]


def test_without_limits_the_chances_are_those_of_the_model():
    chances, tokens = candidates(LOGITS, PLAIN)
    assert torch.allclose(chances[tokens.argsort()], LOGITS.exp())
    found = draws(SamplingSettings(1, 1, 0, 1, seed=1), 4000)
    assert found.count(0) / 4000 == pytest.approx(0.5, abs=0.05)
    assert set(found) == {0, 1, 2, 3, 4}


def test_zero_temperature_takes_the_likeliest():
    assert set(draws(SamplingSettings(0, 1, 0, 1))) == {0}


@pytest.mark.parametrize(("temperature", "first"), [(0.5, 0.5), (2.0, 0.5)])
def test_temperature_sharpens_and_flattens(temperature, first):
    chances, _ = candidates(LOGITS, SamplingSettings(temperature, 1, 0, 1))
    assert (chances[0] > first) == (temperature < 1)


@pytest.mark.parametrize(("top_k", "kept"), [(1, 1), (3, 3), (5, 5), (100, 5), (0, 5)])
def test_top_k(top_k, kept):
    chances, tokens = candidates(LOGITS, SamplingSettings(1, 1, top_k, 1))
    assert len(tokens) == kept
    assert float(chances.sum()) == pytest.approx(1)


@pytest.mark.parametrize(("top_p", "kept"), [(0.01, 1), (0.49, 1), (0.6, 2), (0.8, 3), (1, 5)])
def test_top_p_keeps_the_fewest_that_reach_it(top_p, kept):
    chances, tokens = candidates(LOGITS, SamplingSettings(1, top_p, 0, 1))
    assert tokens.tolist() == list(range(5))[:kept]
    assert float(chances.sum()) == pytest.approx(1)


def test_repetition_penalty_lowers_what_was_seen_whatever_its_sign():
    scores = torch.tensor([2.0, 2.0, -2.0, -2.0])
    seen = torch.tensor([True, False, True, False])
    pushed = penalise(scores, seen, SamplingSettings(repetition_penalty=2))
    assert pushed.tolist() == [1.0, 2.0, -4.0, -2.0]


def test_the_prompt_and_what_was_drawn_are_penalised():
    settings = SamplingSettings(temperature=0, repetition_penalty=2)
    sampler = Sampler(settings, 3, torch.tensor([0]))
    assert [sampler.draw(torch.tensor([2.0, 1.5, 1.2])) for _ in range(3)] == [1, 2, 0]


def test_a_seed_repeats_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    settings = SamplingSettings(seed=5)
    assert draws(settings) == draws(settings)
    assert draws(settings) != draws(SamplingSettings(seed=6))
    assert torch.equal(before, torch.get_rng_state())
