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


@pytest.fixture
def conversation_job(tmp_path, base_model):
    """Conversations of two exchanges; one of the thirty cannot be used."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": WORDS[i % 9]},
                {"role": "assistant", "content": line(i)},
                {"role": "user", "content": WORDS[i % 7]},
                {"role": "assistant", "content": line(i + 1)},
            ]
        }
        for i in range(30)
    ]
    rows[7]["messages"] = rows[7]["messages"][:1]

    def make(name: str = "job", **options: Any) -> Job:
        chosen = {key: value for key, value in SMALL.items() if key != "shape"} | options
        path = write_rows(tmp_path / "rows.jsonl", rows)
        chosen["sequence_length"] = 128
        return Job(tmp_path / name, "sft", chosen, inputs(path, base_model))

    return make


# --- labels ------------------------------------------------------------------------------------


def label_row(number: int, *, pair: bool = False) -> dict[str, str]:
    """A text whose label is whether it speaks of the sea or of fire."""
    word, label = (("دریا", "آب"), ("آتش", "گرم"), ("باران", "آب"))[number % 3]
    row = {"text": f"{line(number)} {word}", "label": label}
    return {"text": row["text"], "text_pair": line(number + 1), "label": label} if pair else row


def tag_row(number: int) -> dict[str, list[str]]:
    """Words of which «یار دوست» is a person and «خانه‌ای» a place."""
    words = line(number).split()
    words[number % 5 : number % 5] = ["یار", "دوست"] if number % 2 else ["خانه‌ای"]
    tags = ["O"] * len(words)
    for at, word in enumerate(words):
        if word == "خانه‌ای":
            tags[at] = "B-LOC"
        elif word == "یار":
            tags[at] = "B-PER"
        elif word == "دوست":
            tags[at] = "I-PER" if at and words[at - 1] == "یار" else "B-PER"
    return {"tokens": words, "tags": tags}


@pytest.fixture(scope="session")
def label_rows(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "rows.jsonl"
    return write_rows(path, [label_row(number) for number in range(60)])


@pytest.fixture(scope="session")
def pair_label_rows(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "rows.jsonl"
    return write_rows(path, [label_row(number, pair=True) for number in range(60)])


@pytest.fixture(scope="session")
def tag_rows(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tags") / "rows.jsonl"
    return write_rows(path, [tag_row(number) for number in range(60)])


@pytest.fixture(scope="session")
def preference_rows(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("preferences") / "rows.jsonl"
    rows = [
        {"prompt": WORDS[i % len(WORDS)], "chosen": line(i), "rejected": line(i)[::-1]}
        for i in range(40)
    ]
    return write_rows(path, rows)


def _encoder_config(family: str, vocabulary: int) -> Any:
    import transformers

    size = {
        "vocab_size": vocabulary,
        "max_position_embeddings": 80,
        "num_labels": 2,
        "pad_token_id": 0,
    }
    if family == "distilbert":
        return transformers.DistilBertConfig(**size, dim=32, n_layers=2, n_heads=2, hidden_dim=48)
    wide = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 48,
    }  # fmt: skip
    made = {
        "bert": transformers.BertConfig,
        "roberta": transformers.RobertaConfig,
        "xlm-roberta": transformers.XLMRobertaConfig,
        "electra": transformers.ElectraConfig,
    }[family]
    extra = {"embedding_size": 32} if family == "electra" else {}
    return made(**size, **wide, **extra)


ENCODERS = ("bert", "roberta", "xlm-roberta", "electra", "distilbert")


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory, texts):
    """A tiny encoder of a family, with a tokenizer that wraps texts as BERT's does."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    core.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special)
    )
    core.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]",
    )  # fmt: skip

    def make(family: str) -> Path:
        folder = tmp_path_factory.mktemp("encoder") / family
        torch.manual_seed(3)
        model = transformers.AutoModelForSequenceClassification.from_config(
            _encoder_config(family, len(tokenizer))
        )
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(4)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture
def label_job(tmp_path, base_model):
    """Jobs of `classify`, `ner` and `dpo`."""

    def make(recipe: str, rows: Path, name: str = "job", model: Path | None = None, **options: Any):
        chosen = {key: value for key, value in SMALL.items() if key != "shape"} | options
        return Job(tmp_path / name, recipe, chosen, inputs(rows, model or base_model))

    return make
