"""How many tokens a dataset will be, from a sample of its rows. Runs in a confined child.

Needs the tokenizers library alone. The counts follow `encoding`: which texts of a row are read,
which tokens the loss looks at. Turn markers of a chat template are counted by a round number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from .bpe import learn
from .texts import normalised, normaliser_of

#: Rows that are tokenised.
ROWS = 400
#: A new tokenizer is learned from at most this many bytes: about a second.
LEARNED_BYTES = 4 * 2**20
#: Tokens that a template puts around a turn, or a document between its ends.
_TURN_TOKENS, _DOCUMENT_TOKENS = 4, 2
_SPECIAL = 7


def count(payload: dict[str, Any]) -> dict[str, Any]:
    """What a sample of rows comes to.

    Args:
        payload: `path` of canonical rows, `recipe`, `normaliser` (a recipe, or None), and
            `tokenizer` (a `tokenizer.json`) or `vocab_size` (one is learned from the data, as the
            recipe will).

    Returns:
        `units`: for each sampled row its segments, each as tokens and scored tokens; `rows` in
        the sample; `vocabulary`; `whole` says whether a new tokenizer saw all of the data.

    """
    path, recipe = Path(payload["path"]), str(payload["recipe"])
    normaliser = normaliser_of(payload)
    rows = list(normalised(_sample(path, ROWS), normaliser))
    whole = True
    if payload.get("tokenizer"):
        tokenizer = Tokenizer.from_file(str(payload["tokenizer"]))
    else:
        whole = path.stat().st_size <= LEARNED_BYTES
        known = (_text(row) for row in normalised(_beginning(path, LEARNED_BYTES), normaliser))
        special = [f"<|{number}|>" for number in range(_SPECIAL)]
        tokenizer = learn(known, int(payload["vocab_size"]), special)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    parts = [_parts(row, recipe) for row in rows]
    texts = [text for row in parts for segment in row for text, _ in segment]
    lengths = iter([len(found.ids) for found in _encoded(tokenizer, texts)])
    units = [[_measured(segment, recipe, lengths) for segment in row] for row in parts]
    return {
        "units": units,
        "rows": len(rows),
        "vocabulary": tokenizer.get_vocab_size(),
        "whole": whole,
    }


def _encoded(tokenizer: Tokenizer, texts: list[str]) -> list[Any]:
    found: list[Any] = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return found


def _measured(
    segment: list[tuple[str, bool]], recipe: str, lengths: Iterator[int]
) -> tuple[int, int]:
    """Tokens of a segment, and how many of them are scored."""
    if recipe == "pretrain":
        tokens = sum(next(lengths) for _ in segment) + _DOCUMENT_TOKENS
        return tokens, tokens - 1
    tokens = scored = 0
    for _, answer in segment:
        size = next(lengths)
        tokens += size + (_TURN_TOKENS if recipe in {"sft", "dpo"} else 1)
        scored += size + 1 if answer else 0
    if recipe == "classify":
        return tokens + 1, 1
    return tokens, scored


def _parts(row: dict[str, Any], recipe: str) -> list[list[tuple[str, bool]]]:
    """The segments of a row: texts, and whether the loss looks at each."""
    if recipe == "pretrain":
        return [[(_text(row), True)]]
    if recipe == "classify":
        return [[(str(row[name]), False) for name in ("text", "text_pair") if name in row]]
    if recipe == "ner":
        return [[(" ".join(map(str, row["tokens"])), True)]]
    if recipe == "dpo":
        prompt = row["prompt"]
        turns = [prompt] if isinstance(prompt, str) else [turn["content"] for turn in prompt]
        asked = [(str(turn), False) for turn in turns]
        return [[*asked, (str(row[name]), True)] for name in ("chosen", "rejected")]
    if "messages" in row:
        turns = row["messages"]
        return [[(str(turn["content"]), turn["role"] == "assistant") for turn in turns]]
    return [[(str(row["prompt"]), False), (str(row["answer"]), True)]]


def _text(row: dict[str, Any]) -> str:
    """All that a row says, in one text."""
    if "messages" in row:
        return "\n".join(str(turn["content"]) for turn in row["messages"])
    if "text" in row:
        return str(row["text"])
    return "\n".join(str(value) for value in row.values() if isinstance(value, str))


def _beginning(path: Path, size: int) -> Iterator[dict[str, Any]]:
    """Rows until `size` bytes are read."""
    read = 0
    with path.open("rb") as lines:
        for line in lines:
            read += len(line)
            if read > size:
                return
            yield json.loads(line)


def _sample(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """`count` rows spread evenly over the file, or all when there are no more."""
    size = path.stat().st_size
    with path.open("rb") as lines:
        head = list(islice(lines, count + 1))
        if len(head) <= count:
            yield from (json.loads(line) for line in head)
            return
        seen = -1
        for number in range(count):
            lines.seek(size * number // count, os.SEEK_SET)
            if number:
                lines.readline()  # the rest of a line that began before
            at = lines.tell()
            line = lines.readline()
            if line and at != seen:
                seen = at
                yield json.loads(line)
