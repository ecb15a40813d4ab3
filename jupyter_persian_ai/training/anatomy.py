"""A model's measures, read from its `config.json` or from the shape of a new one. No torch.

Owns how wide each part is and what a layer keeps for its backward pass; must not know options.
The counts of kept values follow transformers' forward passes with the norms and gated layers of
`lean`: a linear layer keeps its input, a norm its input, a gated layer its two products, packed
attention its queries, keys, values and result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..protocol.recipes import ModelShape

#: Decoders whose layers are two norms, packed attention and a gated feed-forward part.
_PLAIN = frozenset({"llama", "mistral", "qwen2", "gemma", "smollm3", "granite", "phi3", "cohere"})
#: The same with norms of queries and keys.
_QUERY_NORMS = frozenset({"qwen3", "gemma3", "gemma3_text"})
#: With norms behind attention and feed-forward, too.
_POST_NORMS = frozenset({"gemma2", "gemma3", "gemma3_text"})
#: Encoders: norms behind, dropout masks, no gate.
_ENCODERS = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert"})


def intermediate_size(hidden_size: int) -> int:
    """Width of the gated feed-forward layer: 8/3 of the model's, in whole 32s."""
    return 32 * math.ceil(hidden_size * 8 / 3 / 32)


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Measures of a model.

    `parameters` counts tied weights once; `known` says that the layers' inner values are counted
    and not guessed.
    """

    family: str
    parameters: int
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    wide: int
    tied: bool
    positions: int
    softcap: bool = False
    known: bool = True

    @property
    def encoder(self) -> bool:
        """Whether it reads in both directions."""
        return self.family in _ENCODERS

    @property
    def table(self) -> int:
        """Values of the embedding (and of the head, where tied)."""
        return self.vocabulary * self.hidden

    @property
    def linear_widths(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each matrix of a layer."""
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        attention = [
            (self.hidden, queries),
            (self.hidden, keys),
            (self.hidden, keys),
            (queries, self.hidden),
        ]
        inner = [(self.hidden, self.wide)] * (1 if self.encoder else 2)
        return [*attention, *inner, (self.wide, self.hidden)]

    def kept(self, *, rank: int = 0) -> int:
        """Values that one layer keeps for its backward pass, for each position.

        Args:
            rank: of the adapters beside each matrix; 0 for none.

        """
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        if self.encoder:  # each norm keeps its input; dropout keeps its mask, of one byte
            kept = 5 * queries + 5 * self.hidden + 2 * self.wide + self.hidden // 2
            return kept + rank * len(self.linear_widths)
        # A norm (`lean`) keeps its input, the matrices behind it its output.
        norms = 2 * 2 * self.hidden + 2
        if self.family in _POST_NORMS:  # the output is added at once and not kept
            norms += 2 * self.hidden + 2
        if self.family in _QUERY_NORMS:
            norms += queries + keys
        # Queries, keys, values, the result and its copy; shared keys are copied for every head
        # only where scores are formed.
        shared = queries if self.softcap else keys
        attention = 3 * queries + 2 * shared + self.heads
        # A gated layer keeps both products and what they make.
        return norms + attention + 3 * self.wide + rank * len(self.linear_widths)

    def kept_by_pairs(self, longest: int) -> int:
        """Values kept for each position because scores are formed (soft-capped attention)."""
        return 4 * self.heads * longest if self.softcap else 0

    def adapter(self, rank: int) -> int:
        """Parameters of LoRA beside every matrix of every layer."""
        return self.layers * rank * sum(a + b for a, b in self.linear_widths)


def of_shape(shape: ModelShape, context: int = 0, vocabulary: int | None = None) -> Anatomy:
    """A new Llama with tied embeddings; `vocabulary` where the data gives fewer tokens."""
    hidden, wide = shape.hidden_size, intermediate_size(shape.hidden_size)
    words = vocabulary or shape.vocab_size
    layer = 4 * hidden * hidden + 3 * hidden * wide + 2 * hidden
    return Anatomy(
        family="llama",
        parameters=words * hidden + shape.layers * layer + hidden,
        vocabulary=words,
        hidden=hidden,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.heads,
        head_width=hidden // shape.heads,
        wide=wide,
        tied=True,
        positions=context,
    )


def of_config(config: dict[str, Any], parameters: int | None = None) -> Anatomy:
    """From a `config.json`; what it does not say is guessed, and then not `known`."""
    inner = {**config, **(config.get("text_config") or {})}
    family = str(inner.get("model_type", ""))

    def number(*names: str, default: int) -> int:
        for name in names:
            value = inner.get(name)
            if isinstance(value, int) and value > 0:
                return value
        return default

    hidden = number("hidden_size", "n_embd", "d_model", "dim", default=1024)
    layers = number("num_hidden_layers", "n_layer", "n_layers", default=16)
    heads = number("num_attention_heads", "n_head", "n_heads", default=max(1, hidden // 64))
    kv_heads = number("num_key_value_heads", default=heads)
    width = number("head_dim", default=max(1, hidden // heads))
    wide = number("intermediate_size", "n_inner", "hidden_dim", default=4 * hidden)
    vocabulary = number("vocab_size", default=32_000)
    # Transformers leaves defaults out of what it saves, and ties embeddings by default.
    tied = bool(inner.get("tie_word_embeddings", config.get("tie_word_embeddings", True)))
    known = family in _PLAIN | _QUERY_NORMS | _POST_NORMS | _ENCODERS
    drawn = Anatomy(
        family=family,
        parameters=0,
        vocabulary=vocabulary,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_width=width,
        wide=wide,
        tied=tied,
        positions=number("max_position_embeddings", "n_positions", default=0),
        softcap=bool(inner.get("attn_logit_softcapping")),
        known=known,
    )
    counted = vocabulary * hidden * (1 if tied or drawn.encoder else 2)
    counted += layers * (sum(a * b for a, b in drawn.linear_widths) + 4 * hidden)
    values = {name: getattr(drawn, name) for name in drawn.__slots__}
    return Anatomy(**{**values, "parameters": parameters or counted})
