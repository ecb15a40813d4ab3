"""Small models of the kinds that are exported, made on the spot, and a worker's context."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobKind, JobSpec
from jupyter_persian_ai.protocol.worker import WorkerContext
from jupyter_persian_ai.training.tokenizer import train_tokenizer

TEXTS = [
    "الا یا ایها الساقی ادر کاسا و ناولها",
    "که عشق آسان نمود اول ولی افتاد مشکل‌ها",
    "به بوی نافه‌ای کاخر صبا زان طره بگشاید",
    "ز تاب جعد مشکینش چه خون افتاد در دل‌ها",
    "می‌شود گفت که ۱۲ تا ۱۳۵۷ سال گذشت، hello world! 2024",
] * 4


@dataclass
class Work:
    """One call of a job's function, with what it reported."""

    job_dir: Path
    events: list[tuple[EventType, dict[str, Any]]] = field(default_factory=list)
    stop_after: int | None = None

    def __call__(self, run, options, **inputs):
        folder = self.job_dir / "1"
        folder.mkdir(parents=True, exist_ok=True)
        spec = JobSpec(
            job_id="job1",
            attempt=1,
            kind=JobKind.MODEL,
            recipe="test",
            name="test",
            options=options,
            inputs={key: str(value) for key, value in inputs.items()}
            | {"base_names": ["پایه"], "disk_reserve_bytes": 0}
            | {"models_dir": str(self.job_dir.parent / "models")},
            job_dir=str(self.job_dir),
        )
        context = WorkerContext(
            spec=spec,
            attempt_dir=folder,
            emit=self._emit,
            should_stop=lambda: (
                self.stop_after is not None and len(self.progress) >= self.stop_after
            ),
        )
        return run(context)

    def _emit(self, type, data):
        self.events.append((type, data))

    @property
    def progress(self):
        return [data for kind, data in self.events if kind is EventType.PROGRESS]


@pytest.fixture
def work(tmp_path):
    """Calls a job's function in this process."""
    return Work(tmp_path / "jobs" / "job1")


def _config(kind: str, vocabulary: int, **more: Any) -> Any:
    import transformers

    shape = {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 2,
    } | more
    names = {
        "llama": "LlamaConfig",
        "qwen2": "Qwen2Config",
        "qwen3": "Qwen3Config",
        "gemma3_text": "Gemma3TextConfig",
    }
    if kind in {"qwen3", "gemma3_text"}:
        shape["head_dim"] = 32
    if kind == "gemma3_text":
        shape |= {"sliding_window": 16, "query_pre_attn_scalar": 32, "num_hidden_layers": 7}
    return getattr(transformers, names[kind])(**shape)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    """`make_model("llama", dtype=..., **config)` gives a folder with model and tokenizer."""

    def make(kind="llama", *, dtype=torch.float32, tokenizer=None, shard="5GB", seed=0, **config):
        from transformers import AutoModelForCausalLM

        own = tokenizer or train_tokenizer(iter(TEXTS), 400, 128)
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(_config(kind, len(own) + 7, **config))
        with torch.no_grad():  # far from alike, so that a wrong tensor is seen in the words
            for name, parameter in model.named_parameters():
                scale = 0.3 if parameter.dim() > 1 else 0.2
                draw = torch.randn_like(parameter) * scale
                offset = 1.0 if parameter.dim() == 1 and "gemma" not in kind else 0.0
                parameter.copy_(draw + (offset if "bias" not in name else 0.0))
        folder = tmp_path_factory.mktemp(kind) / "model"
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        own.save_pretrained(folder)
        return folder

    return make


def _all_merges(model):
    """Every pair that makes a token, in the order in which the tokens were learned.

    That is what a SentencePiece model becomes: there a pair is joined because of what it makes.
    """
    made = list(dict.fromkeys(left + right for left, right in model["merges"]))
    vocabulary = model["vocab"]
    return [
        [token[:cut], token[cut:]]
        for token in made
        for cut in range(1, len(token))
        if token[:cut] in vocabulary and token[cut:] in vocabulary
    ]


@pytest.fixture(scope="session")
def gemma_like():
    """A tokenizer as Gemma's: characters, bytes to fall back on, spaces as signs, one beginning."""
    from tokenizers import (
        AddedToken,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    core.normalizer = normalizers.Replace(" ", "▁")
    core.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    core.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    byte_tokens = [f"<0x{number:02X}>" for number in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        min_frequency=2,
        special_tokens=[*special, *byte_tokens],
        show_progress=False,
    )
    core.train_from_iterator(iter([*TEXTS, *["    "] * 40]), trainer)
    told = json.loads(core.to_str())
    # Bytes are tokens like others: only what is special is looked for in a text.
    told["added_tokens"] = [one for one in told["added_tokens"] if one["id"] < len(special)]
    told["model"]["merges"] = _all_merges(told["model"])
    core = Tokenizer.from_str(json.dumps(told))
    core.add_tokens([AddedToken("\n\n", normalized=False), AddedToken("▁▁", normalized=False)])
    core.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template="{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m['role'] }}\n"
        "{{ m['content'] }}<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
    )


@pytest.fixture(scope="session")
def llama(make_model):
    """A Llama with our own tokenizer, fp32."""
    return make_model("llama")
