"""A tiny model made by our own recipe, and a real engine process around it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext
from jupyter_persian_ai.training.recipes import pretrain, sft

SECRET = "a-secret-of-this-process"
LINES = [
    "می‌روم به خانه‌ای که دل جان است",
    "یار گل باغ شب ماه راه دوست",
    "نمی‌دانم سخن آتش باران دریا",
    "کتاب‌ها عشق دوست ماه می‌روم",
]
OPTIONS = {
    "epochs": 1,
    "batch_size": 2,
    "sequence_length": 64,
    "learning_rate": 3e-3,
    "precision": "fp32",
    "max_steps": 30,
}


def _silent(_type, _data):
    pass


def train(module, folder: Path, rows: list[dict[str, str]], options, model=None) -> Path:
    data = folder / "rows.jsonl"
    folder.mkdir(parents=True)
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    attempt = folder / "1"
    attempt.mkdir()
    spec = JobSpec(
        job_id="j",
        attempt=1,
        kind=JobKind.TRAINING,
        recipe="x",
        name="tiny",
        options=OPTIONS | options,
        inputs={"dataset_path": str(data), "model_path": str(model) if model else None},
        job_dir=str(folder),
    )
    context = WorkerContext(spec, attempt, _silent, lambda: False)
    return Path(module.run(context)["model_path"])


@pytest.fixture(scope="session")
def written_model(tmp_path_factory) -> Path:
    """A model that has only read text; its context is 512 tokens."""
    torch.set_num_threads(1)
    rows = [{"text": "\n".join(LINES[i % 4 :] + LINES[: i % 4])} for i in range(60)]
    shape = {"vocab_size": 320, "hidden_size": 64, "layers": 2, "heads": 2}
    return train(pretrain, tmp_path_factory.mktemp("m") / "p", rows, {"shape": shape})


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory, written_model) -> Path:
    """The same, after it learned to answer."""
    rows = [{"prompt": LINES[i % 4][:10], "answer": LINES[i % 4]} for i in range(60)]
    options = {"max_steps": 120, "learning_rate": 1e-2, "epochs": 20}
    return train(sft, tmp_path_factory.mktemp("m") / "s", rows, options, written_model)


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory) -> Path:
    """Fresh weights, one token a byte, and no token that ends an answer."""
    folder = tmp_path_factory.mktemp("m") / "endless"
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE({char: i for i, char in enumerate(alphabet)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=core).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=16_384,
        bos_token_id=None,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@dataclass
class EngineProcess:
    """A running engine and how to reach it."""

    process: subprocess.Popen
    port: int
    log: Path

    def client(self, secret: str = SECRET) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=60,
            trust_env=False,
        )

    def wait(self, *states: str) -> dict:
        deadline = time.monotonic() + 90
        with self.client() as client:
            while time.monotonic() < deadline:
                health = client.get("/health").json()
                if health["state"] in states:
                    return health
                time.sleep(0.05)
        raise AssertionError(health)


def start(folder: Path, log: Path) -> EngineProcess:
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_persian_ai.inference.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    asked = {"model_path": str(folder), "secret": SECRET, "threads": 1}
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    process.stdin.flush()
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "the engine did not say its port"
    return EngineProcess(process, json.loads(process.stdout.readline())["port"], log)


def end(engine: EngineProcess) -> None:
    with engine.process as process:
        process.stdin.close()
        process.wait(30)


@pytest.fixture(scope="module")
def engine(chat_model, tmp_path_factory):
    running = start(chat_model, tmp_path_factory.mktemp("log") / "engine.log")
    running.wait("ready")
    yield running
    end(running)


@pytest.fixture
def start_engine(tmp_path):
    started = []

    def begin(folder: Path) -> EngineProcess:
        started.append(start(folder, tmp_path / f"engine{len(started)}.log"))
        return started[-1]

    yield begin
    for engine in started:
        end(engine)
