"""What a run does when memory runs out, the loss goes astray, or it no longer gets better."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.errors import DiskFull, TooLittleMemory, TrainingDiverged
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.worker import WorkStopped
from jupyter_persian_ai.training import checkpoint, durable, fit, saving, shortage, symptoms
from jupyter_persian_ai.training.objectives import Language


def notices(attempt):
    return [(data["code"], data["step"]) for data in attempt.of(EventType.NOTICE)]


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


# --- memory ------------------------------------------------------------------------------------


@pytest.fixture
def short_of_memory(monkeypatch):
    """Forward passes of more than so many positions find no memory."""

    def install(most):
        original = Language.loss

        def loss(self, model, batch, precision):
            if batch.positions > most and model.training:
                torch.rand(1)  # the failed try has drawn numbers
                # Really asked of the allocator, which really refuses.
                torch.empty(1 << 60)
            return original(self, model, batch, precision)

        monkeypatch.setattr(Language, "loss", loss)

    return install


def test_out_of_memory_makes_smaller_micro_batches_of_the_same_step(pretrain_job, short_of_memory):
    options = {"batch_size": 8, "max_steps": 6, "keep_best": False}
    wanted = pretrain_job("whole", **options).run()
    short_of_memory(100)
    attempt = pretrain_job("short", **options).run()
    assert notices(attempt) == [("out_of_memory", 0), ("out_of_memory", 0)]
    message = attempt.of(EventType.NOTICE)[0]["message"]
    assert "256" in message["en"]
    assert "128" in message["fa"]
    losses = [loss for _, loss in attempt.series("loss")]
    assert losses == pytest.approx([loss for _, loss in wanted.series("loss")], rel=1e-5)
    found = weights(attempt)
    for name, tensor in weights(wanted).items():
        assert torch.allclose(found[name], tensor, atol=2e-5)


def test_what_does_not_fit_at_all_is_said(pretrain_job, short_of_memory):
    short_of_memory(3)
    attempt = pretrain_job("none").run(expect=TooLittleMemory)
    assert len(notices(attempt)) >= 1


def test_a_smaller_micro_batch_is_kept_when_the_run_resumes(pretrain_job, short_of_memory):
    job = pretrain_job("job", batch_size=8, max_steps=8)
    with pytest.MonkeyPatch.context() as patch:
        original = Language.loss

        def loss(self, model, batch, precision):
            if batch.positions > 100 and model.training:
                torch.empty(1 << 60)
            return original(self, model, batch, precision)

        patch.setattr(Language, "loss", loss)
        job.run(stop_when=lambda a: len(a.series("loss")) == 3, expect=WorkStopped)
    found = checkpoint.newest_valid(job.dir)
    state = json.loads((found.path / "state.json").read_text())
    assert state["training"]["micro_positions"] == 64
    assert notices(job.run()) == []
    newest = checkpoint.newest_valid(job.dir).path
    assert newest != found.path
    state = json.loads((newest / "state.json").read_text())
    assert state["training"]["micro_positions"] == 64


def test_a_kill_for_memory_makes_the_next_attempt_smaller(pretrain_job, monkeypatch):
    job = pretrain_job("job", batch_size=8, max_steps=4)

    class Killed(BaseException):
        pass

    def kill(attempt):
        if len(attempt.series("loss")) == 2:
            raise Killed
        return False

    job.run(stop_when=kill, expect=Killed)
    # A kill leaves this file behind; ending in order removes it.
    assert not (job.dir / "1" / "memory.json").exists()
    shortage.begin(job.dir / "1", 256)
    second = job.run(stop_when=kill, expect=Killed)
    assert notices(second) == []
    before = shortage.kills()
    shortage.begin(job.dir / "2", 256)
    monkeypatch.setattr(shortage, "kills", lambda: before + 1)
    third = job.run()
    assert notices(third)[0][0] == "out_of_memory"
    assert "128" in third.of(EventType.NOTICE)[0]["message"]["en"]


def test_the_kernels_own_count_is_read(tmp_path, monkeypatch):
    stat, events = tmp_path / "vmstat", tmp_path / "memory.events"
    stat.write_text("pgfault 12\noom_kill 3\n")
    events.write_text("low 0\noom 5\noom_kill 2\noom_group_kill 0\n")
    monkeypatch.setattr(shortage, "_COUNTS", (stat, events, tmp_path / "absent"))
    assert shortage.kills() == 5


_TRAINS_WITHIN = """
import json, resource, sys
import torch
from pathlib import Path
from jupyter_persian_ai.training import shortage
torch.set_num_threads(1)
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), resource.RLIM_INFINITY))
try:
    torch.ones(1 << 30)
