"""Runs on several devices: what they learn, stop, resume, and how they end.

On a machine without GPUs the ranks are processes on the processor, and all else is the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from safetensors.torch import load_file

from jupyter_persian_ai.errors import RankDied, TooFewDevices
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkStopped
from jupyter_persian_ai.training import checkpoint
from jupyter_persian_ai.training.corpus import Corpus
from jupyter_persian_ai.training.dealing import deal
from jupyter_persian_ai.training.world import World


def weights(attempt):
    return load_file(Path(attempt.result["model_path"]) / "model.safetensors")


def close(one, other):
    assert [step for step, _ in one] == [step for step, _ in other]
    values = zip(one, other, strict=True)
    assert all(abs(a - b) < 2e-4 * max(1, abs(b)) for (_, a), (_, b) in values), (one, other)


def assert_close_weights(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=1e-3, atol=3e-4)


def stop_after(steps):
    return lambda attempt: len(attempt.series("loss")) >= steps


def ranks():
    return [p for p in psutil.Process().children(recursive=True) if _is_rank(p)]


def _is_rank(process):
    try:
        return "jupyter_persian_ai.training.rank" in process.cmdline()
    except psutil.Error:
        return False


@pytest.mark.slow
def test_two_devices_learn_what_one_does_and_share_checkpoints_with_it(pretrain_job):
    options = {"gradient_accumulation": 3, "epochs": 3}
    whole = pretrain_job("whole", **options).run()
    job = pretrain_job("shared", **options, devices=2)
    first = job.run(stop_when=stop_after(2), expect=WorkStopped)
    done = len(first.series("loss"))
    assert 2 <= done < len(whole.series("loss"))
    assert checkpoint.step_of(checkpoint.newest_valid(job.dir).path) == done
    assert not ranks()
    job.options = {**job.options, "devices": 1}
    second = job.run()
    assert any(f"from step {done}" in log["message"] for log in second.of(EventType.LOG))
    for name in ("loss", "eval_loss", "grad_norm"):
        close(first.series(name) + second.series(name), whole.series(name))
    assert_close_weights(weights(second), weights(whole))


@pytest.mark.slow
def test_a_run_of_one_device_goes_on_with_two_and_merges_its_adapter(sft_job):
    options = {"method": "lora", "lora": {"rank": 4}, "gradient_checkpointing": True}
    options |= {"eval_every": 100, "checkpoint_every": 100}
    whole = sft_job("whole", **options).run()
    job = sft_job("shared", **options)
    first = job.run(stop_when=stop_after(2), expect=WorkStopped)
    job.options = {**job.options, "devices": 2}
    second = job.run()
    for name in ("loss", "eval_loss"):
        close(first.series(name) + second.series(name), whole.series(name))
    assert_close_weights(weights(second), weights(whole))
    assert second.result["figures"]["result_step"] == whole.result["figures"]["result_step"]
    assert not ranks()


@pytest.mark.slow
def test_a_killed_rank_ends_the_attempt_and_the_others(pretrain_job):
    job = pretrain_job(devices=2, epochs=500)
    handler = signal.getsignal(signal.SIGTERM)

    def kill(attempt):
        if len(attempt.series("loss")) == 4:
            os.kill(max(process.pid for process in ranks()), signal.SIGKILL)
        return False

    threads = threading.active_count()
    job.run(stop_when=kill, expect=RankDied)
    assert not ranks()
    assert signal.getsignal(signal.SIGTERM) is handler
    assert threading.active_count() == threads


def test_more_devices_than_there_are_is_said(pretrain_job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(TooFewDevices) as caught:
        pretrain_job(devices=2).run()
    assert caught.value.body.message_fa


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("batches", [1, 2, 3, 7])
@pytest.mark.parametrize("together", [1, 2])
def test_every_segment_is_dealt_once_and_all_ranks_make_as_many_passes(size, batches, together):
    draw = np.random.default_rng(size)
    stops = np.cumsum(draw.integers(2, 30, 14 * together))
    corpus = Corpus(
        tokens=np.zeros(stops[-1], np.uint32),
        starts=np.concatenate([[0], stops[:-1]]),
        stops=stops,
        rows=np.arange(len(stops)) // together,
        together=together,
    )
    planned = np.array_split(np.arange(14), batches)
    planned = [(part[:, None] * together + np.arange(together)).reshape(-1) for part in planned]
    worlds = [World() for _ in range(size)]
    for rank, world in enumerate(worlds):
        world.rank, world.size = rank, size
    dealt = [deal(corpus, planned, world, 64) for world in worlds]
    assert len({len(passes) for passes in dealt}) == 1
    counted = [part for passes in dealt for part, counts in passes if counts]
    assert sorted(np.concatenate(counted).tolist()) == list(range(14 * together))
    for part in counted:
        assert corpus.lengths[part].sum() <= 64
        assert (part.reshape(-1, together)[:, 0] % together == 0).all()


FULL = """
import os, sys
if "jupyter_persian_ai.training.rank" in " ".join(sys.orig_argv) and os.environ["RANK"] == "1":
    import torch
    from jupyter_persian_ai.training.objectives import Language

    original, passes = Language.loss, []

    def loss(self, model, batch, precision):
        passes.append(batch.positions)
        if model.training and len(passes) > 5 and batch.positions > 70:
            torch.empty(1 << 60)  # really asked of the allocator, which really refuses
        return original(self, model, batch, precision)

    Language.loss = loss
"""


@pytest.mark.slow
def test_a_rank_without_memory_makes_all_begin_again_with_less(pretrain_job, tmp_path, monkeypatch):
    options = {"batch_size": 8, "max_steps": 7, "eval_every": 100, "checkpoint_every": 2}
    whole = pretrain_job("whole", **options).run()
    (tmp_path / "sitecustomize.py").write_text(FULL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    attempt = pretrain_job("short", **options, devices=2).run()
    assert [notice["code"] for notice in attempt.of(EventType.NOTICE)] == ["out_of_memory"]
    assert any("Resuming from step 4" in log["message"] for log in attempt.of(EventType.LOG))
    close(attempt.series("loss"), whole.series("loss"))  # each step told once


@pytest.mark.slow
def test_no_rank_outlives_its_worker(pretrain_job, tmp_path):
    job = pretrain_job(devices=2, epochs=500)
    folder = job.dir / "1"
    folder.mkdir(parents=True)
    spec = JobSpec(
        job_id="job",
        attempt=1,
        kind=JobKind.TRAINING,
        recipe="pretrain",
        name="آزمون",
        options=job.options,
        inputs=job.inputs,
        job_dir=str(job.dir),
    )
    (folder / "spec.json").write_text(spec.model_dump_json(), "utf-8")
    command = [sys.executable, "-P", "-m", "jupyter_persian_ai.jobs.worker", str(folder)]
    worker = subprocess.Popen(command, cwd=folder, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        points = folder / "metrics.bin"
        while not (points.exists() and points.stat().st_size) and time.monotonic() < deadline:
            assert worker.poll() is None, (folder / "worker.log").read_text("utf-8")
            time.sleep(0.1)
        started = ranks()
        assert len(started) == 2
    finally:
        worker.kill()
        worker.wait()
    _, alive = psutil.wait_procs(started, timeout=30)
    assert not alive
