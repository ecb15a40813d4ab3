"""A LoRA adapter's folder: what it says, what its tensors are, and whether it fits a base.

An adapter is a stranger's: only safetensors are read, of the configuration only what is known and
harmless, and nothing of it is ever a pattern or a name of code. Which layers it changes is taken
from its tensors. Must not load a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ..errors import AdapterUnfit, ModelUnsafe
from ..hub.folder import files_of, not_a_folder, read_json
from ..hub.safetensors_header import read_header

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_MAX_CONFIG_BYTES = 4 * 2**20
#: A layer's place in a model, such as `model.layers.0.self_attn.q_proj`; never a pattern.
_PLACE = re.compile(r"[A-Za-z_]\w*(\.\w+)*", re.ASCII)
_PART = re.compile(r"\.(lora_[AB]|lora_embedding_[AB]|lora_magnitude_vector)(\.weight)?$")
#: What is read of the configuration, and of which type it has to be.
_READ: dict[str, tuple[type, ...]] = {
    "lora_alpha": (int, float),
    "use_rslora": (bool,),
    "use_dora": (bool,),
    "fan_in_fan_out": (bool,),
    "alpha_pattern": (dict,),
    "base_model_name_or_path": (str,),
    "task_type": (str,),
}
#: What changes nothing once training is over, or is told by the tensors themselves.
_PASSED = frozenset(
    {
        "peft_type", "peft_version", "r", "rank_pattern", "target_modules", "exclude_modules",
        "lora_dropout", "inference_mode", "init_lora_weights", "layers_to_transform",
        "layers_pattern", "modules_to_save", "revision", "megatron_core", "runtime_config",
        "qalora_group_size", "loftq_config", "eva_config", "corda_config", "lora_ga_config",
        "ensure_weight_tying",
    }
)  # fmt: skip
_TASKS = {"", "CAUSAL_LM", "SEQ_CLS", "TOKEN_CLS", "FEATURE_EXTRACTION"}


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter as it was read.

    `ranks` are by the place of each layer that it changes, `saved` the places of layers that it
    brings whole; `tensors` are named as PEFT wants them. `classes` is the number of labels of a
    head that it brings, 0 without one.
    """

    folder: Path
    base: str
    task: str
    alpha: float
    alphas: dict[str, float]
    ranks: dict[str, int]
    saved: list[str]
    tensors: dict[str, torch.Tensor]
    flags: dict[str, bool]
    classes: int = 0


def read(folder: Path, model: str) -> Adapter:
    """The adapter in `folder`, that is to go into the model called `model`.

    Raises:
        ModelNotAFolder: there is no adapter.
        ModelUnsafe: its weights are in a format that can hold code.
        AdapterUnfit: it is of a kind that cannot be merged.

    """
    files = files_of(folder)
    if CONFIG not in files:
        raise not_a_folder(folder, f"it has no {CONFIG}", f"{CONFIG} ندارد")
    if WEIGHTS not in files:
        pickled = next((name for name in files if name.startswith("adapter_model.")), "")
        if pickled:
            raise ModelUnsafe(
                path=str(folder),
                file=pickled,
                reason=f"its weights are in {pickled}, a format that can hold code",
                reason_fa=f"وزن‌هایش در {pickled} است، قالبی که می‌تواند کد داشته باشد",
            )
        raise not_a_folder(folder, f"it has no {WEIGHTS}", f"{WEIGHTS} ندارد")
    judge = _Judge(folder, model)
    config = judge.config(read_json(files[CONFIG], _MAX_CONFIG_BYTES))
    read_header(files[WEIGHTS])
    tensors = load_file(files[WEIGHTS])
    ranks, saved = judge.places(tensors)
    alphas = {place: judge.number(alpha) for place, alpha in config["alpha_pattern"].items()}
    heads = [t for n, t in tensors.items() if re.search(r"\.(score|classifier)\.weight$", n)]
    return Adapter(
        folder=folder,
        base=config["base_model_name_or_path"],
        task=config["task_type"],
        alpha=judge.number(config["lora_alpha"]),
        alphas={place: alpha for place, alpha in alphas.items() if _PLACE.fullmatch(place)},
        ranks=ranks,
        saved=saved,
        tensors=tensors,
        flags={name: config[name] for name in ("use_rslora", "use_dora", "fan_in_fan_out")},
        classes=heads[0].shape[0] if heads else 0,
    )


