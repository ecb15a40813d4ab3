"""Kill -9 at random moments, many times, and see what is left.

    python tests/soak/killing.py            the full figures: 50 resumed runs, 500 checkpoints
    python tests/soak/killing.py --resumes 5 --checkpoints 20

Every attempt is a process of its own, forked from this one after the imports, so that hundreds of
them take minutes. Ends with exit code 1 when a single round fails.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import nn

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext
from jupyter_persian_ai.training import checkpoint, durable
from jupyter_persian_ai.training.optimizer import make_optimizer
from jupyter_persian_ai.training.recipes import pretrain, sft  # noqa: F401 — before the forks

WORDS = (
    *("دل", "جان", "می‌روم", "خانه‌ای", "کتاب‌ها", "آتش"),
    *("باران", "دریا", "نمی‌دانم", "راه", "شب", "ماه"),
)
OPTIONS = {
    "epochs": 3,
    "batch_size": 2,
    "sequence_length": 32,
    "learning_rate": 3e-3,
    "gradient_accumulation": 2,
    "eval_every": 7,
    "checkpoint_every": 3,
    "precision": "fp32",
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 1, "heads": 2},
}


def forked(work: Callable[[int], None]) -> tuple[int, Any]:
    """A child that runs `work(pipe)` and ends; its process id and the pipe to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            work(writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    return child, os.fdopen(reading, "rb", buffering=0)


def attempt(job_dir: Path, number: int, rows: Path) -> Callable[[int], None]:
    """One attempt of a pretraining; each step goes into the pipe as a line."""

    def work(pipe: int) -> None:
        folder = job_dir / str(number)
        folder.mkdir(parents=True)

        def emit(type: EventType, data: dict[str, Any]) -> None:
            if type is EventType.METRICS and "loss" in data["values"]:
                line = json.dumps([data["step"], data["values"]["loss"].hex()])
                os.write(pipe, line.encode() + b"\n")

        spec = JobSpec(
            job_id="job",
            attempt=number,
            kind=JobKind.TRAINING,
            recipe="pretrain",
            name="kill",
            options=OPTIONS,
            inputs={"dataset_path": str(rows), "dataset_name": "kill", "dataset_sha256": "00"},
            job_dir=str(job_dir),
        )
        pretrain.run(WorkerContext(spec, folder, emit, lambda: False))

    return work


def losses_of(pipe: Any) -> dict[int, str]:
    """What is left in a pipe; a torn last line does not count."""
    text = b"".join(iter(lambda: pipe.read(65536), b""))
    return dict(map(json.loads, text.split(b"\n")[:-1]))


def whole_run(folder: Path, rows: Path) -> tuple[dict[int, str], bytes]:
    """Losses and weights of a run that nobody kills."""
    child, pipe = forked(attempt(folder, 1, rows))
    losses = losses_of(pipe)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the run without a kill failed")
    return losses, (folder / "1" / "model" / "model.safetensors").read_bytes()


def killed_run(
    folder: Path, rows: Path, steps: int, draw: random.Random
) -> tuple[dict[int, str], bytes, int]:
    """A run killed at one to three random moments; its losses, weights and number of kills."""
    losses: dict[int, str] = {}
    kills = draw.randint(1, 3)
    for number in range(1, kills + 2):
        child, pipe = forked(attempt(folder, number, rows))
        if number <= kills:
            for _ in range(draw.randrange(steps)):
                line = b""
                while not line.endswith(b"\n"):
                    more = pipe.read(1)
                    if not more:
                        break
                    line += more
                if not line.endswith(b"\n"):
                    break
                step, loss = json.loads(line)
                losses[step] = loss
            time.sleep(draw.random() * 0.01)
            os.kill(child, signal.SIGKILL)
        losses |= losses_of(pipe)
        code = os.waitpid(child, 0)[1]
        if code == 0:
            break
        if number > kills:
            raise SystemExit(f"the last attempt failed: {code}")
    weights = (folder / str(number) / "model" / "model.safetensors").read_bytes()
    return losses, weights, number - 1


def resumes(rounds: int, seed: int, root: Path) -> int:
    """`rounds` killed runs against one that was not; how many differed."""
    rows = root / "rows.jsonl"
    text = [
        {"text": " ".join(WORDS[(i * 7 + k) % len(WORDS)] for k in range(9))} for i in range(60)
    ]
    rows.write_text("".join(json.dumps(row) + "\n" for row in text), encoding="utf-8")
    wanted, weights = whole_run(root / "whole", rows)
    draw = random.Random(seed)
    bad = kills = 0
    for number in range(rounds):
        folder = root / f"run-{number}"
        losses, found, killed = killed_run(folder, rows, len(wanted), draw)
        kills += killed
        if losses != wanted or found != weights:
            bad += 1
            steps = [step for step in wanted if losses.get(step) != wanted[step]]
            print(f"round {number}: differs at steps {steps[:5]}, weights {found == weights}")
        shutil.rmtree(folder)
    print(f"{rounds} resumed runs of {len(wanted)} steps, {kills} kills: {bad} not bit-equal")
    return bad


def saves(job: Path, step: int) -> Callable[[int], None]:
    """Checkpoints for ever, as fast as the disk takes them; each step is told when it is done."""

    def work(pipe: int) -> None:
        model = nn.Linear(96, 96)
        optimizer = make_optimizer(model, learning_rate=1e-3, weight_decay=0)
        model(torch.randn(2, 96)).sum().backward()
        optimizer.step()
        now = step
        while True:
            now += 1
            taken = checkpoint.snapshot(
                model=model,
                optimizer=optimizer,
                state=checkpoint.TrainingState(step=now),
                rng=checkpoint.RandomState.capture(),
                tokenizer=None,
            )
            checkpoint.save_checkpoint(job / "1" / "checkpoints", taken)
            checkpoint.prune(job, keep=2, best=None)
            os.write(pipe, f"{now}\n".encode())

    return work


def checkpoints(rounds: int, seed: int, root: Path) -> int:
    """`rounds` kills while checkpoints are written; how often the newest was not whole.

    Every tenth round the newest is truncated or has a bit flipped afterwards: it must be refused,
    and the one before it found.
    """
    job = root / "saving"
    draw = random.Random(seed)
    told = bad = spoiled = 0
    for number in range(rounds):
        child, pipe = forked(saves(job, told))
        first = pipe.read(1)
        time.sleep(draw.random() * 0.06)
        os.kill(child, signal.SIGKILL)
        rest = first + b"".join(iter(lambda: pipe.read(65536), b""))  # noqa: B023 — used at once
        os.waitpid(child, 0)
        told = max([told, *(int(line) for line in rest.split(b"\n")[:-1])])
        found = checkpoint.newest_valid(job)
        if found.refused or found.path is None or checkpoint.step_of(found.path) < told:
            bad += 1
            print(f"round {number}: told {told}, found {found}")
        elif number % 10 == 9:
            spoiled += 1
            bad += not spoil_and_refuse(job, found.path, draw)
        checkpoint.sweep(job)
    print(f"{rounds} kills while saving, {spoiled} damaged on purpose: {bad} failed")
    return bad


def spoil_and_refuse(job: Path, newest: Path, draw: random.Random) -> bool:
    """Damage the newest checkpoint; whether it is refused and the one before is used."""
    before = sorted(job.glob("*/checkpoints/step-*"))[-2:]
    files = [path for path in newest.iterdir() if path.is_file()]
    victim = draw.choice(files)
    content = bytearray(victim.read_bytes())
    if draw.random() < 0.5:
        content = content[: draw.randrange(len(content))]
    else:
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    victim.write_bytes(content)
    found = checkpoint.newest_valid(job)
    right = found.path is not None and found.path == before[0] and len(before) == 2
    durable.set_aside(newest)
    return right


def main() -> int:
    """Run both; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resumes", type=int, default=50)
    parser.add_argument("--checkpoints", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1405)
    asked = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="killing-"))
    try:
        bad = resumes(asked.resumes, asked.seed, root) if asked.resumes else 0
        bad += checkpoints(asked.checkpoints, asked.seed, root) if asked.checkpoints else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
