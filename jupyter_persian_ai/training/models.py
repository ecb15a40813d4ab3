"""Models to train: a new small Llama, or one from a local folder, full or with adapters.

Loading is from safetensors in a local folder only, and never runs code of that folder. The
attention is the packed one of `attention`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from ..errors import ModelNotAFolder, ModelUnsafe, ModelUnsupported
from ..protocol.recipes import LoraOptions, ModelShape
from . import attention
from .estimate import intermediate_size


def new_model(shape: ModelShape, tokenizer: Any, context_length: int) -> LlamaForCausalLM:
    """A Llama of `shape` with fresh weights and tied embeddings, in fp32."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        intermediate_size=intermediate_size(shape.hidden_size),
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=context_length,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    config._attn_implementation = attention.NAME
    return LlamaForCausalLM(config)


def load_model(folder: Path, dtype: torch.dtype) -> Any:
    """The causal language model of a local folder, in `dtype`, with packed attention.

    Raises:
        ModelNotAFolder: no config or no safetensors there.
        ModelUnsafe: its config names code of its own.
        ModelUnsupported: not a causal language model that transformers knows.

    """
    refuse_custom_code(folder)
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=dtype,
            attn_implementation=attention.NAME,
        )
    except (ValueError, KeyError) as error:
        raise ModelUnsupported(model_type=str(error).split(".", maxsplit=1)[0]) from error
    except OSError as error:
        raise ModelNotAFolder(
            path=str(folder), reason=str(error), reason_fa="فایل‌های مدل در آن نیست"
        ) from error


def refuse_custom_code(folder: Path) -> None:
    """Raise `ModelUnsafe` when a JSON file of the folder points at code."""
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        path = folder / name
        if path.is_file() and '"auto_map"' in path.read_text(encoding="utf-8", errors="replace"):
            raise ModelUnsafe(path=str(folder), reason=f"{name} has auto_map")


def add_lora(model: Any, options: LoraOptions) -> Any:
    """A PEFT model around `model`, whose layers it changes in place; only adapters learn."""
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 — seconds to import, rarely used

    config = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def count_parameters(model: Any) -> int:
    """All parameters, tied ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def stored_dtype(folder: Path) -> torch.dtype:
    """The number format of a folder's weights, as its config says; fp32 when it does not."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    name = str(config.get("dtype") or config.get("torch_dtype") or "float32")
    found = getattr(torch, name.removeprefix("torch."), None)
    return found if isinstance(found, torch.dtype) else torch.float32


def within_context(model: Any, sequence_length: int) -> int:
    """`sequence_length`, or the longest that `model` has positions for if that is less."""
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(sequence_length, longest or sequence_length)
