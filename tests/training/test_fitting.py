"""What makes a run fit: the smallest change, the dial, and what the gate says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_persian_ai.protocol.recipes import (
    ClassifyOptions,
    ModelShape,
    PretrainOptions,
    SftOptions,
)
from jupyter_persian_ai.training import fitting, gate
from jupyter_persian_ai.training.estimate import Device, Needs, needs
from jupyter_persian_ai.training.gate import Libraries
from jupyter_persian_ai.training.notes import both

GIB = 2**30
DEVICE = Device(memory=16 * GIB, disk=100 * GIB, measured=True)
SFT = Needs(
    "sft",
    5000,
    5_000_000,
    config={
        "model_type": "llama",
        "hidden_size": 1024,
        "num_hidden_layers": 12,
        "num_attention_heads": 16,
        "vocab_size": 64_000,
        "intermediate_size": 2816,
    },
)
NEW = Needs("pretrain", 5000, 5_000_000)


def effective(options):
    sequences = options.batch_size * options.gradient_accumulation
    return sequences * options.sequence_length


def fits_with(wanted, options, memory):
    device = replace(DEVICE, memory=memory)
    change = fitting.smallest_change(wanted, options, device)
    assert change is not None
    changed = fitting.patched(options, change)
    assert needs(wanted, changed, device).fits
    assert effective(changed) == effective(options)
    return change


def test_first_comes_a_smaller_batch():
    options = SftOptions(batch_size=32, sequence_length=1024)
    needed = needs(SFT, options, DEVICE).memory_bytes
    change = fits_with(SFT, options, int(needed * 0.8))
    assert set(change) == {"batch_size", "gradient_accumulation"}
    assert change["batch_size"] * change["gradient_accumulation"] == 32


def test_then_inner_values_are_computed_again():
    options = SftOptions(batch_size=1, sequence_length=4096)
    needed = needs(SFT, options, DEVICE).memory_bytes
    least = needs(SFT, SftOptions(**{**options.model_dump(), "gradient_checkpointing": True}),
                  DEVICE).memory_bytes  # fmt: skip
    assert least < needed
    change = fits_with(SFT, options, int(least * 1.15))
    assert change == {"gradient_checkpointing": True}


def test_an_adapter_is_the_last_resort():
    options = SftOptions(batch_size=1, sequence_length=64, gradient_checkpointing=True)
    lora = needs(SFT, fitting.patched(options, {"method": "lora"}), DEVICE).memory_bytes
    change = fits_with(SFT, options, int(lora * 1.3))
    assert change["method"] == "lora"


@pytest.mark.parametrize("batch", [7, 12, 1])
def test_any_batch_keeps_its_effective_size(batch):
    options = SftOptions(batch_size=batch, sequence_length=2048, gradient_accumulation=3)
    needed = needs(SFT, options, DEVICE).memory_bytes
    fits_with(SFT, options, int(needed * 0.7))


def test_what_nothing_mends_is_said():
    options = PretrainOptions(shape=ModelShape(hidden_size=16_384, layers=128, heads=128))
    assert fitting.smallest_change(NEW, options, DEVICE) is None
    estimate = needs(NEW, options, DEVICE)
    refused = gate.refusing(gate.checks(NEW, options, DEVICE, estimate, Libraries()))
    assert refused.code == "memory"
    assert refused.change is None
    assert "smaller model" in refused.mend.en
    assert refused.mend.fa


def test_a_new_model_is_never_given_an_adapter():
    options = PretrainOptions(batch_size=64, shape=ModelShape(hidden_size=2048, layers=24))
    change = fitting.smallest_change(NEW, options, replace(DEVICE, memory=2 * GIB))
    assert change is None or "method" not in change


def test_the_dial_keeps_the_effective_batch_and_says_why():
    options = SftOptions(batch_size=64, sequence_length=1024, precision="bf16")
    fit = fitting.fit_machine(SFT, options, DEVICE)
    changed = fitting.patched(options, fit.change)
    assert fit.estimate.fits
    assert effective(changed) == effective(options)
    assert changed.precision == "auto"
    told = {choice.option: choice for choice in fit.chosen}
    assert {"batch_size", "gradient_accumulation", "precision", "gradient_checkpointing"} <= {*told}
    assert all(choice.why.en and choice.why.fa for choice in fit.chosen)
    for option, choice in told.items():
        assert getattr(changed, option) == choice.value


def test_the_dial_needs_no_change_twice():
    options = SftOptions(batch_size=64, sequence_length=1024)
    fit = fitting.fit_machine(SFT, options, DEVICE)
    again = fitting.fit_machine(SFT, fitting.patched(options, fit.change), DEVICE)
    assert again.change == {}


def test_the_dial_turns_to_less_when_it_must():
    options = SftOptions(batch_size=8, sequence_length=2048)
    fit = fitting.fit_machine(SFT, options, replace(DEVICE, memory=3 * GIB))
    assert fit.change["gradient_checkpointing"] is True
    assert fit.change["method"] == "lora"
    assert fit.estimate.fits


def test_when_even_one_segment_runs_out_of_memory():
    options = SftOptions(sequence_length=256)
    steps = []
    while (change := fitting.relief(options, continues=True)) is not None:
        steps.append(next(iter(change)))
        options = fitting.patched(options, change)
    assert steps == ["gradient_checkpointing", "method", "sequence_length", "sequence_length"]


def checked(wanted, options, device=DEVICE, libraries=None):
    estimate = needs(wanted, options, device)
    found = gate.checks(wanted, options, device, estimate, libraries or Libraries())
    return {check.code: check for check in found}


def test_a_run_that_can_start_passes_everything():
    found = checked(SFT, SftOptions(sequence_length=1024, batch_size=2))
    assert [check.ok for check in found.values()] == [True] * len(found)
    assert all(c.title.fa and c.cause.fa and c.cause.en for c in found.values())


def test_qlora_without_its_package():
    found = checked(SFT, SftOptions(method="qlora"))["options"]
    assert found.ok is False
    assert found.change == {"method": "lora"}
    there = checked(SFT, SftOptions(method="qlora"), libraries=Libraries(bitsandbytes=True))
    assert there["options"].ok is True


def test_more_devices_than_there_are():
    found = checked(SFT, SftOptions(devices=64))["options"]
    assert (found.ok, found.change) == (False, {"devices": 1})
    tried = replace(DEVICE, cores=4)
    found = checked(SFT, SftOptions(devices=2), device=tried)["options"]
    assert (found.ok, found.change) == (None, {"devices": 1})


def test_a_format_that_the_device_lacks_is_only_told():
    found = checked(SFT, SftOptions(precision="bf16"))["options"]
    assert (found.ok, found.change) == (None, {"precision": "auto"})


def test_an_encoder_does_not_write():
    encoder = replace(SFT, config={**SFT.config, "model_type": "bert"})
    assert checked(encoder, SftOptions())["model"].ok is False
    classes = replace(encoder, recipe="classify", labels=3)
    assert checked(classes, ClassifyOptions())["model"].ok is True


def test_one_label_is_nothing_to_learn():
    one = replace(SFT, recipe="classify", labels=1)
    assert checked(one, ClassifyOptions())["data"].ok is False


def test_rows_that_are_cut_are_told_with_a_longer_sequence():
    sample = {"units": [[[900, 800]]] * 10 + [[[50, 20]]] * 10, "rows": 20, "vocabulary": 64_000,
              "whole": True}  # fmt: skip
    found = checked(replace(SFT, sample=sample), SftOptions(sequence_length=256))["data"]
    assert (found.ok, found.change) == (None, {"sequence_length": 512})
    lost = {**sample, "units": [[[900, 20]]] * 20}
    found = checked(replace(SFT, sample=lost), SftOptions(sequence_length=256))["data"]
    assert (found.ok, found.change) == (False, {"sequence_length": 512})


def test_checkpoints_that_the_disk_does_not_hold():
    options = SftOptions(keep_checkpoints=50)
    found = checked(SFT, options, replace(DEVICE, disk=30 * GIB))["disk"]
    assert found.ok is False
    assert found.change == {"keep_checkpoints": 2}


def test_numbers_are_in_the_digits_of_the_language():
    note = both("2.5 of fp32", "حدود 2.5 از fp32 در 12 گام")
    assert note.en == "2.5 of fp32"
    assert note.fa == "حدود ۲٫۵ از fp32 در ۱۲ گام"
