"""Judges a folder whose weights are pickles: what could be converted, and what is taken along.

Call `inspect_pickled` through `jobs.confined`. Opens no pickle; everything else of the folder is
judged as `inspect` does. The converting is `conversion`'s.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..errors import PickleRefused
from ..persian import recipe_file
from .config_rules import check_kind
from .folder import files_of, not_a_folder, read_json
from .inspect import TORCH, configs_of, first_pickle, tokenizer_of

#: What belongs to a model besides its weights, and is taken along when they are converted.
KEPT = frozenset(
    {
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
        "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "README.md", "LICENSE",
        "LICENSE.txt", "LICENSE.md", recipe_file.NAME,
    }
)  # fmt: skip
#: Pickles beside the weights that are none: what a training was asked for, its optimiser.
_NOT_WEIGHTS = re.compile(r"^(training_args|optimizer|scheduler|scaler|rng_state.*)\.(bin|pt|pth)$")


def inspect_pickled(payload: dict[str, Any]) -> dict[str, Any]:
    """What of the folder `payload["path"]`, whose weights are pickles, would be converted.

    Returns:
        `files` (the pickles, in order), `kept` (what else belongs to the model), `bytes` (of
        the pickles), `tied` (whether its output shares the weights of its embedding).

    Raises:
        ModelProblem: all but the pickles is judged as by `inspect_folder`.
        PickleRefused: they are none that PyTorch saved.

    """
    folder = Path(str(payload["path"]))
    files = files_of(folder)
    if "config.json" not in files:
        raise not_a_folder(folder, "config.json is missing", "config.json ندارد")
    configs = configs_of(folder, files)
    model_type = check_kind(folder, configs["config.json"])
    tokenizer_of(folder, files, model_type)
    pickles = _pickles(folder, files)
    return {
        "files": pickles,
        "kept": [name for name in files if name in KEPT or name.endswith(".jinja")],
        "bytes": sum(files[name].stat().st_size for name in pickles),
        "tied": configs["config.json"].get("tie_word_embeddings", True) is not False,
    }


def _pickles(folder: Path, files: dict[str, Path]) -> list[str]:
    """The pickles that hold the weights, in order: the shards of an index, or the only one."""
    index = "pytorch_model.bin.index.json"
    if "pytorch_model.bin" in files:
        return ["pytorch_model.bin"]
    if index in files:
        weight_map = read_json(files[index]).get("weight_map")
        named = set(map(str, weight_map.values())) if isinstance(weight_map, dict) else set()
        for name in sorted(named):
            if name not in files or Path(name).suffix.lower() not in TORCH:
                raise not_a_folder(folder, f"{name[:80]} is missing", f"{name[:80]} نیست")
        if named:
            return sorted(named)
    found = [
        name
        for name in files
        if Path(name).suffix.lower() in TORCH and not _NOT_WEIGHTS.match(name)
    ]
    if len(found) == 1:
        return found
    name = first_pickle(files)
    if not name:
        raise not_a_folder(folder, "it holds no weights", "وزنی ندارد")
    raise PickleRefused(
        path=str(folder),
        file=name,
        reason="only weights that PyTorch saved can be converted, from one file or with an index",
        reason_fa="تنها وزن‌هایی که PyTorch در یک فایل یا با فهرست ذخیره کرده تبدیل می‌شود",
    )
