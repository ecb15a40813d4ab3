"""Bringing a model folder into memory: safetensors only, no code of the folder, no network."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..errors import (
    ModelNotAFolder,
    ModelUnsupported,
    PersianAIError,
    TooLittleMemory,
)
from ..hub.inspect import check_loadable
from ..persian import recipe_file
from ..persian.normaliser import Normaliser

_log = logging.getLogger(__name__)

#: Turn and text ends of known templates; a model may name only some of them as its end.
_ENDS = ("<|end_of_turn|>", "<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<turn|>")
_UNKNOWN_CONTEXT = 2048


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to write. `stop_ids` end an answer; `context_length` is in tokens.

    `normaliser` is the way of its training; None where that is not known.
    """

    model: Any
    tokenizer: Any
    context_length: int
    stop_ids: frozenset[int]
    vocabulary: int
    device: torch.device
    normaliser: Normaliser | None = None


def load_model(folder: Path) -> LoadedModel:
    """Load for inference in the number format that is fastest here.

    Raises:
        ModelNotAFolder: config, tokenizer or safetensors are missing.
        ModelUnsafe: loading it could run code; see `hub.inspect`.
        ModelUnsupported: not a causal language model that transformers knows.
        TooLittleMemory: the weights do not fit.

    """
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = _read_config(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation="sdpa",
            dtype=_choose_dtype(folder, config, device),
        )
    except (ValueError, KeyError) as error:
        raise ModelUnsupported(model_type=str(config.get("model_type", error))) from error
    except OSError as error:
        raise ModelNotAFolder(
            path=str(folder), reason=str(error), reason_fa="فایل‌های مدل در آن نیست"
        ) from error
    model.to(device).eval()
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        context_length=_context_length(model.config, tokenizer),
        stop_ids=_stop_ids(model, tokenizer),
        vocabulary=model.get_output_embeddings().weight.shape[0],
        device=device,
        normaliser=_normaliser(folder),
    )


def _normaliser(folder: Path) -> Normaliser | None:
    """That of the folder's recipe. One that is not installed here must not keep the model away."""
    recipe = recipe_file.read(folder)
    try:
        return Normaliser(recipe) if recipe else None
    except PersianAIError as error:
        _log.warning("questions stay as they are written: %s", error.body.message)
        return None


def _read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a folder that may be loaded; it may have changed since it was known."""
    check_loadable(folder)
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelNotAFolder(
            path=str(folder),
            reason=f"config.json: {error}",
            reason_fa="فایل config.json خواندنی نیست",
        ) from error
    return config


def _choose_dtype(folder: Path, config: dict[str, Any], device: torch.device) -> torch.dtype:
    """bf16 where the device computes it (decoding is bound by bytes read), else fp32.

    Emulated bf16 is several times slower than fp32, so it is only taken where fp32 does not fit.
    """
    if device.type == "cuda":
        return torch.bfloat16
    found = torch.cpu.get_capabilities()
    native = any(found.get(name) for name in ("amx_bf16", "avx512_bf16", "arm_bf16", "bf16"))
    stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    text_config = {**config, **config.get("text_config", {})}
    name = str(text_config.get("dtype") or text_config.get("torch_dtype") or "float32")
    parameters = stored // (4 if name.endswith("float32") else 2)
    free = psutil.virtual_memory().available
    if parameters * 2 > free:
        raise TooLittleMemory(needed=parameters * 2, available=free)
    if native or parameters * 4 > free:
        return torch.bfloat16
    return torch.float32


def _context_length(config: Any, tokenizer: Any) -> int:
    text_config = config.get_text_config()
    longest = getattr(text_config, "max_position_embeddings", None) or _UNKNOWN_CONTEXT
    return int(min(longest, tokenizer.model_max_length))


def _stop_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    vocabulary = tokenizer.get_vocab()
    found = {vocabulary[token] for token in _ENDS if token in vocabulary}
    for ends in (tokenizer.eos_token_id, model.config.eos_token_id, _generation_ends(model)):
        if isinstance(ends, int):
            found.add(ends)
        elif ends is not None:
            found.update(ends)
    return frozenset(found)


def _generation_ends(model: Any) -> Any:
    config = getattr(model, "generation_config", None)
    return getattr(config, "eos_token_id", None)