except Exception as error:
    print(type(error).__name__, shortage.is_shortage(error))
try:
    bytearray(1 << 32)
except MemoryError as error:
    print(shortage.is_shortage(error))
print(shortage.is_shortage(ValueError("allocate memory")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of data are Linux's")
def test_real_refusals_of_memory_are_known():
    done = subprocess.run(
        [sys.executable, "-c", _TRAINS_WITHIN, str(2 << 30)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["RuntimeError", "True", "True", "False"]


# --- the loss ----------------------------------------------------------------------------------


def spoil(monkeypatch, steps):
    """Make the loss of these optimiser steps no number."""
    original = fit.train_step
    count = 0

    def step(model, optimizer, objective, *args, **kwargs):
        nonlocal count
        count += 1

        class Spoiled(Language):
            def loss(self, model, batch, precision):
                return super().loss(model, batch, precision) * math.nan

        aim = Spoiled(objective._loss) if count in steps else objective
        return original(model, optimizer, aim, *args, **kwargs)

    monkeypatch.setattr(fit, "train_step", step)


def test_a_loss_that_is_no_number_ends_the_run(pretrain_job, monkeypatch):
    spoil(monkeypatch, {3})
    attempt = pretrain_job().run(expect=TrainingDiverged)
    assert notices(attempt) == [("nan", 3)]


def test_a_loss_that_is_no_number_is_left_out_where_asked(pretrain_job, monkeypatch):
    spoil(monkeypatch, {3, 5})
    attempt = pretrain_job(stop_on_divergence=False, max_steps=8).run()
    assert notices(attempt) == [("nan", 3), ("nan", 5)]
    losses = dict(attempt.series("loss"))
    assert math.isnan(losses[3])
    assert math.isfinite(losses[8])
    assert all(torch.isfinite(tensor).all() for tensor in weights(attempt).values())


def test_even_patience_has_an_end(pretrain_job, monkeypatch):
    spoil(monkeypatch, set(range(3, 100)))
    attempt = pretrain_job(stop_on_divergence=False, epochs=4).run(expect=TrainingDiverged)
    assert len(notices(attempt)) == 10


@pytest.mark.parametrize("stops", [True, False])
def test_a_loss_that_runs_away_is_noticed(pretrain_job, stops):
    options = {
        "learning_rate": 1.0, "warmup_ratio": 0.5, "epochs": 8, "max_grad_norm": 1000.0,
        "weight_decay": 0.0, "stop_on_divergence": stops,
    }  # fmt: skip
    attempt = pretrain_job(**options).run(expect=TrainingDiverged if stops else None)
    assert "divergence" in {code for code, _ in notices(attempt)}


def state_of(losses):
    state = checkpoint.TrainingState()
    state.evaluations = {str(step): loss for step, loss in enumerate(losses, 1)}
    return state


def test_divergence_is_told_once_until_it_comes_back():
    state = checkpoint.TrainingState()
    told = []
    for step, loss in enumerate([3.0] * 40 + [9.0] * 20 + [1.0] * 40 + [9.0] * 20, 1):
        state.step = step
        if symptoms.observe(state, loss):
            told.append(step)
    assert len(told) == 2
    assert 40 < told[0] < 60
    assert told[1] > 100


def test_noise_is_no_divergence():
    state = checkpoint.TrainingState()
    rng = np.random.default_rng(1)
    for step in range(1, 2000):
        state.step = step
        assert not symptoms.observe(state, 2.0 + 0.4 * rng.standard_normal())


def test_plateau_and_patience():
    assert symptoms.on_plateau(state_of([5, 4, 3, 3.001, 3.002, 3.0, 3.003]))
    assert not symptoms.on_plateau(state_of([5, 4.0, 3.9, 3.8, 3.7]))
    assert not symptoms.on_plateau(state_of([3, 3, 3]))
    assert symptoms.without_improvement(state_of([5, 4, 4.5, 4.2])) == 2
    assert symptoms.without_improvement(state_of([5, 4, 3])) == 0


def test_early_stopping_gives_the_best_weights(pretrain_job):
    options = {"epochs": 40, "learning_rate": 1e-2, "eval_every": 10, "eval_fraction": 0.3}
    job = pretrain_job(early_stopping=2, **options)
    attempt = job.run()
    assert notices(attempt)[-1][0] == "early_stopping"
    evaluations = dict(attempt.series("eval_loss"))
    best = min(evaluations, key=evaluations.get)
    figures = attempt.result["figures"]
    assert figures["result_step"] == best
    assert figures["steps"] == best + 20
    assert figures["eval_loss"] == figures["best_eval_loss"] == evaluations[best]
    kept = load_file(checkpoint.of_step(job.dir, best) / "weights.safetensors")
    found = weights(attempt)
    assert all(torch.equal(found[name], kept[name]) for name in found)


def test_the_last_weights_where_asked(pretrain_job):
    options = {"epochs": 10, "learning_rate": 1e-2, "eval_every": 10, "eval_fraction": 0.3}
    figures = pretrain_job(keep_best=False, **options).run().result["figures"]
    assert figures["result_step"] == figures["steps"]


# --- checkpoints beside the training ----------------------------------------------------------


def test_checkpoints_by_the_clock(pretrain_job):
    options = {"checkpoint_every": 1000, "keep_best": False, "max_steps": 12}
    often = pretrain_job("often", checkpoint_minutes=1e-6, **options).run()
    rare = pretrain_job("rare", checkpoint_minutes=10_000, **options).run()
    assert len(often.of(EventType.CHECKPOINT)) == 12
    assert [data["step"] for data in rare.of(EventType.CHECKPOINT)] == [12]
    assert often.series("loss") == rare.series("loss")


def test_training_goes_on_while_a_checkpoint_is_written(pretrain_job, monkeypatch):
    original = checkpoint.save_checkpoint
    going, seen = threading.Event(), []

    def slowly(folder, taken):
        seen.append(threading.current_thread().name)
        going.wait(60)
        return original(folder, taken)

    monkeypatch.setattr(checkpoint, "save_checkpoint", slowly)
    whole = {}

    def watch(attempt):
        if len(attempt.series("loss")) == 5 and not whole:
            whole["during"] = list(attempt.of(EventType.CHECKPOINT))
            going.set()
        return False

    attempt = pretrain_job(checkpoint_every=4, max_steps=6, keep_best=False).run(stop_when=watch)
    assert whole["during"] == []
    assert seen[0] == "checkpoint"
    job_dir = attempt.dir.parent
    kept = load_file(checkpoint.of_step(job_dir, 4) / "weights.safetensors")
    last = load_file(checkpoint.of_step(job_dir, 6) / "weights.safetensors")
    assert any(not torch.equal(kept[name], last[name]) for name in kept)


def test_without_room_for_a_copy_it_is_written_at_once(pretrain_job, monkeypatch):
    monkeypatch.setattr(saving, "_SHARE", 0.0)
    names = []
    original = checkpoint.save_checkpoint

    def save(folder, taken):
        names.append(threading.current_thread().name)
        return original(folder, taken)

    monkeypatch.setattr(checkpoint, "save_checkpoint", save)
    pretrain_job(max_steps=4).run()
    assert set(names) == {threading.main_thread().name}


def test_a_full_disk_in_the_thread_ends_the_run_with_its_name(pretrain_job, monkeypatch):
    job = pretrain_job(max_steps=12, checkpoint_every=4, keep_best=False)

    def fill(attempt):
        if len(attempt.series("loss")) == 6:
            monkeypatch.setattr(durable, "free_bytes", lambda _: 0)
        return False

    job.run(stop_when=fill, expect=DiskFull)
    assert checkpoint.step_of(checkpoint.newest_valid(job.dir).path) == 4


def test_gradient_checkpointing_changes_no_loss(continue_job):
    plain = continue_job("plain", max_steps=5).run()
    saved = continue_job("saved", max_steps=5, gradient_checkpointing=True).run()
    assert [x for _, x in saved.series("loss")] == pytest.approx(
        [x for _, x in plain.series("loss")], rel=1e-6
    )


def test_memory_and_utilisation_are_told(pretrain_job):
    attempt = pretrain_job(max_steps=3).run()
    memory = attempt.series("memory_bytes")
    assert len(memory) == 3
    assert 0 < memory[0][1] < psutil.virtual_memory().total
    assert all(0 < share < 1.5 for _, share in attempt.series("mfu"))
