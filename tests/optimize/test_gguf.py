"""GGUF files: llama.cpp loads them, cuts texts as the tokenizer does, and writes the same."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from jupyter_persian_ai.errors import ExportUnsupported, TokenizerUnsupported
from jupyter_persian_ai.optimize import export, gguf_pretokenizers

pytest.importorskip("xllamacpp", reason="llama.cpp for Python is not installed")

PROMPT = "که عشق آسان نمود اول ولی"
STEPS = 10


def llama_cpp(file: Path, requests: list[dict]) -> list:
    """What llama.cpp answers to each request."""
    script = Path(__file__).with_name("llama_cpp.py")
    done = subprocess.run(
        [sys.executable, str(script), str(file)],
        input="".join(json.dumps(one) + "\n" for one in requests),
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [
        json.loads(line.removeprefix("ANSWER "))
        for line in done.stdout.splitlines()
        if line.startswith("ANSWER ")
    ]
    assert len(answers) == len(requests), done.stderr[-3000:]
    return answers


def exported(work, folder: Path, form: str) -> Path:
    options = {"model_id": "m", "format": "gguf", "gguf_type": form}
    result = work(export.run, options, model_path=folder, model_name="مدلِ من", license="mit")
    (file,) = result["files"]
    assert work.progress[-1]["done"] == work.progress[-1]["total"]
    return Path(result["path"]) / file["name"]


def reference(folder: Path) -> tuple:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def greedy(model, ids: list[int]) -> list[int]:
    with torch.no_grad():
        out = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=STEPS,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
    return out[0, len(ids) :].tolist()


def asked(ids: list[int], count: int, whole: int) -> dict:
    """A request for the distribution of the token that follows `ids`.

    It is told with a token that is a whole character only, so `whole` is made to be chosen; what
    is told is from before that.
    """
    return {
        "prompt": ids,
        "n_predict": 1,
        "n_probs": count,
        "logit_bias": [[whole, 1000.0]],
        "cache_prompt": False,
    }


def told(answer: dict) -> dict[int, float]:
    (content,) = answer["completion_probabilities"]
    return {one["id"]: one["logprob"] for one in content["top_logprobs"]}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("llama", {}),
        ("llama", {"tie_word_embeddings": False, "attention_bias": True}),
        (
            "llama",
            {
                "rope_parameters": {
                    "rope_type": "llama3",
                    "rope_theta": 10000.0,
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 32,
                }
            },
        ),
        ("qwen2", {}),
        ("qwen3", {}),
        ("gemma3_text", {}),
    ],
    ids=["llama", "llama-untied-bias", "llama3-rope", "qwen2", "qwen3", "gemma3"],
)
def test_llama_cpp_writes_what_transformers_writes(make_model, gemma_like, work, kind, config):
    own = gemma_like if kind == "gemma3_text" else None
    folder = make_model(kind, tokenizer=own, **config)
    file = exported(work, folder, "f32")
    model, tokenizer = reference(folder)
    ids = tokenizer(PROMPT)["input_ids"]
    written = greedy(model, ids)
    whole = ids + written
    sign = tokenizer.convert_tokens_to_ids("a")
    requests = [
        {"tokenize": PROMPT, "special": True},
        {
            "prompt": PROMPT,
            "n_predict": STEPS,
            "temperature": 0,
            "ignore_eos": True,
            "return_tokens": True,
        },
        *(asked(whole[: len(ids) + step], 40, sign) for step in range(STEPS)),
    ]
    cut, answer, *answers = llama_cpp(file, requests)
    assert cut == ids
    assert answer["tokens"] == written
    with torch.no_grad():
        scores = model(torch.tensor([whole])).logits[0].log_softmax(-1)
    # llama.cpp looks gelu up in a table of fp16.
    near = 2e-2 if kind == "gemma3_text" else 2e-3
    for step, one in enumerate(answers):
        wanted = scores[len(ids) + step - 1]
        for token, logprob in told(one).items():
            assert logprob == pytest.approx(wanted[token].item(), abs=near), f"step {step}"


def test_number_formats_stay_near(llama, work):
    model, tokenizer = reference(llama)
    ids = tokenizer(PROMPT + " افتاد مشکل‌ها و در دل‌ها")["input_ids"]
    rows, sign = model.config.vocab_size, tokenizer.convert_tokens_to_ids("a")
    with torch.no_grad():
        scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    places = range(len(ids) - 8, len(ids))
    wanted = -sum(scores[place - 1][ids[place]].item() for place in places) / len(places)
    sizes = {}
    for form, allowed in (("f16", 0.01), ("bf16", 0.05), ("q8_0", 0.1)):
        file = exported(work, llama, form)
        sizes[form] = file.stat().st_size
        answers = llama_cpp(file, [asked(ids[:place], rows, sign) for place in places])
        got = -sum(
            told(answer)[ids[place]] for place, answer in zip(places, answers, strict=True)
        ) / len(places)
        assert abs(math.exp(got - wanted) - 1) < allowed, form
    assert sizes["q8_0"] < sizes["f16"] == sizes["bf16"]


def test_the_words_of_both_kinds_of_tokenizers(make_model, gemma_like, work):
    """Every sample sentence, cut by llama.cpp itself; what it is expected to cut otherwise, too."""
    for own in (None, gemma_like):
        folder = make_model("llama", tokenizer=own)
        file = exported(work, folder, "f16")
        _, tokenizer = reference(folder)
        cuts = llama_cpp(file, [{"tokenize": text} for text in gguf_pretokenizers.SENTENCES])
        wanted = [
            tokenizer(text, add_special_tokens=False)["input_ids"]
            for text in gguf_pretokenizers.SENTENCES
        ]
        wrong = [place for place, cut in enumerate(cuts) if cut != wanted[place]]
        if own is not None:
            assert wrong == []
            continue
        core = json.loads(tokenizer.backend_tokenizer.to_str())
        assert len(wrong) == gguf_pretokenizers.choose(core).sentences
        half_spaces = [p for p, text in enumerate(gguf_pretokenizers.SENTENCES) if "\u200c" in text]
        assert half_spaces
        assert not set(wrong) & set(half_spaces), "a half-space stays within its word"


def test_the_chat_template_goes_along(make_model, gemma_like, work):
    folder = make_model("gemma3_text", tokenizer=gemma_like)
    file = exported(work, folder, "f16")
    turns = [{"role": "user", "content": "سلام"}]
    (prompt,) = llama_cpp(file, [{"template": turns}])
    _, tokenizer = reference(folder)
    whole = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    # llama.cpp puts the beginning before a prompt by itself.
    assert whole == f"<bos>{prompt}"


def test_what_is_said_of_the_file(llama, work):
    from gguf import GGUFReader

    file = exported(work, llama, "q8_0")
    fields = GGUFReader(file).fields
    assert fields["general.name"].contents() == "مدلِ من"
    assert fields["general.license"].contents() == "mit"
    assert fields["general.architecture"].contents() == "llama"
    assert file.name == "مدل-من-q8_0.gguf"


def test_what_fp16_cannot_hold_stays_wider(make_model, work):
    from safetensors.torch import load_file, save_file

    folder = make_model("llama")
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.0.mlp.up_proj.weight"][0, 0] = 1e5
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    from gguf import GGUFReader

    kinds = {
        one.name: one.tensor_type.name for one in GGUFReader(exported(work, folder, "f16")).tensors
    }
    assert kinds["blk.0.ffn_up.weight"] == "F32"
    assert kinds["blk.1.ffn_up.weight"] == "F16"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("llama", {"hidden_act": "relu"}),
        ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0}),
        ("gemma3_text", {"query_pre_attn_scalar": 7}),
        ("gemma3_text", {"layer_types": ["full_attention"] * 7}),
        ("llama", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 2.0}}),
    ],
)
def test_what_llama_cpp_would_do_otherwise_is_refused(make_model, work, kind, change):
    folder = make_model(kind)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ExportUnsupported):
        exported(work, folder, "f16")
    assert not (work.job_dir / "export").exists()


def test_a_tokenizer_without_bytes_is_refused(make_model, work):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.WordLevel(unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.train_from_iterator(
        iter(["یک دو سه"] * 3), trainers.WordLevelTrainer(special_tokens=["<unk>", "<s>", "</s>"])
    )
    words = PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    with pytest.raises(TokenizerUnsupported):
        exported(work, make_model("llama", tokenizer=words), "f16")


def test_merges_that_are_not_those_of_sentencepiece_are_refused(make_model, gemma_like, work):
    """llama.cpp joins whatever makes a token, so a pair that is never joined would be."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    core = json.loads(gemma_like.backend_tokenizer.to_str())
    core["model"]["merges"] = core["model"]["merges"][::2]
    own = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(core)), bos_token="<bos>", eos_token="<eos>"
    )
    with pytest.raises(TokenizerUnsupported):
        exported(work, make_model("llama", tokenizer=own), "f16")
