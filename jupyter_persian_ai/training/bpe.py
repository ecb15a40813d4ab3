"""Byte-level BPE as this project learns it. Needs the tokenizers library alone: no transformers.

Every text (U+200C included) comes back byte for byte; there is no normaliser, because changing a
user's text is not a tokenizer's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

# A word is letters, marks and U+200C together: splitting at the half-space, as GPT-2's pattern
# does, would forbid tokens such as «می‌شود» and cost Persian text a third more tokens.
_WORDS = Regex(r" ?[\p{L}\p{M}\x{200C}]+| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}\x{200C}]+|\r?\n|\s+")


def learn(texts: Iterator[str], vocab_size: int, special_tokens: Sequence[str]) -> Tokenizer:
    """A tokenizer of at most `vocab_size` tokens, the special ones among them."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_WORDS, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return core
