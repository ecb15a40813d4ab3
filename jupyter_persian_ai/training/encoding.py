"""Rows of a dataset as tokens, one function a kind of learning; a thousand rows at a time.

Text is given to the Rust tokenizer in batches. Text that looks like a special token stays text: a
row of data cannot end a document. Must not decide what a row means: recipes pick its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers.processors import TemplateProcessing

from ..errors import DatasetLabelUnknown, ModelUnsupported
from . import words
from .conversation import encode_conversations
from .corpus import Encoded, Row

Messages = list[dict[str, str]]
#: Takes a sentence for the log.
Told = Callable[[str], None]


def _flat(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All rows end to end, and the length of each."""
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.uint32, count=int(lengths.sum()))
    return ids, lengths


def backend(tokenizer: Any) -> Any:
    """The Rust tokenizer, set to take special tokens in data as text.

    Raises:
        ModelUnsupported: the folder has none.

    """
    core = getattr(tokenizer, "backend_tokenizer", None)
    if core is None:
        raise ModelUnsupported(model_type=f"{type(tokenizer).__name__} (no tokenizer.json)")
    core.encode_special_tokens = True
    core.no_truncation()
    core.no_padding()
    return core


def text_ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens."""
    backend(tokenizer)
    return words.text_ids(tokenizer, texts)


def documents(tokenizer: Any, texts: list[str]) -> Encoded:
    """Each text between the begin- and end-of-text tokens that this tokenizer has."""
    start = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    rows = [[*start, *ids, *end] if ids else [] for ids in text_ids(tokenizer, texts)]
    return Encoded(*_flat(rows))


def conversations(tokenizer: Any, rows: list[Messages], told: Told) -> Encoded:
    """Each conversation in the chat template; only the assistant's tokens are scored.

    One that the template refuses is left out, and `told` why.
    """
    encoded = encode_conversations(
        tokenizer, rows, refused=lambda _, error: told(error.body.message)
    )
    ids, lengths = _flat([tokens for tokens, _ in encoded])
    scored = np.zeros(len(ids), dtype=np.uint8)
    begin = 0
    for tokens, spans in encoded:
        for start, stop in spans:
            scored[begin + start : begin + stop] = 1
        begin += len(tokens)
    return Encoded(ids, lengths, scored=scored)


def preferences(
    tokenizer: Any, rows: list[Row], turns: Callable[[Row, str], Messages], told: Told
) -> Encoded:
    """Two rows for each pair: the conversation with the chosen answer, then with the rejected."""
    each = [turns(row, which) for row in rows for which in ("chosen", "rejected")]
    return conversations(tokenizer, each, told)


def wrap_texts(tokenizer: Any) -> None:
    """Make a decoder's tokenizer wrap what it is given: begin, text, end (second text, end).

    A decoder is asked at the last token, so something must stand there; what is saved with the
    model does the same for whoever uses it later.
    """
    begin, end = tokenizer.bos_token, tokenizer.eos_token or tokenizer.pad_token
    start = f"{begin} " if begin else ""
    names = {name for name in (begin, end) if name}
    backend(tokenizer).post_processor = TemplateProcessing(
        single=f"{start}$A {end}",
        pair=f"{start}$A {end} $B {end}",
        special_tokens=[(name, tokenizer.convert_tokens_to_ids(name)) for name in sorted(names)],
    )


def _class(classes: dict[str, int], label: Any) -> int:
    number = classes.get(str(label))
    if number is None:
        raise DatasetLabelUnknown(label=str(label)[:80], known=", ".join(list(classes)[:20]))
    return number


def labelled(tokenizer: Any, rows: list[Row], classes: dict[str, int], *, longest: int) -> Encoded:
    """A text, or a pair of texts, in the tokenizer's special tokens, and its class.

    Longer ones lose the end of the longer text, not their special tokens.

    Raises:
        DatasetLabelUnknown: a label is none of `classes`.

    """
    core = backend(tokenizer)
    core.enable_truncation(longest)
    pair = bool(rows) and "text_pair" in rows[0]
    asked = [(row["text"], row["text_pair"]) if pair else row["text"] for row in rows]
    found = core.encode_batch_fast(asked, add_special_tokens=True)
    core.no_truncation()
    ids, lengths = _flat([one.ids for one in found])
    kinds = np.fromiter(
        chain.from_iterable(one.type_ids for one in found), dtype=np.uint8, count=len(ids)
    )
    labels = np.array([_class(classes, row["label"]) for row in rows], dtype=np.int32)
    return Encoded(ids, lengths, labels=labels, kinds=kinds)


def tagged(tokenizer: Any, rows: list[Row], classes: dict[str, int], *, longest: int) -> Encoded:
    """Words joined by spaces; the first token of each word has the word's tag, others none.

    Joined text is what a user will give the model later, and needs no tokenizer that knows of
    words: a token belongs to the word that holds its last character.
    """
    core = backend(tokenizer)
    core.enable_truncation(longest)
    texts = [" ".join(row["tokens"]) for row in rows]
    found = core.encode_batch(texts, add_special_tokens=True)
    core.no_truncation()
    every_ids: list[list[int]] = []
    every_tags: list[list[int]] = []
    for row, one in zip(rows, found, strict=True):
        ends = np.cumsum([len(word) + 1 for word in row["tokens"]])
        tags = [-1] * len(one.ids)
        seen: set[int] = set()
        for at, ((first, stop), special) in enumerate(
            zip(one.offsets, one.special_tokens_mask, strict=True)
        ):
            if special or stop <= first:
                continue
            word = int(np.searchsorted(ends, stop - 1, side="right"))
            if word < len(row["tags"]) and word not in seen:
                seen.add(word)
                tags[at] = _class(classes, row["tags"][word])
        every_ids.append(one.ids)
        every_tags.append(tags)
    ids, lengths = _flat(every_ids)
    tags_flat = np.fromiter(chain.from_iterable(every_tags), dtype=np.int16, count=len(ids))
    return Encoded(ids, lengths, tags=tags_flat)
