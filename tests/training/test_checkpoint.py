"""Checkpoints: whole or absent, checked byte for byte, never run as code."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn

from jupyter_persian_ai.errors import DiskFull
from jupyter_persian_ai.training import checkpoint, durable
from jupyter_persian_ai.training.loop import seed_everything
from jupyter_persian_ai.training.optimizer import make_optimizer


def small_run():
    seed_everything(7)
    model = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 4))
    optimizer = make_optimizer(model, learning_rate=1e-2, weight_decay=0.1)
    model(torch.randn(3, 8)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    return model, optimizer


def save(folder, model, optimizer, step):
    taken = checkpoint.snapshot(
        model=model,
        optimizer=optimizer,
        state=checkpoint.TrainingState(step=step, tokens=step * 10, evaluations={"1": 2.5}),
        rng=checkpoint.RandomState.capture(),
        tokenizer=None,
    )
    return checkpoint.save_checkpoint(folder, taken)


@pytest.fixture
def job_dir(tmp_path):
    """Two checkpoints in attempt 1 and one in attempt 2."""
    model, optimizer = small_run()
    save(tmp_path / "1" / "checkpoints", model, optimizer, 10)
    save(tmp_path / "1" / "checkpoints", model, optimizer, 20)
    save(tmp_path / "2" / "checkpoints", model, optimizer, 30)
    return tmp_path


def test_everything_comes_back(tmp_path):
    model, optimizer = small_run()
    path = save(tmp_path, model, optimizer, 5)
    expected = (random.random(), np.random.rand(), torch.rand(3))
    weights = {name: p.detach().clone() for name, p in model.named_parameters()}

    other, fresh = small_run()
    for parameter in other.parameters():
        parameter.data.zero_()
    fresh = make_optimizer(other, learning_rate=1e-2, weight_decay=0.1)
    state = checkpoint.load_checkpoint(path, model=other, optimizer=fresh)
    assert state == checkpoint.TrainingState(step=5, tokens=50, evaluations={"1": 2.5})
    assert (random.random(), np.random.rand()) == expected[:2]
    assert torch.equal(torch.rand(3), expected[2])
    for name, parameter in other.named_parameters():
        assert torch.equal(parameter, weights[name])
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert optimizer.state[mine].keys() == fresh.state[theirs].keys()
        for key, value in optimizer.state[mine].items():
            assert torch.equal(value, fresh.state[theirs][key])


def test_no_file_of_a_checkpoint_is_a_pickle(job_dir):
    for path in job_dir.rglob("*"):
        if path.is_file():
            assert path.suffix in {".json", ".safetensors"}
            content = path.read_bytes()
            start = 8 if path.suffix == ".safetensors" else 0
            assert content[start : start + 1] == b"{"
            assert b"torch._utils" not in content


def test_the_newest_of_all_attempts_wins(job_dir):
    found = checkpoint.newest_valid(job_dir)
    assert found.path == job_dir / "2" / "checkpoints" / "step-00000030"
    assert found.refused == []


@pytest.mark.parametrize(
    "name", ["weights.safetensors", "optimizer.safetensors", "random.safetensors", "state.json"]
)
def test_a_truncated_checkpoint_is_refused(job_dir, name):
    newest = checkpoint.newest_valid(job_dir).path
    content = (newest / name).read_bytes()
    for cut in sorted({0, 1, len(content) // 2, len(content) - 1}):
        (newest / name).write_bytes(content[:cut])
        found = checkpoint.newest_valid(job_dir)
        assert found.path == job_dir / "1" / "checkpoints" / "step-00000020"
        assert found.refused[0][0] == newest
        assert name in found.refused[0][1]
    (newest / name).unlink()
    assert checkpoint.newest_valid(job_dir).path != newest
    (newest / name).write_bytes(content)
    assert checkpoint.newest_valid(job_dir).path == newest


def test_a_flipped_bit_is_refused(job_dir):
    newest = checkpoint.newest_valid(job_dir).path
    rng = random.Random(1)
    for path in [path for path in newest.iterdir() if path.name != "manifest.json"]:
        content = path.read_bytes()
        for _ in range(20):
            spoiled = bytearray(content)
            spoiled[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            path.write_bytes(spoiled)
            assert durable.verify(newest), path.name
        path.write_bytes(content)
    assert durable.verify(newest) == ""


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"files": 3}',
        b'{"files": {"weights.safetensors": {}}}',
        b"\xff",
    ],
)
def test_a_broken_manifest_is_refused(job_dir, manifest):
    newest = checkpoint.newest_valid(job_dir).path
    (newest / "manifest.json").write_bytes(manifest)
    assert checkpoint.newest_valid(job_dir).path != newest


def test_a_file_that_nobody_listed_is_refused(job_dir):
    newest = checkpoint.newest_valid(job_dir).path
    (newest / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert "pytorch_model.bin" in durable.verify(newest)


def test_prune_keeps_the_newest_and_the_best(job_dir):
    model, optimizer = small_run()
    save(job_dir / "3" / "checkpoints", model, optimizer, 40)
    checkpoint.prune(job_dir, keep=2, best=10)
    left = sorted(checkpoint.step_of(path) for path in job_dir.glob("*/checkpoints/step-*"))
    assert left == [10, 30, 40]


# --- a disk that fills ------------------------------------------------------------------------


class FailAfter:
    """Every write beyond the first `allowed` finds the disk full."""

    def __init__(self, allowed):
        self.left = allowed
        self.failed = False

    def spend(self):
        if self.left <= 0:
            self.failed = True
            raise OSError(errno.ENOSPC, "No space left on device")
        self.left -= 1


@pytest.fixture
def full_disk(monkeypatch):
    """Make the n-th write, sync, rename or folder of a checkpoint fail."""

    def install(allowed):
        budget = FailAfter(allowed)

        def guard(module, name):
            original = getattr(module, name)

            def spending(*args, **kwargs):
                budget.spend()
                return original(*args, **kwargs)

            monkeypatch.setattr(module, name, spending)

        guard(checkpoint, "save_file")
        guard(durable.Path, "write_text")
        guard(durable.os, "fsync")
        guard(durable.Path, "rename")
        return budget

    return install


def test_a_full_disk_at_every_single_write(job_dir, full_disk, monkeypatch):
    model, optimizer = small_run()
    for allowed in range(100):
        with monkeypatch.context():
            budget = full_disk(allowed)
            try:
                save(job_dir / "3" / "checkpoints", model, optimizer, 40)
            except DiskFull:
                failed = True
            else:
                failed = False
            monkeypatch.undo()
        newest = checkpoint.newest_valid(job_dir)
        assert newest.refused == []
        assert not list(job_dir.rglob(".staging-*"))
        if not failed:
            assert not budget.failed
            assert checkpoint.step_of(newest.path) == 40
            break
        # Only the last sync, after the rename, may fail with the new checkpoint in place.
        assert checkpoint.step_of(newest.path) in {30, 40}
        shutil.rmtree(job_dir / "3", ignore_errors=True)
    assert allowed > 8


@pytest.fixture
def tiny_disk(tmp_path):
    """A real file system of two megabytes."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount a small file system")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_really_full_disk(tiny_disk, monkeypatch):
    model, optimizer = small_run()
    folder = tiny_disk / "1" / "checkpoints"
    save(folder, model, optimizer, 1)
    # As if the space had been there when asked, and another program took it since.
    monkeypatch.setattr(durable, "free_bytes", lambda _: 1 << 40)
    big = nn.Linear(1024, 1024)
    with pytest.raises(DiskFull):
        save(folder, big, make_optimizer(big, learning_rate=1e-3, weight_decay=0), 2)
    assert checkpoint.step_of(checkpoint.newest_valid(tiny_disk).path) == 1
    assert [path.name for path in folder.iterdir()] == ["step-00000001"]


