"""A model's configuration and tensors in the words of GGUF.

Owns what each kind of model must be told as, which of its tensors change on the way (llama.cpp
turns positions of a Llama in another order, and adds no one to a Gemma's norms) and what it cannot
be told as. Must not write a file.

Names and keys: the `gguf` package and `docs/gguf.md` of ggml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from gguf import MODEL_ARCH_NAMES, GGUFWriter, RopeScalingType, get_tensor_name_map

from ..errors import ExportUnsupported
from . import kinds
from .weights import Weights

_ARCHES = {name: arch for arch, name in MODEL_ARCH_NAMES.items()}
_ACTIVATIONS = {"gemma3": {"gelu_pytorch_tanh"}}
_ROPE_FREQS = "rope_freqs.weight"
#: llama.cpp takes every sixth layer of a Gemma 3 for one that sees everything.
_GEMMA_PATTERN = 6


@dataclass(frozen=True, slots=True)
class Named:
    """A tensor under its name in GGUF; `source` is empty for one that is computed."""

    name: str
    source: str
    shape: tuple[int, ...]


class Told:
    """A model as GGUF knows it.

    Raises:
        ExportUnsupported: it has something that llama.cpp would do otherwise.

    """

    def __init__(self, folder: Path, weights: Weights) -> None:
        from transformers import AutoConfig  # noqa: PLC0415 - slow to import

        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        self.config: Any = config
        classes = config.architectures or [""]
        self._classes = str(classes[0])
        name = kinds.of(config.model_type, self._classes)
        if name is None:
            raise self._refusal(self._classes)
        self.arch = name
        self._weights = weights
        self._names = get_tensor_name_map(_ARCHES[name], config.num_hidden_layers)
        self._head = int(
            getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        )
        self._rope = self._rope_of("full_attention")
        self._check()
        self.tensors = list(self._named())

    @property
    def rows(self) -> int:
        """Tokens that the embedding knows."""
        embedding = next(one for one in self.tensors if one.name == "token_embd.weight")
        return embedding.shape[0]

    def tell(self, writer: GGUFWriter) -> None:
        """Put the shape of the model into a file that is being made."""
        config = self.config
        writer.add_context_length(int(config.max_position_embeddings))
        writer.add_embedding_length(int(config.hidden_size))
        writer.add_block_count(int(config.num_hidden_layers))
        writer.add_feed_forward_length(int(config.intermediate_size))
        writer.add_head_count(int(config.num_attention_heads))
        writer.add_head_count_kv(int(config.num_key_value_heads))
        writer.add_key_length(self._head)
        writer.add_value_length(self._head)
        writer.add_layer_norm_rms_eps(float(config.rms_norm_eps))
        writer.add_vocab_size(self.rows)
        writer.add_rope_freq_base(float(self._rope["rope_theta"]))
        if self.arch == "llama":
            writer.add_rope_dimension_count(self._head)
        if self.arch == "gemma3":
            writer.add_sliding_window(int(config.sliding_window))
            writer.add_rope_freq_base_swa(float(self._rope_of("sliding_attention")["rope_theta"]))
        if self._rope["rope_type"] == "linear":
            writer.add_rope_scaling_type(RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(float(self._rope["factor"]))

    def read(self, named: Named) -> torch.Tensor:
        """A tensor with the numbers that llama.cpp expects."""
        if named.name == _ROPE_FREQS:
            return self._frequencies()
        tensor = self._weights.read(named.source)
        if self.arch == "llama":
            for part, heads in (
                ("q_proj", self.config.num_attention_heads),
                ("k_proj", self.config.num_key_value_heads),
            ):
                if f".{part}." in named.source:
                    return _turned(tensor, int(heads))
        if self.arch == "gemma3" and named.source.endswith("norm.weight"):
            return tensor.float() + 1.0
        return tensor

    def _named(self) -> Iterator[Named]:
        if self._rope["rope_type"] == "llama3":
            yield Named(_ROPE_FREQS, "", (self._head // 2,))
        for tensor in self._weights:
            if tensor.name == "lm_head.weight" and self.config.tie_word_embeddings:
                continue
            if tensor.name.endswith("rotary_emb.inv_freq"):
                continue  # computed by every loader
            name = self._names.get_name(tensor.name, try_suffixes=(".weight", ".bias"))
            if name is None:
                raise self._refusal(tensor.name[:80])
            yield Named(name, tensor.name, tensor.shape)

    def _rope_of(self, layers: str) -> dict[str, Any]:
        """Positions of these layers; only Gemma 3 has several kinds."""
        told = dict(self.config.rope_parameters or {})
        found = dict(told.get(layers) or told)
        found.setdefault("rope_type", "default")
        if "rope_theta" not in found:
            raise self._refusal("rope_theta")
        return found

    def _check(self) -> None:
        config = self.config
        activation = getattr(config, "hidden_act", None) or getattr(
            config, "hidden_activation", None
        )
        if activation not in _ACTIVATIONS.get(self.arch, {"silu"}):
            raise self._refusal(f"hidden_act {activation}")
        if self._rope["rope_type"] not in {"default", "linear", "llama3"}:
            raise self._refusal(f"rope_type {self._rope['rope_type']}")
        if self._rope["rope_type"] == "llama3" and self.arch != "llama":
            raise self._refusal("rope_type llama3")
        if self.arch.startswith("qwen") and getattr(config, "use_sliding_window", False):
            raise self._refusal("use_sliding_window")
        if self.arch == "gemma3":
            self._check_gemma()

    def _check_gemma(self) -> None:
        config = self.config
        wanted = [
            "full_attention" if (place + 1) % _GEMMA_PATTERN == 0 else "sliding_attention"
            for place in range(config.num_hidden_layers)
        ]
        if list(config.layer_types) != wanted:
            raise self._refusal("layer_types")
        if not math.isclose(float(config.query_pre_attn_scalar), self._head):
            raise self._refusal(f"query_pre_attn_scalar {config.query_pre_attn_scalar}")
        for name in ("attn_logit_softcapping", "final_logit_softcapping"):
            if getattr(config, name, None):
                raise self._refusal(name)
        if getattr(config, "use_bidirectional_attention", False):
            raise self._refusal("use_bidirectional_attention")

    def _frequencies(self) -> torch.Tensor:
        """By how much each frequency of Llama 3 is slowed down (its report, section 4.1)."""
        rope, wave = self._rope, 2 * math.pi
        place = torch.arange(0, self._head, 2, dtype=torch.float64) / self._head
        length = wave * float(rope["rope_theta"]) ** place
        context = float(rope["original_max_position_embeddings"])
        low, high = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
        factor = float(rope["factor"])
        share = ((context / length - low) / (high - low)).clamp(0.0, 1.0)
        return (1.0 / ((1.0 - share) / factor + share)).float()

    def _refusal(self, what: str) -> ExportUnsupported:
        return ExportUnsupported(
            model_type=str(self.config.model_type), architecture=what, known=", ".join(kinds.KNOWN)
        )


def _turned(tensor: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of each head in llama.cpp's order: it turns neighbours, transformers turns halves."""
    half = tensor.shape[0] // heads // 2
    rest = tensor.shape[1:]
    return tensor.reshape(heads, 2, half, *rest).transpose(1, 2).reshape(tensor.shape)
