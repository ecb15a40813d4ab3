"""What the confined child does with a GGUF file: load it whole, check it, save it as safetensors.

transformers reads it (`GgufConfig(dequantize=True)`; versions without that class always unpack).
What it made is compared with the header that our own reader saw: as many parameters, no weight
missing, none left over, every number finite, as many tokens.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from ..errors import GgufDamaged, ModelUnsupported

_STEPS = 4
_OWN_TOKENS = 16
#: Kept as the model card says it, for `hub.inspect`.
_CARD = "---\nlicense: {license}\n---\n\n# {name}\n"


def convert(payload: dict[str, Any], *, tick: Any = None) -> dict[str, Any]:
    """Make the model folder `payload["out"]` of the file `payload["path"]`.

    `dtype` is the format of the result, `facts` what `hub.gguf_header` found.

    Returns:
        `{"parameters"}`.

    Raises:
        GgufDamaged: what was loaded is not what the header says.
        ModelUnsupported: transformers does not know it.

    """
    # Before the import, which reads it: nobody is asked for anything.
    os.environ["HF_HUB_OFFLINE"] = "1"
    file, out, facts = Path(payload["path"]), Path(payload["out"]), payload["facts"]
    step = tick or (lambda *_: None)
    step(0, _STEPS, "libraries")
    import torch  # noqa: PLC0415 - seconds to import, and only here
    import transformers  # noqa: PLC0415

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    step(1, _STEPS, "tokenizer")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(file.parent), gguf_file=file.name, local_files_only=True, trust_remote_code=False
        )
        step(2, _STEPS, "weights")
        model, loading = transformers.AutoModelForCausalLM.from_pretrained(
            str(file.parent),
            gguf_file=file.name,
            local_files_only=True,
            trust_remote_code=False,
            dtype=getattr(torch, payload["dtype"]),
            output_loading_info=True,
            **_unpacked(transformers),
        )
    except (ValueError, KeyError, NotImplementedError, TypeError, RuntimeError) as error:
        logging.getLogger(__name__).exception("transformers could not load it")
        raise ModelUnsupported(
            model_type=f"gguf, {facts['architecture']} ({str(error)[:200]})"
        ) from error
    _check(file, model, loading, tokenizer, facts)
    step(3, _STEPS, "saving")
    _save(model, tokenizer, out)
    (out / "README.md").write_text(
        _CARD.format(license=_plain(facts["license"]) or "other", name=_plain(facts["name"])),
        "utf-8",
    )
    step(_STEPS, _STEPS, "saving")
    return {"parameters": sum(weight.numel() for weight in model.parameters())}


def _unpacked(transformers: Any) -> dict[str, Any]:
    kind = getattr(transformers, "GgufConfig", None)
    return {"quantization_config": kind(dequantize=True)} if kind else {}


def _check(file: Path, model: Any, loading: Any, tokenizer: Any, facts: dict[str, Any]) -> None:
    """Compare what was loaded with the header."""
    tied = set(getattr(model, "_tied_weights_keys", None) or ())
    missing = sorted(set(loading["missing_keys"]) - tied)
    others = sorted(map(str, [*loading["unexpected_keys"], *loading["mismatched_keys"]]))
    # Frequencies of the positions are computed from the configuration, not loaded.
    left = [name for name in others if "rope_freqs" not in name]
    if missing or left:
        name = (missing or left)[0][:80]
        raise _damaged(file, f"its weights do not fit: {name}", f"وزن‌هایش جور نیست: {name}")
    for name, weight in model.named_parameters():
        if weight.is_floating_point() and not bool(weight.isfinite().all()):
            raise _damaged(file, f"{name} is not finite", f"عددهای {name} کران‌دار نیست")
    parameters = sum(weight.numel() for weight in model.parameters())
    if parameters != facts["parameters"]:  # a loader passes over tensors that it does not know
        raise _damaged(
            file,
            f"it has {facts['parameters']} parameters and the model {parameters}",
            f"{facts['parameters']} پارامتر دارد و مدل {parameters}",
        )
    rows, tokens = model.get_input_embeddings().weight.shape[0], len(tokenizer)
    # transformers may add a few of its own, which `_save` takes away again.
    if not facts["vocabulary"] <= rows or not 0 < tokens <= facts["vocabulary"] + _OWN_TOKENS:
        raise _damaged(
            file,
            f"its tokenizer has {tokens} tokens and the model {rows}",
            f"توکنایزرش {tokens} توکن دارد و مدل {rows}",
        )


def _save(model: Any, tokenizer: Any, out: Path) -> None:
    for config in (model.config, model.generation_config):
        if hasattr(config, "quantization_config"):
            del config.quantization_config
    # Without these it would be saved as a quantised one, which it no longer is.
    model.hf_quantizer = None
    model.config._name_or_path = ""
    model.save_pretrained(out, state_dict=model.state_dict())
    tokenizer.save_pretrained(out)
    _forget_tokens(out, model.get_input_embeddings().weight.shape[0])
    path = out / "config.json"
    content = json.loads(path.read_bytes())
    content.pop("quantization_config", None)
    content["architectures"] = [type(model).__name__]
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")


def _forget_tokens(out: Path, rows: int) -> None:
    """Take away tokens that the model has no row for: its class added them, not the file."""
    words, config = out / "tokenizer.json", out / "tokenizer_config.json"
    content = json.loads(words.read_bytes())
    added = content.get("added_tokens") or []
    foreign = {token["content"] for token in added if token["id"] >= rows}
    if not foreign:
        return
    content["added_tokens"] = [token for token in added if token["content"] not in foreign]
    words.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    said = json.loads(config.read_bytes())
    kept = {
        name: value
        for name, value in said.items()
        if not (isinstance(value, str) and value in foreign)
    }
    kept.pop("added_tokens_decoder", None)
    # That class would add them again; this one takes `tokenizer.json` as it is.
    kept["tokenizer_class"] = "PreTrainedTokenizerFast"
    config.write_text(json.dumps(kept, indent=2, ensure_ascii=False), "utf-8")


def _plain(text: str) -> str:
    """A name without what would mean something in YAML or Markdown."""
    return "".join(sign for sign in str(text) if sign.isalnum() or sign in " .+-_")[:120]


def _damaged(file: Path, reason: str, reason_fa: str) -> GgufDamaged:
    return GgufDamaged(path=str(file), reason=reason, reason_fa=reason_fa)
