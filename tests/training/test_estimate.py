"""The estimate is arithmetic, and near enough to what happens."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModel

from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.recipes import (
    ClassifyOptions,
    DpoOptions,
    ModelShape,
    PretrainOptions,
    SftOptions,
)
from jupyter_persian_ai.training import anatomy, attention, estimate_memory, lean, token_sample
from jupyter_persian_ai.training.anatomy import Anatomy
from jupyter_persian_ai.training.estimate import Device, Needs, estimate, needs
from jupyter_persian_ai.training.estimate_memory import Load
from jupyter_persian_ai.training.models import count_parameters, new_model
from jupyter_persian_ai.training.presets import HAFEZ_PRETRAIN, HAFEZ_SFT

GIB = 2**30
CONFIG = {
    "model_type": "llama",
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "vocab_size": 128_000,
    "intermediate_size": 5504,
}


def test_it_needs_no_torch():
    modules = ("estimate", "fitting", "gate", "presets", "probe", "rehearse", "footprint")
    names = ", ".join(f"jupyter_persian_ai.training.{name}" for name in modules)
    code = f"import sys, {names}; sys.exit(bool({{'torch', 'transformers'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Vocabulary:
    bos_token_id, eos_token_id, pad_token_id = 0, 1, 2

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


@pytest.mark.parametrize("shape", [ModelShape(), ModelShape(hidden_size=96, layers=3, heads=4)])
def test_parameters_of_a_new_model_are_exact(shape):
    told = estimate("pretrain", PretrainOptions(shape=shape), characters=1000, rows=10)
    assert told.parameters == count_parameters(new_model(shape, Vocabulary(4096), 512))


def kept_by(config: dict, positions: int) -> tuple[int, Anatomy]:
    """Values that one layer more keeps for its backward pass, counted by autograd's own hooks."""

    def saved(layers: int) -> int:
        made = AutoConfig.for_model(num_hidden_layers=layers, vocab_size=64, **config)
        made._attn_implementation = attention.NAME
        model = AutoModel.from_config(made).train()
        assert lean.slim(model)
        own = {t.untyped_storage().data_ptr() for t in [*model.parameters(), *model.buffers()]}
        seen: dict[int, int] = {}
        held = []

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                seen[storage.data_ptr()] = storage.nbytes()
                held.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            model(
                input_ids=torch.zeros(1, positions, dtype=torch.long),
                position_ids=torch.arange(positions).unsqueeze(0) % (positions // 2),
                cu_seq_lens_q=torch.tensor([0, positions // 2, positions], dtype=torch.int32),
                use_cache=False,
            )
        return sum(seen.values())

    values = (saved(3) - saved(2)) // positions // 4
    return values, anatomy.of_config({**config, "num_hidden_layers": 2})


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 160,
         "num_attention_heads": 4, "num_key_value_heads": 2},
        {"model_type": "qwen3", "hidden_size": 64, "intermediate_size": 96,
         "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 48},
        {"model_type": "gemma3_text", "hidden_size": 64, "intermediate_size": 160,
         "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 48},
    ],
    ids=lambda config: config["model_type"],
)  # fmt: skip
def test_a_layer_keeps_what_is_counted(config):
    counted, model = kept_by(config, 64)
    assert model.known
    assert model.kept() == pytest.approx(counted, rel=0.02)


def test_tokens_and_steps_from_a_sample_are_nearly_right(pretrain_job, text_rows, texts):
    job = pretrain_job()
    options = PretrainOptions.model_validate(job.options)
    vocabulary = options.shape.vocab_size
    sample = token_sample.count(
        {"path": str(text_rows), "recipe": "pretrain", "vocab_size": vocabulary}
    )
    rows, characters = len(texts), sum(map(len, texts))
    wanted = Needs("pretrain", rows, characters, sample=sample)
    told = needs(wanted, options, Device(memory=GIB, disk=GIB))
    attempt = job.run()
    line = next(
        log["message"] for log in attempt.of(EventType.LOG) if log["message"].startswith("Tokens: ")
    )
    assert told.tokens == pytest.approx(int(line.split()[1].replace(",", "")), rel=0.02)
    steps = attempt.of(EventType.PROGRESS)[-1]["total"]
    assert told.steps == pytest.approx(steps, rel=0.1)
    assert told.parameters == attempt.result["parameters"]
    assert told.certainty["tokens"].how == "measured"


def test_without_a_sample_it_says_that_it_guesses():
    told = estimate("sft", SftOptions(), characters=300_000, rows=500, model_config=CONFIG)
    assert told.certainty["tokens"].how == "guessed"
    assert told.certainty["seconds"].how == "guessed"
    assert told.certainty["memory_bytes"].how == "computed"
    strange = {**CONFIG, "model_type": "something_new"}
    told = estimate("sft", SftOptions(), characters=300_000, rows=500, model_config=strange)
    assert told.certainty["memory_bytes"].how == "guessed"


def test_the_parts_make_up_the_whole():
    told = estimate("sft", SftOptions(), characters=300_000, rows=500, model_config=CONFIG)
    assert sum(told.memory_parts.values()) == told.memory_bytes
    assert set(told.certainty) >= {"parameters", "tokens", "steps", "memory_bytes", "seconds"}


def test_lora_learns_less_and_needs_less():
    size = {"characters": 10**6, "rows": 1000, "model_config": CONFIG, "parameters": 10**9}
    full = estimate("sft", SftOptions(), **size)
    lora = estimate("sft", SftOptions(method="lora"), **size)
    assert full.trainable_parameters == full.parameters == 10**9
    assert lora.trainable_parameters < full.parameters / 20
    assert lora.memory_bytes < full.memory_bytes
    assert lora.disk_bytes < full.disk_bytes


MODEL = anatomy.of_config(CONFIG)
LOAD = Load(positions=4096, scored=4096, longest=512, trainable=MODEL.parameters)


@pytest.mark.parametrize(
    ("change", "less"),
    [
        ({"positions": 2048, "scored": 2048}, True),
        ({"checkpointing": True}, True),
        ({"scored": 16}, True),
        ({"accumulation": 4}, False),
        ({"value_bytes": 2}, True),
    ],
)
def test_what_changes_the_peak(change, less):
    before = estimate_memory.peak(MODEL, LOAD).total
    after = estimate_memory.peak(MODEL, replace(LOAD, **change)).total
    assert (after < before) is less
    assert after != before


def test_classes_hold_no_vocabulary_of_logits():
    wanted = Needs("classify", 1000, 10**5, config=CONFIG, labels=3)
    device = Device(memory=GIB, disk=GIB)
    classes = needs(wanted, ClassifyOptions(), device)
    pairs = needs(replace(wanted, recipe="dpo"), DpoOptions(), device)
    assert classes.memory_parts.get("loss", 0) < pairs.memory_parts["loss"]


def test_a_gpu_counts_only_what_torch_allocates():
    wanted = Needs("sft", 1000, 10**6, config=CONFIG)
    processor = needs(wanted, SftOptions(), Device(memory=GIB, disk=GIB))
    card = needs(wanted, SftOptions(), Device(memory=GIB, disk=GIB, kind="cuda", bf16=True))
    assert card.device == "cuda"
    assert card.precision == "bf16"
    assert "process" not in card.memory_parts
    assert card.memory_bytes < processor.memory_bytes


def test_half_the_precision_and_four_bits_hold_less():
    wanted = Needs("sft", 1000, 10**6, config=CONFIG)
    device = Device(memory=GIB, disk=GIB, kind="cuda", bf16=True)
    sizes = [
        needs(wanted, SftOptions(method=method), device).memory_parts["weights"]
        for method in ("full", "lora", "qlora")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 4


@pytest.mark.parametrize(("recipe", "preset"), [("pretrain", HAFEZ_PRETRAIN), ("sft", HAFEZ_SFT)])
def test_presets_take_minutes(recipe, preset):
    told = estimate(recipe, preset, characters=271_698, rows=495, parameters=None)
    assert told.fits
    assert 20 < told.seconds < 900


def rows_of(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("recipe", "row", "segments"),
    [
        ("pretrain", {"text": "یک متن"}, 1),
        ("pretrain", {"messages": [{"role": "user", "content": "سلام"}]}, 1),
        ("sft", {"prompt": "پرسش", "answer": "پاسخ"}, 1),
        ("sft", {"messages": [{"role": "user", "content": "س"},
                              {"role": "assistant", "content": "ج"}]}, 1),
        ("classify", {"text": "یک", "text_pair": "دو", "label": "آ"}, 1),
        ("ner", {"tokens": ["حافظ", "آمد"], "tags": ["B-PER", "O"]}, 1),
        ("dpo", {"prompt": "پ", "chosen": "خوب", "rejected": "بد"}, 2),
    ],
)  # fmt: skip
def test_every_shape_is_counted(tmp_path, recipe, row, segments):
    path = rows_of(tmp_path, [row] * 30)
    told = token_sample.count({"path": str(path), "recipe": recipe, "vocab_size": 300})
    assert told["rows"] == 30
    assert all(len(unit) == segments for unit in told["units"])
    assert all(0 < scored <= tokens for unit in told["units"] for tokens, scored in unit)


def test_a_sample_of_a_long_file_is_spread_over_it(tmp_path):
    path = rows_of(tmp_path, [{"text": "الف " * (1 + number // 100)} for number in range(5000)])
    told = token_sample.count({"path": str(path), "recipe": "pretrain", "vocab_size": 300})
    assert 300 < told["rows"] <= token_sample.ROWS
    sizes = [unit[0][0] for unit in told["units"]]
    assert sizes == sorted(sizes)
    assert max(sizes) > 5 * min(sizes)