def names_base(said: str, known: Iterable[str]) -> bool:
    """Whether what an adapter calls its base is one of the names that a model goes by.

    A model has many: a repository, a folder, a snapshot of a cache; the last part decides.
    """
    last = _last(said)
    return any(one and (one == said or _last(one) == last) for one in known)


def _last(name: str) -> str:
    found = re.search(r"models--(?:.+--)?([^/\\]+)[/\\]snapshots", name)
    part = found[1] if found else re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return part.casefold()


class _Judge:
    """Says what is wrong, naming adapter and model."""

    def __init__(self, folder: Path, model: str) -> None:
        self._adapter = folder.name
        self._model = model

    def unfit(self, reason: str, reason_fa: str) -> AdapterUnfit:
        return AdapterUnfit(
            adapter=self._adapter, model=self._model, reason=reason, reason_fa=reason_fa
        )

    def config(self, said: dict[str, Any]) -> dict[str, Any]:
        """What is read of the configuration, every field there."""
        if said.get("peft_type") != "LORA":
            told = str(said.get("peft_type"))[:40]
            raise self.unfit(f"it is of type {told}, not LORA", f"از نوع {told} است، نه LORA")
        read: dict[str, Any] = {
            "lora_alpha": 8,
            "use_rslora": False,
            "use_dora": False,
            "fan_in_fan_out": False,
            "alpha_pattern": {},
            "base_model_name_or_path": "",
            "task_type": "",
        }
        for name, value in said.items():
            if value in (None, False, [], {}, "") or name in _PASSED:
                continue
            if name == "bias" and value == "none":
                continue
            if type(value) not in _READ.get(name, ()):
                raise self.unfit(
                    f"its configuration has “{name[:60]}”, which cannot be merged",
                    f"پیکربندی‌اش «{name[:60]}» دارد که ادغام‌شدنی نیست",
                )
            read[name] = value
        if read["task_type"] not in _TASKS:
            task = read["task_type"][:40]
            raise self.unfit(f"its task is {task}", f"کارش {task} است")
        return read

    def number(self, value: Any) -> float:
        """A factor that is believable."""
        if type(value) not in {int, float} or not 0 < value < 1e6:
            raise self.unfit("its lora_alpha is no factor", "مقدار lora_alpha درست نیست")
        return float(value)

    def places(self, tensors: dict[str, torch.Tensor]) -> tuple[dict[str, int], list[str]]:
        """Ranks of the layers that it changes, and the layers that it brings whole."""
        ranks: dict[str, int] = {}
        saved: list[str] = []
        for name, tensor in tensors.items():
            if not name.startswith(_PREFIX) or not tensor.is_floating_point():
                raise self._odd(name)
            part = _PART.search(name)
            place = name.removeprefix(_PREFIX)
            place = place[: part.start() - len(_PREFIX)] if part else place.rpartition(".")[0]
            if not _PLACE.fullmatch(place):
                raise self._odd(name)
            if part is None:
                # PEFT keeps a changed embedding's own rows beside what it learned of them.
                if place not in saved and not place.endswith(".base_layer"):
                    saved.append(place)
            elif part[1] in {"lora_A", "lora_embedding_A"}:
                ranks[place] = tensor.shape[0]
            if not torch.isfinite(tensor).all():
                raise self.unfit(
                    f"{name[:120]} holds what is no number", f"{name[:120]} عدد درست ندارد"
                )
        if not ranks:
            raise self.unfit("it changes nothing", "چیزی را عوض نمی‌کند")
        return ranks, saved

    def _odd(self, name: str) -> AdapterUnfit:
        shown = name[:120]
        return self.unfit(f"it has a tensor called {shown}", f"تنسوری به نام {shown} دارد")
