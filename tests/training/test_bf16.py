"""bf16 products with fp32 weights, on every recipe; emulated where the device has no such."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.training import attempt
from jupyter_persian_ai.training.precision import Precision


@pytest.fixture(autouse=True)
def _forced(monkeypatch):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    forced = Precision(device, torch.bfloat16, "the test wants it")
    monkeypatch.setattr(attempt, "choose_precision", lambda _: forced)


@pytest.fixture
def job_of(request):
    def make(recipe, **options):
        if recipe in {"pretrain", "sft"}:
            return request.getfixturevalue(f"{recipe}_job")(**options)
        rows = {"classify": "label_rows", "ner": "tag_rows", "dpo": "preference_rows"}[recipe]
        make_job = request.getfixturevalue("label_job")
        return make_job(recipe, request.getfixturevalue(rows), **options)

    return make


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("recipe", ["pretrain", "sft", "classify", "ner", "dpo"])
def test_every_recipe_learns_in_bf16(job_of, recipe, method):
    if recipe == "pretrain" and method == "lora":
        pytest.skip("a new model has nothing to adapt")
    attempt = job_of(recipe, method=method, max_steps=12, eval_every=100).run()
    losses = [loss for _, loss in attempt.series("loss")]
    assert len(losses) == 12
    assert all(map(math.isfinite, losses))
    assert sum(losses[-4:]) < sum(losses[:4])
    kept = load_file(Path(attempt.result["model_path"]) / "model.safetensors")
    # Weights learn and are kept in fp32: small updates would be lost in bf16.
    assert {tensor.dtype for tensor in kept.values()} == {torch.float32}
