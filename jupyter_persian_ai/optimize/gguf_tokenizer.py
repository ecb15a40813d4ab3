"""A tokenizer in the words of GGUF: tokens, kinds, merges or scores, what is added, the template.

Two kinds are known: byte-level BPE (`gpt2` in GGUF) and BPE over characters with bytes to fall
back on, as SentencePiece makes it (`llama` in GGUF). Must not write a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, TokenType

from ..errors import TokenizerUnsupported
from ..training.tokenizer import load_tokenizer, stop_ids
from . import gguf_pretokenizers
from .gguf_pretokenizers import Chosen

_SPACE = "\u2581"
#: Of the sentences so many may be cut otherwise before a file would be more wrong than useful.
_MOST_DIFFERENT = 3
#: Of the pairs that SentencePiece would join, the share that a tokenizer may not.
_MOST_MISSING = 0.001


@dataclass(slots=True)
class Words:
    """What GGUF is told of a tokenizer."""

    model: str
    tokens: list[str]
    kinds: list[int]
    scores: list[float] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    way: Chosen | None = None
    special: dict[str, int] = field(default_factory=dict)
    adds_begin: bool = False
    adds_end: bool = False
    adds_space: bool = False
    template: str = ""

    def tell(self, writer: GGUFWriter) -> None:
        """Put all of it into a file that is being made."""
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre(self.way.name if self.way else "default")
        writer.add_token_list(self.tokens)
        if self.scores:
            writer.add_token_scores(self.scores)
        writer.add_token_types(self.kinds)
        if self.merges:
            writer.add_token_merges(self.merges)
        for name, place in self.special.items():
            getattr(writer, f"add_{name}_token_id")(place)
        writer.add_add_bos_token(self.adds_begin)
        writer.add_add_eos_token(self.adds_end)
        writer.add_add_space_prefix(self.adds_space)
        if self.template:
            writer.add_chat_template(self.template)


def read(folder: Path, rows: int) -> Words:
    """The tokenizer of a model's folder, for an embedding of `rows` tokens.

    Raises:
        ModelNotAFolder: it cannot be read.
        TokenizerUnsupported: GGUF has no words for it.

    """
    tokenizer = load_tokenizer(folder)
    core = getattr(tokenizer, "backend_tokenizer", None)
    told = json.loads(core.to_str()) if core is not None else {}
    model = told.get("model") or {}
    if model.get("type") != "BPE":
        raise _unsupported(f"it is of type {model.get('type')}", f"از نوع {model.get('type')} است")
    if model.get("byte_fallback"):
        words = _characters(told, rows)
    elif _bytewise(told):
        words = _bytes(told, rows)
    else:
        raise _unsupported("it knows some characters only", "تنها برخی نویسه‌ها را می‌شناسد")
    _special(tokenizer, words)
    _added(tokenizer, words)
    words.template = _template(tokenizer)
    return words


def _bytewise(told: dict[str, Any]) -> bool:
    parts = told.get("pre_tokenizer") or {}
    inner = parts.get("pretokenizers") or [parts]
    normalizer = told.get("normalizer") or {}
    plain = normalizer.get("type") in {None, "NFC"}
    return plain and any(part.get("type") == "ByteLevel" for part in inner)


def _vocabulary(told: dict[str, Any], rows: int) -> tuple[list[str], list[int]]:
    """The tokens by their numbers; numbers that are none's get a name of their own."""
    named = {number: token for token, number in told["model"]["vocab"].items()}
    kinds = dict.fromkeys(named, int(TokenType.NORMAL))
    for added in told.get("added_tokens") or []:
        named[added["id"]] = added["content"]
        special = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
        kinds[added["id"]] = int(special)
    if max(named) >= rows:
        raise _unsupported(
            f"it has {max(named) + 1} tokens and the model knows {rows}",
            f"{max(named) + 1} توکن دارد و مدل {rows} توکن می‌شناسد",
        )
    tokens = [named.get(number, f"[PAD{number}]") for number in range(rows)]
    return tokens, [kinds.get(number, int(TokenType.UNUSED)) for number in range(rows)]


