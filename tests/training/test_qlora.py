"""Adapters over weights of four bits, on whatever device this machine has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.errors import MethodUnavailable
from jupyter_persian_ai.protocol.recipes import SftOptions
from jupyter_persian_ai.protocol.worker import WorkStopped
from jupyter_persian_ai.training import models, work
from jupyter_persian_ai.training.precision import choose_precision
from jupyter_persian_ai.training.process import prepare_process

QLORA = {"method": "qlora", "lora": {"rank": 4, "dropout": 0.1}}


@pytest.fixture
def have_bitsandbytes():
    pytest.importorskip("bitsandbytes")


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


def falls(attempt):
    losses = [loss for _, loss in attempt.series("loss")]
    return sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.usefixtures("have_bitsandbytes")
def test_four_bits_learn_resume_to_the_bit_and_merge_into_the_plain_weights(sft_job, base_model):
    options = {**QLORA, "epochs": 3, "eval_every": 100, "gradient_checkpointing": True}
    whole = sft_job("whole", **options).run()
    job = sft_job("stopped", **options)
    first = job.run(stop_when=lambda a: len(a.series("loss")) >= 3, expect=WorkStopped)
    second = job.run()
    assert first.series("loss") + second.series("loss") == whole.series("loss")
    assert falls(whole)
    base, learned = load_file(base_model / "model.safetensors"), weights(whole)
    assert learned.keys() == base.keys()
    for name, tensor in weights(second).items():
        assert torch.equal(tensor, learned[name]), name
    name = "model.layers.0.mlp.up_proj.weight"
    change = learned[name] - base[name]
    # Of rank 4, as an adapter is: nothing of the rounding to four bits has come in.
    assert change.abs().max() > 0
    assert torch.linalg.matrix_rank(change.double(), rtol=1e-3) <= 4
    assert torch.equal(learned["model.norm.weight"], base["model.norm.weight"])
    assert whole.result["parameters"] == sum(tensor.numel() for tensor in base.values())


@pytest.mark.usefixtures("have_bitsandbytes")
@pytest.mark.parametrize("family", ["decoder", "bert"])
def test_labels_are_learned_over_four_bits(label_job, label_rows, encoder_folder, family):
    import transformers

    folder = None if family == "decoder" else encoder_folder(family)
    job = label_job("classify", label_rows, model=folder, **QLORA, epochs=6)
    attempt = job.run()
    assert falls(attempt)
    path = attempt.result["model_path"]
    kept = transformers.AutoModelForSequenceClassification.from_pretrained(path)
    assert sorted(kept.config.label2id) == ["آب", "گرم"]
    assert not hasattr(kept.config, "quantization_config")


@pytest.mark.usefixtures("have_bitsandbytes")
def test_raw_text_and_preferences_are_learned_over_four_bits(
    continue_job, label_job, preference_rows
):
    raw = continue_job(**QLORA, epochs=3, eval_every=100)
    raw.options.pop("shape")
    assert falls(raw.run())
    assert falls(label_job("dpo", preference_rows, "dpo", **QLORA, epochs=2, eval_every=100).run())


@pytest.mark.usefixtures("have_bitsandbytes")
def test_four_bits_hold_less_and_are_counted_as_the_matrices_they_are(base_model):
    prepare_process()
    here = choose_precision("fp32")
    lora, qlora = (
        models.load(base_model, SftOptions(method=method), here).model
        for method in ("lora", "qlora")
    )

    def held(model):
        return sum(p.numel() * p.element_size() for p in model.model.layers[0].mlp.parameters()
                   if not p.requires_grad)  # fmt: skip

    assert held(qlora) * 7 <= held(lora)
    one, other = work.Work.of_model(lora), work.Work.of_model(qlora)
    assert (one.body, one.head, one.factor) == (other.body, other.head, other.factor)


def test_without_the_package_it_is_said_what_to_install(sft_job, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(MethodUnavailable) as caught:
        sft_job(**QLORA).run()
    body = caught.value.body
    assert "pip install" in body.message
    assert "pip install" in body.message_fa


@pytest.mark.usefixtures("have_bitsandbytes")
def test_a_device_that_cannot_is_said_to_be_one(sft_job, monkeypatch):
    import bitsandbytes

    def broken(*_, **__):
        raise NotImplementedError("no kernel for this device")

    monkeypatch.setattr(bitsandbytes.functional, "quantize_4bit", broken)
    with pytest.raises(MethodUnavailable) as caught:
        sft_job(**QLORA).run()
    assert "no kernel" in caught.value.body.message
