"""A rehearsal leaves no trace in the run, and a rehearsal alone tells what a run would take."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.jobs import confined
from jupyter_persian_ai.training import fit as fitting
from jupyter_persian_ai.training import footprint, rehearsal
from jupyter_persian_ai.training.rehearsal import largest_step


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


def same(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


LORA = {"method": "lora", "lora": {"rank": 4, "alpha": 8, "dropout": 0.3}}


@pytest.mark.parametrize(
    "options",
    [{}, {"gradient_accumulation": 3}, LORA],
    ids=["full", "accumulation", "dropout"],
)
def test_a_rehearsed_run_is_bit_equal(monkeypatch, pretrain_job, continue_job, options):
    make = continue_job if "method" in options else pretrain_job
    rehearsed = []

    def noted(run):
        rehearsed.append(rehearsal.rehearse(run))
        return rehearsed[-1]

    monkeypatch.setattr(fitting, "rehearse", noted)
    one = make("with", **options).run()
    monkeypatch.setattr(fitting, "rehearse", lambda run: None)
    other = make("without", **options).run()
    assert len(rehearsed) == 1
    assert rehearsed[0].tokens > 0
    assert rehearsed[0].peak_memory_bytes > 0
    assert rehearsed[0].seconds_per_step > 0
    assert one.series("loss") == other.series("loss")
    same(weights(one), weights(other))
    # The rehearsal saw the model as it began.
    assert rehearsed[0].loss == pytest.approx(one.series("loss")[0][1], rel=0.2)


def test_nothing_of_it_stays(monkeypatch, pretrain_job):
    seen = []

    def inspected(run):
        before = {name: p.detach().clone() for name, p in run.model.named_parameters()}
        rates = [group["lr"] for group in run.optimizer.param_groups]
        generator = torch.get_rng_state()
        rehearsal.rehearse(run)
        assert all(torch.equal(p, before[name]) for name, p in run.model.named_parameters())
        assert all(p.grad is None for p in run.model.parameters())
        assert not run.optimizer.state
        assert [group["lr"] for group in run.optimizer.param_groups] == rates
        assert torch.equal(torch.get_rng_state(), generator)
        seen.append(run)

    monkeypatch.setattr(fitting, "rehearse", inspected)
    pretrain_job(max_steps=2).run()
    assert seen


def test_moments_that_are_there_are_left_alone(monkeypatch, pretrain_job):
    def twice(run):
        for parameter in run.model.parameters():
            parameter.grad = torch.ones_like(parameter)
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
        before = [v.clone() for s in run.optimizer.state.values() for v in s.values()]
        rehearsal.rehearse(run)
        after = [v for s in run.optimizer.state.values() for v in s.values()]
        assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "rehearse", twice)
    pretrain_job(max_steps=2).run(expect=KeyboardInterrupt)


class Lengths:
    def __init__(self, lengths):
        self.lengths = np.asarray(lengths)


def test_the_largest_step_is_rehearsed():
    corpus = Lengths([5, 8, 7, 30, 2, 2])
    batches = [np.asarray(b) for b in ([0], [1], [2, 4], [3], [5])]
    assert [b.tolist() for b in largest_step(corpus, batches, 1)] == [[3]]
    # Of four micro-batches the two largest, the largest last.
    assert [b.tolist() for b in largest_step(corpus, batches, 4)] == [[2, 4], [3]]


def payload(tmp_path, text_rows, **options):
    shape = {"vocab_size": 320, "hidden_size": 32, "layers": 2, "heads": 2}
    return {
        "folder": str(tmp_path / "rehearsal"),
        "recipe": "pretrain",
        "options": {"batch_size": 2, "sequence_length": 32, "shape": shape} | options,
        "inputs": {"dataset_path": str(text_rows), "tokens_dir": str(tmp_path / "tokens")},
    }


def test_one_step_in_a_process_of_its_own(tmp_path, text_rows):
    told = confined.call(
        "jupyter_persian_ai.training.rehearse:one_step",
        payload(tmp_path, text_rows, epochs=2),
        memory_bytes=1 << 46,
        seconds=120,
    )
    assert told["fits"] is True
    assert told["memory_bytes"] > 50 * 2**20
    assert told["seconds_per_step"] > 0
    assert told["steps"] > 1
    assert told["loss"] == pytest.approx(np.log(320), rel=0.1)
    assert told["dataset_tokens"] > told["tokens"] > 0


def test_memory_that_runs_out_is_an_answer(tmp_path, text_rows):
    large = {"vocab_size": 320, "hidden_size": 1024, "layers": 8, "heads": 8}
    asked = payload(tmp_path, text_rows, shape=large)
    code = (
        "import json, sys\n"
        "from jupyter_persian_ai.training import footprint, rehearse\n"
        "footprint.available_bytes = lambda: 300 * 2**20\n"
        "print(json.dumps(rehearse.one_step(json.load(sys.stdin))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["fits"] is False


def test_a_new_peak_begins_where_the_process_stands():
    code = (
        "from jupyter_persian_ai.training import footprint\n"
        "block = bytearray(200 * 2**20)\n"
        "high = footprint.peak_resident_bytes()\n"
        "del block\n"
        "footprint.forget_peak()\n"
        "print(high - footprint.peak_resident_bytes() > 150 * 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sys.platform.startswith("linux"))
    assert footprint.peak_resident_bytes() >= footprint.resident_bytes() > 0