def _bytes(told: dict[str, Any], rows: int) -> Words:
    way = gguf_pretokenizers.choose(told)
    if way.sentences > _MOST_DIFFERENT:
        raise _unsupported(
            f"llama.cpp would cut {way.sentences} of {len(gguf_pretokenizers.SENTENCES)} sample "
            "sentences otherwise",
            f"در llama.cpp از {len(gguf_pretokenizers.SENTENCES)} جملهٔ نمونه {way.sentences} تا را "
            "جور دیگری بریده می‌شود",
        )
    tokens, kinds = _vocabulary(told, rows)
    merges = [" ".join(pair) for pair in _merges(told)]
    return Words("gpt2", tokens, kinds, merges=merges, way=way)


def _characters(told: dict[str, Any], rows: int) -> Words:
    """llama.cpp joins the neighbours whose token scores highest: the rank of a merge, negated."""
    tokens, kinds = _vocabulary(told, rows)
    scores = [0.0] * rows
    vocabulary = told["model"]["vocab"]
    merges = _merges(told)
    _check_merges(vocabulary, merges)
    for rank, (left, right) in reversed(list(enumerate(merges))):
        place = vocabulary.get(left + right)
        if place is not None:
            scores[place] = -1.0 - rank
    unknown = vocabulary.get(told["model"].get("unk_token") or "")
    for number, token in enumerate(tokens):
        if number == unknown:
            kinds[number] = int(TokenType.UNKNOWN)
        elif kinds[number] == TokenType.USER_DEFINED and _SPACE in token and scores[number]:
            # Looked for in the text as it is, where spaces are spaces: it only comes of merges.
            kinds[number] = int(TokenType.NORMAL)
        elif len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
            kinds[number] = int(TokenType.BYTE)
        elif kinds[number] == TokenType.UNUSED:
            scores[number] = -1e9
    return Words("llama", tokens, kinds, scores=scores)


def _check_merges(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
    """Refuse merges that leave pairs out: llama.cpp joins every pair that makes a token."""
    known = set(merges)
    possible = missing = 0
    for token in {left + right for left, right in merges}:
        for cut in range(1, len(token)):
            pair = (token[:cut], token[cut:])
            if pair[0] in vocabulary and pair[1] in vocabulary:
                possible += 1
                missing += pair not in known
    if missing > possible * _MOST_MISSING:
        raise _unsupported(
            f"{missing} of {possible} pairs are tokens that its merges do not join",
            f"{missing} جفت از {possible} جفت توکن را ادغام‌هایش به هم نمی‌پیوندد",
        )


def _merges(told: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for pair in told["model"].get("merges") or []:
        left, right = pair.split(" ", 1) if isinstance(pair, str) else pair
        pairs.append((left, right))
    return pairs


def _special(tokenizer: Any, words: Words) -> None:
    ends = [tokenizer.eos_token_id]
    for name, place in (
        ("bos", tokenizer.bos_token_id),
        ("eos", tokenizer.eos_token_id),
        ("unk", tokenizer.unk_token_id),
        ("pad", tokenizer.pad_token_id),
        # What ends an answer, where that is not what ends a text.
        ("eot", next((one for one in stop_ids(tokenizer) if one not in ends), None)),
    ):
        if isinstance(place, int):
            words.special[name] = place


def _added(tokenizer: Any, words: Words) -> None:
    """What the tokenizer adds by itself, found out by asking it."""
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a", add_special_tokens=True)["input_ids"]
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    words.adds_begin = begin is not None and whole != plain and whole[0] == begin
    words.adds_end = end is not None and whole != plain and whole[-1] == end
    rest = whole[int(words.adds_begin) : len(whole) - int(words.adds_end)]
    if rest != plain:
        raise _unsupported(
            "it adds more than a beginning and an end", "جز آغاز و پایان چیز دیگری هم می‌افزاید"
        )
    first = words.tokens[plain[0]] if plain else ""
    words.adds_space = words.model == "llama" and first.startswith(_SPACE)


def _template(tokenizer: Any) -> str:
    found = tokenizer.chat_template
    if isinstance(found, dict):
        found = found.get("default", "")
    return found if isinstance(found, str) else ""


def _unsupported(reason: str, reason_fa: str) -> TokenizerUnsupported:
    return TokenizerUnsupported(reason=reason, reason_fa=reason_fa)
