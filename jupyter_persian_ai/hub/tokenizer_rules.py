"""Which tokenizers are used at all: `tokenizer.json` is data, with regular expressions in it.

They are carried out by a backtracking engine (Oniguruma) on every text, so one that can take
exponential time is refused: a repetition of something that itself repeats or chooses, a reference
back, a call. Sizes are checked before a loader builds anything.

Source of the rule: Davis et al., "The impact of regular expression denial of service", ESEC/FSE
2018, whose first anti-pattern is the star height above one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..errors import ModelUnsafe
from .config_rules import LARGEST
from .folder import not_a_folder, read_some

MAX_BYTES = 96 * 2**20
_MAX_PATTERN = 10_000
_MAX_REPETITIONS = 200
#: A count in braces that is as good as endless.
_MANY = 100


class _Tokenizer(msgspec.Struct):
    """Only what is looked at; the vocabulary is skipped over, not built."""

    model: msgspec.Raw = msgspec.Raw(b"{}")
    normalizer: Any = None
    pre_tokenizer: Any = None
    post_processor: Any = None
    decoder: Any = None


class _Model(msgspec.Struct):
    vocab: msgspec.Raw = msgspec.Raw(b"{}")
    merges: msgspec.Raw = msgspec.Raw(b"[]")


def check_tokenizer(folder: Path, place: Path) -> None:
    """Refuse a `tokenizer.json` that could keep a loader busy for ever.

    Raises:
        ModelUnsafe: one of its patterns can take exponential time.
        ModelNotAFolder: it is no JSON of a believable size.

    """
    raw = read_some(place, MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise not_a_folder(
            folder, "tokenizer.json is too large", "tokenizer.json بیش از اندازه بزرگ است"
        )
    try:
        found = msgspec.json.decode(raw, type=_Tokenizer)
        model = msgspec.json.decode(found.model, type=_Model)
        entries = max(_entries(model.vocab), _entries(model.merges))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise not_a_folder(
            folder, "tokenizer.json is not JSON", "tokenizer.json درست نوشته نشده است"
        ) from None
    if entries > LARGEST["vocab_size"]:
        raise not_a_folder(
            folder,
            f"tokenizer.json has {entries} entries",
            f"tokenizer.json {entries} مدخل دارد",
        )
    parts = (found.normalizer, found.pre_tokenizer, found.post_processor, found.decoder)
    for pattern in _patterns(parts):
        if trouble := explosive(pattern):
            raise ModelUnsafe(
                path=str(folder),
                file="tokenizer.json",
                reason=f"tokenizer.json has a pattern that {trouble}: {pattern[:60]}",
                reason_fa=f"الگویی در tokenizer.json ممکن است هرگز پایان نیابد: {pattern[:60]}",
            )


def _entries(raw: msgspec.Raw) -> int:
    value = msgspec.json.decode(raw)
    return len(value) if isinstance(value, dict | list) else 0


def _patterns(parts: Any) -> Iterator[str]:
    """Every text under a key `Regex`, however deep."""
    waiting = list(parts)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("Regex"), str):
                yield value["Regex"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


_CLASS_PROPERTY = re.compile(r"\\[pP]\{[^}]*\}|\\x\{[0-9a-fA-F]+\}|\\.", re.DOTALL)
_BRACES = re.compile(r"\{(\d*)(,?)(\d*)\}")


def explosive(pattern: str) -> str:
    """Why `pattern` might take exponential time; empty when no reason is seen.

    Errs on the side of a reason: a pattern that cannot be read is one.
    """
    if len(pattern) > _MAX_PATTERN:
        return "is too long"
    if re.search(r"\\[1-9kgG]", re.sub(r"\\\\", "", pattern)):
        return "refers back"
    try:
        return _scanned(pattern)
    except IndexError:
        return "cannot be read"


def _scanned(pattern: str) -> str:
    groups = [False]  # of each open group: whether it repeats without end, or chooses
    last = False  # the same of what stands before this place
    repetitions, place = 0, 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            match = _CLASS_PROPERTY.match(pattern, place)
            place, last = (match.end() if match else len(pattern)), False
        elif sign == "[":
            place, last = _class_end(pattern, place), False
        elif sign == "(":
            groups.append(False)
            place = _group_start(pattern, place)
        elif sign == ")":
            last = groups.pop()
            groups[-1] = groups[-1] or last
            place += 1
        elif sign == "|":
            # The outermost choice is every tokenizer's; it is not repeated by the pattern.
            groups[-1] = groups[-1] or len(groups) > 1
            place += 1
        else:
            endless, end = _quantifier(pattern, place)
            if endless and last:
                return "repeats what itself repeats or chooses"
            if endless:
                repetitions += 1
                groups[-1] = last = True
            if end == place:
                last, end = False, place + 1
            place = end
    return "repeats too often" if repetitions > _MAX_REPETITIONS else ""


def _quantifier(pattern: str, place: int) -> tuple[bool, int]:
    """Whether what stands here repeats without end, and where it ends (`place`: it is none)."""
    sign, end, endless = pattern[place], place, False
    if sign in "*+":
        endless, end = True, place + 1
    elif sign == "?":
        end = place + 1
    elif sign == "{" and (braces := _BRACES.match(pattern, place)):
        least, comma, most = braces.groups()
        counts = [int(number) for number in (least, most) if number]
        endless = bool(comma and not most) or any(number > _MANY for number in counts)
        end = braces.end()
    if end > place and pattern[end : end + 1] in {"?", "+"}:
        end += 1  # lazy or possessive
    return endless, end


def _class_end(pattern: str, place: int) -> int:
    """Behind the class that opens here; classes may stand in classes."""
    depth = 0
    while True:
        sign = pattern[place]
        if sign == "\\":
            place += 1
        elif sign == "[":
            depth += 1
            if pattern[place + 1 : place + 3] == "^]":
                place += 2
            elif pattern[place + 1] == "]":
                place += 1
        elif sign == "]":
            depth -= 1
            if not depth:
                return place + 1
        place += 1


def _group_start(pattern: str, place: int) -> int:
    """Behind the opening of the group that stands here: `(`, `(?:`, `(?i:`, `(?<name>`, ..."""
    match = re.compile(r"\((\?(<?[=!]|>|[imsx-]*:|P?<\w+>|[imsx-]+(?=\))))?").match(pattern, place)
    return match.end() if match else place + 1
