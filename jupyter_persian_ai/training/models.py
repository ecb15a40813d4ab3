"""Models to train: a new small Llama, or one from a local folder, full or with adapters.

Loading is from safetensors in a local folder only, and never runs code of that folder. The
attention is the packed one of `attention`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    LlamaConfig,
    LlamaForCausalLM,
)

from ..errors import MethodUnavailable, ModelNotAFolder, ModelUnsupported
from ..hub.inspect import check_loadable
from ..protocol.recipes import AdaptedOptions, LoraOptions, ModelShape
from . import attention, lean, shortage
from .checkpoint import trained_parameters
from .estimate import intermediate_size
from .precision import Precision
from .world import here

#: Which head a model has.
Kind = Literal["causal", "sequence", "token"]
_CLASSES: dict[Kind, Any] = {
    "causal": AutoModelForCausalLM,
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
}
#: What the layers between a body and its classes are called.
_CLASS_HEADS = ["score", "classifier", "pre_classifier", "pooler"]
_TASKS: dict[Kind, str] = {"causal": "CAUSAL_LM", "sequence": "SEQ_CLS", "token": "TOKEN_CLS"}


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
    model = LlamaForCausalLM(config)
    lean.slim(model)
    return model


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready to be trained.

    `adapted` is the PEFT model around `model` when only an adapter learns, else None; `dtype` is
    the format that the result is written in; `sequence_length` is what was asked for within what
    the model has positions for; `base` is the folder it came from.
    """

    model: Any
    adapted: Any | None
    dtype: torch.dtype
    parameters: int
    sequence_length: int
    base: Path | None = None
    kind: Kind = "causal"


def load(
    folder: Path,
    options: AdaptedOptions,
    precision: Precision,
    *,
    kind: Kind = "causal",
    labels: Sequence[str] = (),
) -> Loaded:
    """The model of a local folder, full or with a fresh adapter, on the run's device.

    Args:
        folder: with config and safetensors.
        options: method, adapter and sequence length.
        precision: device and format.
        kind: which head it has: the language's, one for whole texts, one for each token.
        labels: of the head, in order.

    Raises:
        ModelNotAFolder: no config or no safetensors there.
        ModelUnsafe: loading it could run code; see `hub.inspect`.
        ModelUnsupported: not a model of this kind that transformers knows.
        MethodUnavailable: weights of four bits cannot be had here.

    """
    # Weights that learn are fp32 whatever the folder holds: bf16 would lose small updates.
    dtype = precision.dtype if options.adapter else torch.float32
    extra: dict[str, Any] = {}
    if labels:
        extra |= _labels(labels)
    if options.method == "qlora":
        extra["quantization_config"] = four_bits(precision, kind)
        extra["device_map"] = {"": precision.device}
    model = load_model(folder, dtype, kind=kind, **extra)
    parameters = stored_parameters(folder) if options.method == "qlora" else count_parameters(model)
    adapted = add_lora(model, options.lora, kind=kind) if options.adapter else None
    if options.method == "qlora":
        _let_go_of_file(model)
    else:
        here().place(model, precision.device)
    return Loaded(
        model=model,
        adapted=adapted,
        dtype=stored_dtype(folder),
        parameters=parameters,
        sequence_length=within_context(model, options.sequence_length),
        base=folder,
        kind=kind,
    )


def _labels(labels: Sequence[str]) -> dict[str, Any]:
    """What makes a head for `labels`."""
    return {
        "num_labels": len(labels),
        # A folder that tells other labels apart gets a fresh head.
        "ignore_mismatched_sizes": True,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def load_model(folder: Path, dtype: torch.dtype, *, kind: Kind = "causal", **extra: Any) -> Any:
    """The model of a local folder, in `dtype`, with packed attention.

    Raises:
        ModelNotAFolder: no config or no safetensors there.
        ModelUnsafe: loading it could run code; see `hub.inspect`.
        ModelUnsupported: not a model of this kind that transformers knows.

    """
    check_loadable(folder, tokenizer=False)
    try:
        model = _CLASSES[kind].from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=dtype,
            attn_implementation=attention.NAME,
            **extra,
        )
    except (ValueError, KeyError) as error:
        raise ModelUnsupported(model_type=str(error).split(".", maxsplit=1)[0]) from error
    except OSError as error:
        raise ModelNotAFolder(
            path=str(folder), reason=str(error), reason_fa="فایل‌های مدل در آن نیست"
        ) from error
    lean.slim(model)
    return model


