"""The estimate is arithmetic, and near enough to what happens."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.recipes import ModelShape, PretrainOptions, SftOptions
from jupyter_persian_ai.training.estimate import estimate
from jupyter_persian_ai.training.models import count_parameters, new_model
from jupyter_persian_ai.training.presets import HAFEZ_PRETRAIN, HAFEZ_SFT


def test_it_needs_no_torch():
    code = (
        "import sys, jupyter_persian_ai.training.estimate, jupyter_persian_ai.training.presets;"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Vocabulary:
    bos_token_id, eos_token_id, pad_token_id = 0, 1, 2

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


@pytest.mark.parametrize("shape", [ModelShape(), ModelShape(hidden_size=96, layers=3, heads=4)])
def test_parameters_of_a_new_model_are_exact(shape):
    told = estimate("pretrain", PretrainOptions(shape=shape), characters=1000, rows=10)
    assert told.parameters == count_parameters(new_model(shape, Vocabulary(4096), 512))


def test_tokens_and_steps_are_near(pretrain_job, texts):
    job = pretrain_job()
    options = PretrainOptions.model_validate(job.options)
    told = estimate("pretrain", options, characters=sum(map(len, texts)), rows=len(texts))
    attempt = job.run()
    steps = attempt.of(EventType.PROGRESS)[-1]["total"]
    assert steps / 2 < told.steps < steps * 2


def test_lora_learns_less_and_needs_less():
    config = {"hidden_size": 2048, "num_hidden_layers": 16, "vocab_size": 128_000}
    size = {"characters": 10**6, "rows": 1000, "model_config": config, "parameters": 10**9}
    full = estimate("sft", SftOptions(), **size)
    lora = estimate("sft", SftOptions(method="lora"), **size)
    assert full.trainable_parameters == full.parameters == 10**9
    assert lora.trainable_parameters < full.parameters / 20
    assert lora.memory_bytes < full.memory_bytes
    assert lora.disk_bytes < full.disk_bytes


def test_what_cannot_fit_is_said_in_both_languages():
    told = estimate("sft", SftOptions(), characters=1000, rows=10, parameters=10**12)
    assert not told.fits
    assert told.notes
    assert all(note.en and note.fa for note in told.notes)


@pytest.mark.parametrize(("recipe", "preset"), [("pretrain", HAFEZ_PRETRAIN), ("sft", HAFEZ_SFT)])
def test_presets_take_minutes(recipe, preset):
    told = estimate(recipe, preset, characters=271_698, rows=495, parameters=None)
    assert told.fits
    assert 20 < told.seconds < 900