def test_too_little_space_is_refused_before_a_byte_is_written(tmp_path, monkeypatch):
    model, optimizer = small_run()
    monkeypatch.setattr(durable, "free_bytes", lambda _: 1000)
    with pytest.raises(DiskFull) as caught:
        save(tmp_path / "c", model, optimizer, 1)
    assert caught.value.details["free"] == 1000
    assert not list((tmp_path / "c").iterdir())


# --- death at any moment ----------------------------------------------------------------------

_SAVES_FOREVER = """
import sys
from pathlib import Path
import torch
from torch import nn
from jupyter_persian_ai.training import checkpoint
from jupyter_persian_ai.training.optimizer import make_optimizer

job = Path(sys.argv[1])
model = nn.Linear(64, 64)
optimizer = make_optimizer(model, learning_rate=1e-3, weight_decay=0)
model(torch.randn(2, 64)).sum().backward()
optimizer.step()
step = int(sys.argv[2])
checkpoint.sweep(job)
while True:
    step += 1
    taken = checkpoint.snapshot(
        model=model, optimizer=optimizer, state=checkpoint.TrainingState(step=step),
        rng=checkpoint.RandomState.capture(), tokenizer=None,
    )
    checkpoint.save_checkpoint(job / "1" / "checkpoints", taken)
    checkpoint.prune(job, keep=2, best=None)
    print(step, flush=True)
"""


def test_kill_9_while_saving_never_leaves_an_invalid_newest(tmp_path):
    job = tmp_path / "job"
    rng = random.Random(3)
    told = 0
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", _SAVES_FOREVER, str(job), str(told)],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        ) as child:
            for _ in range(rng.randrange(1, 12)):
                told = int(child.stdout.readline())
            time.sleep(rng.random() * 0.02)
            child.send_signal(signal.SIGKILL)
            rest = child.stdout.read().split("\n")
            told = max([told, *(int(word) for word in rest[:-1] if word)])
        found = checkpoint.newest_valid(job)
        assert found.refused == []
        # What was told to be saved is there, or something newer.
        assert checkpoint.step_of(found.path) >= told
        state = json.loads((found.path / "state.json").read_text())
        assert state["training"]["step"] == checkpoint.step_of(found.path)
    checkpoint.sweep(job)
    left = list((job / "1" / "checkpoints").iterdir())
    assert all(path.name.startswith("step-") for path in left)