def four_bits(precision: Precision, kind: Kind) -> Any:
    """The quantisation of QLoRA (Dettmers et al., 2023): NF4, constants quantised too.

    Heads stay as they are: those of classes are fresh and learn, and transformers keeps that of
    the language by itself.

    Raises:
        MethodUnavailable: bitsandbytes is not there, or does not work on this machine.

    """
    try:
        import bitsandbytes  # noqa: PLC0415 — an extra that few machines have
        from transformers import BitsAndBytesConfig  # noqa: PLC0415

        data = torch.randn(64, 64, device=precision.device)
        packed, state = bitsandbytes.functional.quantize_4bit(data, quant_type="nf4")
        back = bitsandbytes.functional.dequantize_4bit(packed, state)
        if back.shape != data.shape or not torch.isfinite(back).all():
            raise RuntimeError("4-bit weights do not come back")  # noqa: TRY301
    except ImportError as error:
        raise MethodUnavailable(
            method="qlora",
            reason="the package bitsandbytes is not installed (pip install "
            "'jupyter_persian_ai[qlora]')",
            reason_fa="بستهٔ bitsandbytes نصب نیست (pip install 'jupyter_persian_ai[qlora]')",
        ) from error
    except (RuntimeError, AttributeError, OSError, NotImplementedError) as error:
        raise MethodUnavailable(
            method="qlora",
            reason=f"bitsandbytes does not work on this device ({error})",
            reason_fa=f"bitsandbytes روی این دستگاه کار نمی‌کند ({error})",
        ) from error
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=precision.dtype,
        llm_int8_skip_modules=None if kind == "causal" else [rf"(.*\.)?{h}" for h in _CLASS_HEADS],
    )


def _let_go_of_file(model: Any) -> None:
    """Copy what was not quantised, lest a norm keep a file of all weights in memory."""
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point() and tensor.device.type == "cpu":
            tensor.data = tensor.data.clone()
    shortage.release()


def merged(model: Any, loaded: Loaded) -> Any:
    """The plain model with its adapter merged in.

    An adapter over four-bit weights is merged into the weights of the folder instead: merging it
    into the quantised ones would keep their error for ever.
    """
    if loaded.adapted is None:
        return model
    if not getattr(model, "is_quantized", False):
        return loaded.adapted.merge_and_unload()
    learned = {name: p.detach().cpu() for name, p in trained_parameters(model).items()}
    return rebuilt(model, loaded, learned)


def rebuilt(model: Any, loaded: Loaded, learned: dict[str, torch.Tensor]) -> Any:
    """The plain model on the host, made anew from its folder and the `learned` parameters.

    Args:
        model: the trained one; its settings and buffers are read.
        loaded: what it was loaded as.
        learned: whole tensors by the trained model's names.

    """
    again = None
    if loaded.adapted is None or loaded.base is None:
        plain = type(model)(model.config)
        _carry(model, plain)
    else:
        labels = {} if loaded.kind == "causal" else _labels(list(model.config.id2label.values()))
        plain = load_model(loaded.base, loaded.dtype, kind=loaded.kind, **labels)
        _carry(model, plain)
        from peft import get_peft_model  # noqa: PLC0415 — seconds to import, rarely used

        settings = next(iter(loaded.adapted.peft_config.values()))
        again = get_peft_model(plain, settings)
    with torch.no_grad():
        for name, parameter in trained_parameters(plain).items():
            parameter.copy_(learned[name])
    return plain if again is None else again.merge_and_unload()


def _carry(model: Any, plain: Any) -> None:
    """What is not learned, and may have been changed since the model was loaded."""
    plain.config.pad_token_id = model.config.pad_token_id
    if getattr(model, "generation_config", None) is not None:
        plain.generation_config = model.generation_config
    buffers = dict(model.named_buffers())
    with torch.no_grad():
        for name, buffer in plain.named_buffers():
            if name in buffers:
                buffer.copy_(buffers[name])


def add_lora(model: Any, options: LoraOptions, *, kind: Kind = "causal") -> Any:
    """A PEFT model around `model`, whose layers it changes in place; only adapters learn."""
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 — seconds to import, rarely used

    config = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules="all-linear",
        # A fresh head learns as a whole, not by an adapter.
        exclude_modules=None if kind == "causal" else rf"(.*\.)?({'|'.join(_CLASS_HEADS)})(\..*)?",
        modules_to_save=None if kind == "causal" else list(_CLASS_HEADS),
        task_type=_TASKS[kind],
    )
    return get_peft_model(model, config)


def count_parameters(model: Any) -> int:
    """All parameters, tied ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def stored_parameters(folder: Path) -> int:
    """Parameters in the safetensors of a folder, by their headers."""
    total = 0
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as shard:
            names: list[str] = list(shard.keys())
            total += sum(math.prod(map(int, shard.get_slice(name).get_shape())) for name in names)
    return total


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
