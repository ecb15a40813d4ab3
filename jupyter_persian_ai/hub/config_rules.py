"""Which model configurations are loaded at all.

Why an allow-list: `trust_remote_code=False` is no boundary. transformers CVE-2026-4372 loaded
code that a field of `config.json` named, and picklescan's history shows where deny-lists end. A
type of model is accepted when transformers itself has it as a causal language model, or when it
is an encoder that our training packs; every field that could name code or another repository is
refused wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ModelUnsafe, ModelUnsupported
from .folder import not_a_folder

#: `model_type` of causal language models that transformers holds natively.
MODEL_TYPES = frozenset(
    {
        "apertus", "bloom", "cohere", "cohere2", "falcon", "gemma", "gemma2", "gemma3",
        "gemma3_text", "gemma3n_text", "gemma4_text", "glm", "glm4", "gpt2", "gpt_bigcode",
        "gpt_neo", "gpt_neox", "gpt_oss", "gptj", "granite", "helium", "lfm2", "llama",
        "ministral", "mistral", "mixtral", "nanochat", "nemotron", "olmo", "olmo2", "olmo3",
        "opt", "phi", "phi3", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "seed_oss", "smollm3",
        "stablelm", "starcoder2", "xglm",
    }
)  # fmt: skip

#: `model_type` of encoders: what labels texts and words is trained from them.
ENCODER_TYPES = frozenset({"bert", "distilbert", "electra", "roberta", "xlm-roberta"})

#: Fields that make a loader run code of the folder or of another repository.
_CODE_FIELDS = frozenset(
    {
        "auto_map", "trust_remote_code", "custom_code", "custom_generate", "custom_pipelines",
        "custom_objects", "code_revision", "kernel_config", "use_kernels", "auto_mapping",
        "parent_library", "hub_kernels",
    }
)  # fmt: skip
_NAMES_CODE = re.compile(r"(^|_)(repo|repos|repo_id|module|kernel|kernels|plugin|script)$")
#: Fields that name a class, which loaders look up by name in transformers.
_CLASS_FIELD = re.compile(r"(_class|_class_name|^feature_extractor_type|^image_processor_type)$")
_CLASS_NAME = re.compile(r"[A-Za-z0-9_]*")
#: `attn_implementation`, `_attn_implementation_internal`, `experts_implementation`, ...
_IMPLEMENTATION = re.compile(r"_?(attn|attention|experts?|moe)_implementation")
_BUILT_IN = frozenset(
    {"eager", "sdpa", "flash_attention_2", "flex_attention", "grouped_mm", "batched_mm", ""}
)
#: Classes of decoders: the causal model's, or one with a head for labels.
_DECODER = re.compile(
    r"[A-Za-z0-9_]+(ForCausalLM|LMHeadModel|ForSequenceClassification|ForTokenClassification)"
    r"|Gemma3ForConditionalGeneration"
)
_ENCODER = re.compile(
    r"[A-Za-z0-9_]+(Model|ForMaskedLM|ForPreTraining|ForSequenceClassification"
    r"|ForTokenClassification)"
)

#: Largest believable value of what decides the size of a model before a weight is read.
LARGEST = {
    "vocab_size": 4_000_000, "hidden_size": 65_536, "n_embd": 65_536, "d_model": 65_536,
    "intermediate_size": 1_000_000, "n_inner": 1_000_000, "ffn_dim": 1_000_000,
    "num_hidden_layers": 1_000, "n_layer": 1_000, "num_layers": 1_000,
    "num_attention_heads": 2_048, "n_head": 2_048, "num_key_value_heads": 2_048,
    "head_dim": 65_536, "max_position_embeddings": 2**27, "n_positions": 2**27,
    "num_experts": 16_384, "num_local_experts": 16_384, "n_routed_experts": 16_384,
}  # fmt: skip


def check_fields(folder: Path, name: str, config: dict[str, Any]) -> None:
    """Refuse a configuration file that names code, at any depth.

    Raises:
        ModelUnsafe: the reason names the file and the field.

    """
    for field, value in _fields(config):
        if _names_code(field, value):
            raise ModelUnsafe(
                path=str(folder),
                file=name,
                field=field[:80],
                reason=f"{name} has the field “{field[:80]}”",
                reason_fa=f"{name} فیلد «{field[:80]}» دارد",
            )


def _names_code(field: str, value: Any) -> bool:
    if _IMPLEMENTATION.match(field):
        # Older versions of transformers wrote these with a built-in name, or with a flag.
        return not (value is None or isinstance(value, bool) or _built_in(value))
    if field in _CODE_FIELDS:
        return bool(value)
    if _CLASS_FIELD.search(field) and isinstance(value, str):
        return not _CLASS_NAME.fullmatch(value)
    return isinstance(value, str) and bool(value) and bool(_NAMES_CODE.search(field))


def _built_in(value: Any) -> bool:
    if isinstance(value, dict):
        return all(inner is None or _built_in(inner) for inner in value.values())
    return isinstance(value, str) and value in _BUILT_IN


def _fields(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def check_kind(folder: Path, config: dict[str, Any]) -> str:
    """The `model_type`, when it is a decoder or an encoder that we can use.

    Raises:
        ModelUnsupported: it is another kind of model, or a quantised one.
        ModelNotAFolder: a size in it is not believable.

    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type not in MODEL_TYPES | ENCODER_TYPES:
        raise ModelUnsupported(model_type=str(model_type)[:80])
    classes = config.get("architectures") or []
    names = classes if isinstance(classes, list) else [classes]
    known = _ENCODER if model_type in ENCODER_TYPES else _DECODER
    if not all(isinstance(name, str) and known.fullmatch(name) for name in names):
        raise ModelUnsupported(model_type=f"{model_type}: {', '.join(map(str, names))[:80]}")
    if config.get("is_encoder_decoder") is True:
        raise ModelUnsupported(model_type=f"{model_type}, encoder-decoder")
    if config.get("quantization_config"):
        raise ModelUnsupported(model_type=f"{model_type}, quantised")
    for field, value in _fields(config):
        largest = LARGEST.get(field)
        if largest is None or value is None:
            continue
        sizes = value if isinstance(value, list) else [value]  # some types give one per layer
        if not all(type(size) is int and 0 <= size <= largest for size in sizes):
            shown = str(value)[:40]
            raise not_a_folder(
                folder,
                f"config.json says {field} = {shown}",
                f"config.json می‌گوید {field} = {shown}",
            )
    return model_type


def number(config: dict[str, Any], *names: str) -> int:
    """The first of these sizes that the configuration, or its text part, gives; else 0."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        for name in names:
            value = part.get(name)
            if type(value) is int:
                return value
    return 0
