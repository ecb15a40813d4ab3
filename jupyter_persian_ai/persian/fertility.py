"""What a tokenizer makes of Persian texts: how many tokens, and which characters it loses.

Owns the measures. The tokenizer's file is a stranger's, so `measure` is called in a process of its
own; only `tokenizer.json` is read, and no code of a model is ever run.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .yardstick import yardstick

HALF_SPACE = "\u200c"
SAMPLED_ROWS = 2000
SAMPLED_CHARACTERS = 2_000_000
SHOWN = 30
_OFFSET_BYTES = 8
_NAMES = frozenset({"label", "tags"})


def measure(payload: dict[str, Any]) -> dict[str, Any]:
    """Measure one tokenizer on a sample of a dataset, spread evenly over it.

    Args:
        payload: `folder` (of canonical rows), `tokenizer` (path of a `tokenizer.json`), `rows` and
            `words` (of the whole dataset).

    Returns:
        The fields of `Fertility` but the model's. Tokens of a template are not counted; the packed
        tokens have one more for the end of each row. A character is lost when fewer of it come
        back from the tokens than went in; spaces are not counted, because decoders put some at the
        beginning. Half-spaces and other signs that nobody sees are named.

    """
    told = _measured(Path(payload["tokenizer"]), _sample(Path(payload["folder"])))
    words, tokens = told.pop("words"), told.pop("tokens")
    scale = int(payload["words"]) / words if words else 0.0
    return told | {"packed_tokens": round(tokens * scale) + int(payload["rows"])}


def measure_yardstick(payload: dict[str, Any]) -> dict[str, Any]:
    """Measure one tokenizer on a text that is the same for all.

    Args:
        payload: `tokenizer`, the path of a `tokenizer.json`.

    Returns:
        As `measure`; the packed tokens are those of that text, a row for each of its sentences.

    """
    lines = yardstick().splitlines()
    told = _measured(Path(payload["tokenizer"]), ([line] for line in lines))
    _, tokens = told.pop("words"), told.pop("tokens")
    return told | {"packed_tokens": tokens + len(lines)}


def _measured(path: Path, rows: Iterable[list[str]]) -> dict[str, Any]:
    """What `measure` tells, with `words` and `tokens` of the rows and no packed tokens."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - in its own process only

    tokenizer = Tokenizer.from_file(str(path))
    # A file may say that texts are to be cut or filled up, which would falsify the counts.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = _unknown_id(json.loads(path.read_text("utf-8")), tokenizer)
    counts = Counter[str]()
    lost = Counter[str]()
    for texts in rows:
        counts["rows"] += 1
        for text, encoded in zip(
            texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
        ):
            counts["characters"] += len(text)
            counts["words"] += len(text.split())
            counts["tokens"] += len(encoded.ids)
            counts["unknown"] += encoded.ids.count(unknown)
            back = tokenizer.decode(encoded.ids, skip_special_tokens=False)
            if back != text:
                lost += Counter(text) - Counter(back)
    lost.pop(" ", None)
    return {
        "sampled_rows": counts["rows"],
        "tokens_per_word": counts["tokens"] / counts["words"] if counts["words"] else 0.0,
        "characters_per_token": (
            counts["characters"] / counts["tokens"] if counts["tokens"] else 0.0
        ),
        "unknown_tokens": counts["unknown"],
        "lost": [named(one) for one, _ in lost.most_common(SHOWN)],
        "lost_count": sum(lost.values()),
        "half_spaces_kept": HALF_SPACE not in lost,
        "words": counts["words"],
        "tokens": counts["tokens"],
    }


def named(character: str) -> str:
    """A character as a reader can see it: itself, or its code and name."""
    category = unicodedata.category(character)
    if category[0] in "LNPS":
        return character
    name = unicodedata.name(character, "")
    shown = f"◌{character} " if category[0] == "M" else ""
    return f"{shown}U+{ord(character):04X} {name}".rstrip()


def _unknown_id(file: Mapping[str, Any], tokenizer: Any) -> int:
    """The id that stands for what the vocabulary lacks; -1 where there is none."""
    model = file.get("model") or {}
    if isinstance(model.get("unk_id"), int):
        return int(model["unk_id"])
    token = model.get("unk_token")
    found = tokenizer.token_to_id(token) if isinstance(token, str) else None
    return -1 if found is None else int(found)


def _sample(folder: Path) -> Iterator[list[str]]:
    """The texts of rows at equal distances, until there are enough of them."""
    index = folder / "rows.index"
    rows = index.stat().st_size // _OFFSET_BYTES
    if not rows:
        return
    # As many as the budget allows: of long rows fewer, but still from all over the dataset.
    usual = max(1, (folder / "rows.jsonl").stat().st_size // rows // 2)
    taken = max(1, min(rows, SAMPLED_ROWS, SAMPLED_CHARACTERS // usual))
    left = SAMPLED_CHARACTERS
    with index.open("rb") as offsets, (folder / "rows.jsonl").open("rb") as lines:
        for place in range(taken):
            offsets.seek(place * rows // taken * _OFFSET_BYTES)
            lines.seek(int.from_bytes(offsets.read(_OFFSET_BYTES), "little"))
            texts = [text[:left] for text in _texts(json.loads(lines.readline()))]
            left -= sum(map(len, texts))
            yield [text for text in texts if text]
            if left <= 0:
                return


def _texts(row: Mapping[str, Any]) -> list[str]:
    """The texts of a canonical row: fields, words joined by spaces, what each turn says."""
    texts: list[str] = []
    for field, value in row.items():
        if field in _NAMES or not value:
            continue
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value[0], str):
            texts.append(" ".join(value))
        else:
            texts += [turn["content"] for turn in value]
    return texts
