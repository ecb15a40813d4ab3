"""A little Persian data, and recipes run in this process as a worker would run them."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext

WORDS = (
    *("می‌روم", "خانه‌ای", "کتاب‌ها", "دل", "جان", "عشق", "یار", "گل", "باغ", "شب", "ماه"),
    *("راه", "دوست", "سخن", "آتش", "باران", "دریا", "نمی‌دانم"),
)

SMALL = {
    "epochs": 2,
    "batch_size": 2,
    "sequence_length": 32,
    "learning_rate": 3e-3,
    "eval_every": 4,
    "checkpoint_every": 3,
    "precision": "fp32",
    "shape": {"vocab_size": 320, "hidden_size": 32, "layers": 2, "heads": 2},
}


def line(number: int) -> str:
    """A line of seven words that depends on its number alone."""
    return " ".join(WORDS[(number * 7 + k * (number % 5 + 1)) % len(WORDS)] for k in range(7))


@dataclass
class Attempt:
    """What one attempt said."""

    dir: Path
    result: dict[str, Any] | None = None
    events: list[tuple[EventType, dict[str, Any]]] = field(default_factory=list)

    def of(self, type: EventType) -> list[dict[str, Any]]:
        return [data for kind, data in self.events if kind is type]

    def series(self, name: str) -> list[tuple[int, float]]:
        points = self.of(EventType.METRICS)
        return [(p["step"], p["values"][name]) for p in points if name in p["values"]]


@dataclass
class Job:
    """A job folder in which attempts are run."""

    dir: Path
    recipe: str
    options: dict[str, Any]
    inputs: dict[str, Any]
    attempts: int = 0

    def run(
        self,
        *,
        stop_when: Callable[[Attempt], bool] | None = None,
        expect: type[BaseException] | None = None,
    ) -> Attempt:
        """One attempt, in this process; `stop_when` is asked after each event."""
        self.attempts += 1
        folder = self.dir / str(self.attempts)
        folder.mkdir(parents=True)
        attempt = Attempt(folder)
        stop = threading.Event()

        def emit(type: EventType, data: dict[str, Any]) -> None:
            attempt.events.append((type, json.loads(json.dumps(data))))
            if stop_when is not None and stop_when(attempt):
                stop.set()

        spec = JobSpec(
            job_id="job",
            attempt=self.attempts,
            kind=JobKind.TRAINING,
            recipe=self.recipe,
            name="آزمون",
            options=self.options,
            inputs=self.inputs,
            job_dir=str(self.dir),
        )
        module = importlib.import_module(f"jupyter_persian_ai.training.recipes.{self.recipe}")
        context = WorkerContext(spec, folder, emit, stop.is_set)
        if expect is None:
            attempt.result = module.run(context)
        else:
            with pytest.raises(expect):
                module.run(context)
        return attempt


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return ["\n".join(line(i * 3 + k) for k in range(1 + i % 4)) for i in range(40)]


@pytest.fixture(scope="session")
def text_rows(tmp_path_factory, texts) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.jsonl"
    return write_rows(path, [{"text": text} for text in texts])


@pytest.fixture(scope="session")
def pair_rows(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.jsonl"
    rows = [{"prompt": WORDS[i % len(WORDS)], "answer": line(i)} for i in range(40)]
    return write_rows(path, rows)


def inputs(path: Path, model: Path | None = None) -> dict[str, Any]:
    return {
        "dataset_path": str(path),
        "dataset_name": "شعرها",
        "dataset_sha256": "ab" * 32,
        "dataset_rows": 40,
        "model_path": str(model) if model else None,
        "model_name": "پایه" if model else "",
    }


@pytest.fixture
def pretrain_job(tmp_path, text_rows):
    def make(name: str = "job", **options: Any) -> Job:
        return Job(tmp_path / name, "pretrain", SMALL | options, inputs(text_rows))

    return make


@pytest.fixture(scope="session")
def base_model(tmp_path_factory, text_rows) -> Path:
    """A tiny model, made by the recipe itself."""
    job = Job(
        tmp_path_factory.mktemp("base"),
        "pretrain",
        SMALL | {"max_steps": 4},
        inputs(text_rows),
    )
    return Path(job.run().result["model_path"])


@pytest.fixture
def sft_job(tmp_path, pair_rows, base_model):
    def make(name: str = "job", **options: Any) -> Job:
        chosen = {key: value for key, value in SMALL.items() if key != "shape"} | options
        return Job(tmp_path / name, "sft", chosen, inputs(pair_rows, base_model))

    return make


@pytest.fixture
def continue_job(tmp_path, text_rows, base_model):
    def make(name: str = "job", **options: Any) -> Job:
        return Job(tmp_path / name, "pretrain", SMALL | options, inputs(text_rows, base_model))

    return make
