"""Judges a model folder without loading it, and gives the facts of one that may be loaded.

Call `inspect_folder` through `jobs.confined`. What it promises: weights in sound safetensors
files (a pickle is never a model), a configuration that names no code and is of a known kind, a
tokenizer, and nothing that leads out of the folder. It opens only what a loader would.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..errors import (
    ModelAdapter,
    ModelGguf,
    ModelPickled,
    ModelUnsafe,
    PathOutside,
)
from ..paths import safe_join
from ..persian import recipe_file
from .config_rules import ENCODER_TYPES, check_fields, check_kind, number
from .folder import files_of, not_a_folder, read_json, read_some
from .safetensors_header import Header, read_header
from .template_rules import MAX_BYTES as MAX_TEMPLATE_BYTES
from .template_rules import check_template
from .tokenizer_rules import check_tokenizer

#: Formats that run code when they are loaded.
PICKLES = frozenset(
    {
        ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5",
        ".hdf5", ".keras", ".msgpack", ".dill", ".pb", ".mar",
    }
)  # fmt: skip
#: Small JSON files that loaders read beside `config.json`.
_CONFIGS = (
    "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json",
    "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
    "chat_template.json", "adapter_config.json",
)  # fmt: skip
ADAPTER = "adapter_config.json"
_TEMPLATES = "additional_chat_templates"
#: Names under which PyTorch's weights are converted.
TORCH = frozenset({".bin", ".pt", ".pth"})
_MAX_CONFIG_BYTES = 4 * 2**20
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json")
_LICENSE = re.compile(r"^license:[ \t]*['\"]?([\w.+-]{1,60})['\"]?[ \t]*$", re.MULTILINE)


def inspect_folder(payload: dict[str, Any]) -> dict[str, Any]:
    """The facts of the model folder `payload["path"]`.

    Returns:
        `architecture`, `model_type`, `parameters`, `bytes` (of the weights), `dtype`,
        `vocabulary`, `context_length`, `license`, `tokenizer` (its file), `chat_template`
        (whether it has one), `config` (its `config.json`), `normaliser` (the recipe that its
        texts went through; None without one).

    Raises:
        ModelNotAFolder: it is not a model folder.
        ModelAdapter: it is an adapter; `details.base` names what for.
        ModelUnsafe: loading it could run code, or it leads out of itself.
        ModelPickled: the same, and its weights could be converted.
        ModelUnsupported: it is sound and of a kind that we cannot use.

    """
    folder = Path(str(payload["path"]))
    files = files_of(folder)
    configs = configs_of(folder, files)
    headers = _weights(folder, files)
    config = configs["config.json"]
    model_type = check_kind(folder, config)
    parameters = sum(header.parameters for header in headers)
    _check_size(folder, config, parameters)
    tokenizer = tokenizer_of(folder, files, model_type)
    classes = config.get("architectures") or [""]
    return {
        "architecture": str(classes[0] if isinstance(classes, list) else classes),
        "model_type": model_type,
        "parameters": parameters,
        "bytes": sum(header.bytes for header in headers),
        "dtype": max(headers, key=lambda header: header.parameters).dtype.lower(),
        "vocabulary": number(config, "vocab_size"),
        "context_length": number(config, "max_position_embeddings", "n_positions", "n_ctx"),
        "license": _license(files),
        "normaliser": _normaliser(files),
        "tokenizer": tokenizer,
        "chat_template": "chat_template.jinja" in files
        or bool(configs.get("tokenizer_config.json", {}).get("chat_template")),
        "config": config,
    }


def check_loadable(folder: Path, *, tokenizer: bool = True) -> None:
    """Refuse a folder that a loader must not be given, just before it is.

    What was registered may have been changed since. Without `tokenizer` one need not be there.

    Raises:
        ModelProblem: as `inspect_folder`.

    """
    files = files_of(folder)
    configs = configs_of(folder, files)
    config = configs["config.json"]
    model_type = check_kind(folder, config)
    headers = _weights(folder, files)
    _check_size(folder, config, sum(header.parameters for header in headers))
    if tokenizer or any(name in files for name in _TOKENIZERS):
        tokenizer_of(folder, files, model_type)


def check_words(folder: Path) -> None:
    """Refuse a folder whose tokenizer or chat templates a loader must not be given.

    Raises:
        ModelProblem: as `inspect_folder`.

    """
    files = files_of(folder)
    configs = {
        name: read_json(files[name], _MAX_CONFIG_BYTES) for name in _CONFIGS if name in files
    }
    for name, content in configs.items():
        check_fields(folder, name, content)
    _check_templates(folder, files, configs)
    if "tokenizer.json" in files:
        check_tokenizer(folder, files["tokenizer.json"])


def configs_of(folder: Path, files: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """The small JSON files, none of which names code; `config.json` is among them."""
    found = {name: read_json(files[name], _MAX_CONFIG_BYTES) for name in _CONFIGS if name in files}
    for name, content in found.items():
        check_fields(folder, name, content)
    if ADAPTER in files:
        # With it transformers loads the base model that it names, from wherever that is.
        base = found[ADAPTER].get("base_model_name_or_path")
        raise ModelAdapter(
            path=str(folder),
            base=str(base or "?")[:200],
            convertible="adapter",
            reason="it is an adapter: merge it into its base model first",
            reason_fa="آداپتور است: نخست آن را در مدل پایه‌اش ادغام کنید",
        )
    if "config.json" not in files:
        raise _without_config(folder, files)
    _check_templates(folder, files, found)
    return found


def _check_templates(
    folder: Path, files: dict[str, Path], configs: dict[str, dict[str, Any]]
) -> None:
    """Chat templates stand in files of their own, or in the configuration of the tokenizer."""
    places = {name: place for name, place in files.items() if name.endswith(".jinja")}
    more = folder / _TEMPLATES
    if more.is_dir():
        places |= {
            f"{_TEMPLATES}/{name}": place
            for name, place in files_of(more).items()
            if name.endswith(".jinja")
        }
    for name, place in places.items():
        text = read_some(place, MAX_TEMPLATE_BYTES + 1).decode(errors="replace")
        check_template(folder, name, text)
    for name, content in configs.items():
        said = content.get("chat_template")
        for one in said if isinstance(said, list) else [said]:
            template = one.get("template") if isinstance(one, dict) else one
            if isinstance(template, str):
                check_template(folder, name, template)


def tokenizer_of(folder: Path, files: dict[str, Path], model_type: str) -> str:
    """The file that its tokenizer is made of."""
    if "tokenizer.json" in files:
        check_tokenizer(folder, files["tokenizer.json"])
    names = (*_TOKENIZERS, "vocab.txt") if model_type in ENCODER_TYPES else _TOKENIZERS
    found = next((name for name in names if name in files), "")
    if not found:
        raise not_a_folder(folder, "it has no tokenizer", "توکنایزر ندارد")
    return found


def _normaliser(files: dict[str, Path]) -> dict[str, Any] | None:
    place = files.get(recipe_file.NAME)
    # Where links lead has been judged: a link into the Hub's cache has another name.
    found = recipe_file.parse(read_some(place, recipe_file.MAX_BYTES + 1)) if place else None
    return found.model_dump(mode="json") if found else None


def _without_config(folder: Path, files: dict[str, Path]) -> Exception:
    if pickle := first_pickle(files):
        return _unsafe_weights(folder, pickle)
    if any(name.endswith(".gguf") for name in files):
        return ModelGguf(path=str(folder), model_type="gguf", convertible="gguf")
    return not_a_folder(folder, "config.json is missing", "config.json ندارد")


def _weights(folder: Path, files: dict[str, Path]) -> list[Header]:
    """The checked headers of the files that a loader would read."""
    if "model.safetensors" in files:
        return [read_header(files["model.safetensors"])]
    if "model.safetensors.index.json" in files:
        return _shards(folder, files)
    if pickle := first_pickle(files):
        raise _unsafe_weights(folder, pickle)
    raise not_a_folder(folder, "it has no model.safetensors", "model.safetensors ندارد")


def _check_size(folder: Path, config: dict[str, Any], parameters: int) -> None:
    """Refuse a configuration of a far larger model than the weights are.

    A loader makes the model that the configuration describes and fills what the weights lack:
    a few bytes of JSON could ask for terabytes.
    """
    width = number(config, "hidden_size", "n_embd", "d_model")
    layers = number(config, "num_hidden_layers", "n_layer", "num_layers")
    least = width * (number(config, "vocab_size") + layers * width)
    if least > 4 * parameters + 2**20:
        raise not_a_folder(
            folder,
            f"config.json describes at least {least} parameters and the weights have {parameters}",
            f"config.json دست‌کم {least} پارامتر می‌گوید و وزن‌ها {parameters} دارند",
        )


def _shards(folder: Path, files: dict[str, Path]) -> list[Header]:
    index = "model.safetensors.index.json"
    weight_map = read_json(files[index]).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise not_a_folder(folder, f"{index} has no weight_map", f"{index} بدون weight_map است")
    wanted: dict[str, set[str]] = {}
    for tensor, name in weight_map.items():
        wanted.setdefault(str(name), set()).add(tensor)
    headers = []
    for name, tensors in sorted(wanted.items()):
        _check_shard_name(folder, index, name)
        if name not in files:
            shown = name[:80]
            raise not_a_folder(folder, f"{shown} is missing", f"{shown} نیست")
        header = read_header(files[name])
        if not tensors <= header.tensors:
            raise not_a_folder(
                folder,
                f"{name} lacks tensors that {index} promises",
                f"{name} همهٔ تنسورهایی را که {index} می‌گوید ندارد",
            )
        headers.append(header)
    return headers


def _check_shard_name(folder: Path, index: str, name: str) -> None:
    """Refuse a shard that is not a safetensors file of this very folder."""
    try:
        # Only the name is judged here; `files_of` has judged where links lead.
        plain = safe_join(folder / "#", name).parent.name == "#" and "/" not in name
    except PathOutside:
        plain = False
    if not plain or not name.endswith(".safetensors"):
        shown = name[:80]
        raise ModelUnsafe(
            path=str(folder),
            file=index,
            reason=f"{index} points at “{shown}”",
            reason_fa=f"{index} به «{shown}» اشاره می‌کند",
        )


def first_pickle(files: dict[str, Path]) -> str:
    """The name of a file in a format that runs code when it is loaded; empty without one."""
    return next((name for name in files if Path(name).suffix.lower() in PICKLES), "")


def _unsafe_weights(folder: Path, name: str) -> ModelUnsafe:
    torch = Path(name).suffix.lower() in TORCH
    kind = ModelPickled if torch else ModelUnsafe
    return kind(
        path=str(folder),
        file=name,
        convertible="pickle" if torch else "",
        reason=f"its weights are in {name}, a format that can hold code",
        reason_fa=f"وزن‌هایش در {name} است، قالبی که می‌تواند کد داشته باشد",
    )


def _license(files: dict[str, Path]) -> str:
    """The licence that the model card names, or the name of the licence file."""
    if "README.md" in files:
        text = read_some(files["README.md"], 1 << 18).decode(errors="replace")
        if text.startswith("---") and (found := _LICENSE.search(text.split("\n---", 1)[0])):
            return found.group(1)
    return next((name for name in ("LICENSE", "LICENSE.txt", "LICENSE.md") if name in files), "")
