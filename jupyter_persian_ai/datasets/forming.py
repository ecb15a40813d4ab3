"""Makes canonical rows from records, one function a shape. What a text says is never changed.

Owns what a good row of each shape is. Labels are the one exception to "unchanged": they are names,
not texts, so they become strings without white space around them, and tags are written in BIO
whichever of its dialects the file speaks.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping

from ..protocol.data import DatasetShape
from .problems import Problem
from .tagging import as_bio, words_of
from .turns import conversation, is_turns, listed

__all__ = ["FIELDS", "form_row", "is_label", "is_turns", "is_words"]

LABEL_CHARACTERS = 200
BLANK = f"{string.whitespace}\u00a0\u200b\u200c\u200d\u200e\u200f\u2028\u2029\ufeff"

Row = dict[str, object]
Names = Mapping[str, str]
Record = Mapping[str, object]


#: Of each shape: the fields it must have, and those it may have besides.
FIELDS: dict[DatasetShape, tuple[tuple[str, ...], tuple[str, ...]]] = {
    DatasetShape.TEXT: (("text",), ()),
    DatasetShape.PROMPT_ANSWER: (("prompt", "answer"), ("input",)),
    DatasetShape.MESSAGES: (("messages",), ("system",)),
    DatasetShape.TEXT_LABEL: (("text", "label"), ()),
    DatasetShape.PAIR_LABEL: (("text", "text_pair", "label"), ()),
    DatasetShape.TOKENS_TAGS: (("tokens", "tags"), ()),
    DatasetShape.PREFERENCE: (("chosen", "rejected"), ("prompt",)),
}


def form_row(shape: DatasetShape, names: Names, record: Record, line: int) -> Row | Problem:
    """The canonical row of `record`, whose fields `names` takes from ours; or why there is none."""
    for ours in FIELDS[shape][0]:
        theirs = names[ours]
        if theirs not in record:
            return Problem(line, "missing_field", theirs, sample_of(record), theirs)
    made = _FORMS[shape](names, record, line)
    if isinstance(made, Problem) and not made.sample:
        return made.over(sample_of(record))
    return made


def is_label(value: object) -> bool:
    """Whether `value` can name a class: a short text, a whole number, or yes and no."""
    if isinstance(value, str):
        return len(value) <= LABEL_CHARACTERS and "\n" not in value.strip()
    return isinstance(value, bool | int) or (isinstance(value, float) and value.is_integer())


def is_words(value: object) -> bool:
    """Whether `value` is a list of words or tags, or a text of them."""
    found = listed(value)
    if found is None:
        return isinstance(value, str)
    return all(isinstance(one, str | int) for one in found)


def sample_of(record: Record) -> str:
    """A glimpse of a record."""
    return " · ".join(f"{key}: {str(value)[:60]}" for key, value in list(record.items())[:4])


def _text(names: Names, record: Record, line: int) -> Row | Problem:
    return _texts(("text",), names, record, line)


def _prompt_answer(names: Names, record: Record, line: int) -> Row | Problem:
    row = _texts(("prompt", "answer"), names, record, line)
    if isinstance(row, Problem) or "input" not in names:
        return row
    extra = record.get(names["input"])
    if extra is None:
        return row
    if fault := text_fault(extra, names["input"], line, optional=True):
        return fault
    if isinstance(extra, str) and extra.strip():
        row["prompt"] = f"{row['prompt']}\n{extra}"
    return row


def _text_label(names: Names, record: Record, line: int) -> Row | Problem:
    row = _texts(("text",), names, record, line)
    return row if isinstance(row, Problem) else _labelled(row, names, record, line)


def _pair_label(names: Names, record: Record, line: int) -> Row | Problem:
    row = _texts(("text", "text_pair"), names, record, line)
    return row if isinstance(row, Problem) else _labelled(row, names, record, line)


def _texts(ours: tuple[str, ...], names: Names, record: Record, line: int) -> Row | Problem:
    row: Row = {}
    for one in ours:
        value = record.get(names[one])
        if fault := text_fault(value, names[one], line):
            return fault
        row[one] = value
    return row


def _labelled(row: Row, names: Names, record: Record, line: int) -> Row | Problem:
    name, value = names["label"], record.get(names["label"])
    if value is None or (isinstance(value, str) and not value.strip(BLANK)):
        return Problem(line, "no_label", name, field=name)
    if not is_label(value):
        code = "long_label" if isinstance(value, str) else "not_a_label"
        return Problem(line, code, name, field=name)
    label = _label(value)
    if fault := text_fault(label, name, line):
        return fault
    return row | {"label": label}


def label_text(value: object) -> str | None:
    """The label that `value` names; None where it names none, or where it must be looked at."""
    if isinstance(value, float) or not is_label(value):
        return None
    label = _label(value)
    return label if text_fault(label, "", 0) is None else None


def _label(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) else str(value).strip()


def _messages(names: Names, record: Record, line: int) -> Row | Problem:
    name = names["messages"]
    turns = conversation(record.get(name), name, line)
    if isinstance(turns, Problem):
        return turns
    system = record.get(names["system"]) if "system" in names else None
    if isinstance(system, str) and system.strip() and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": system})
    for place, turn in enumerate(turns, start=1):
        if fault := text_fault(turn["content"], name, line, place=place):
            return fault
    if not any(turn["role"] == "assistant" for turn in turns):
        return Problem(line, "no_answer", name, field=name)
    return {"messages": turns}


def _tokens_tags(names: Names, record: Record, line: int) -> Row | Problem:
    tokens = words_of(record.get(names["tokens"]), names["tokens"], line)
    if isinstance(tokens, Problem):
        return tokens
    for place, token in enumerate(tokens, start=1):
        if fault := text_fault(token, names["tokens"], line, place=place):
            return fault
    tags = words_of(record.get(names["tags"]), names["tags"], line)
    if isinstance(tags, Problem):
        return tags
    if len(tags) != len(tokens):
        what = f"{len(tokens)} ≠ {len(tags)}"
        return Problem(line, "tags_length", what, field=names["tags"])
    bio = as_bio(tags, names["tags"], line)
    return bio if isinstance(bio, Problem) else {"tokens": tokens, "tags": bio}


def _preference(names: Names, record: Record, line: int) -> Row | Problem:
    answers: dict[str, str] = {}
    asked: list[dict[str, str]] | None = None
    for ours in ("chosen", "rejected"):
        name = names[ours]
        value = record.get(name)
        if listed(value) is not None:
            turns = conversation(value, name, line, answer_only=True)
            if isinstance(turns, Problem):
                return turns
            if turns[-1]["role"] != "assistant":
                return Problem(line, "no_last_answer", name, field=name)
            if asked is not None and asked != turns[:-1]:
                return Problem(line, "different_prompts", name, field=name)
            asked, value = turns[:-1], turns[-1]["content"]
        if fault := text_fault(value, name, line):
            return fault
        answers[ours] = str(value)
    if answers["chosen"] == answers["rejected"]:
        return Problem(line, "same_answers", names["rejected"], field=names["rejected"])
    prompt = _asked(asked or [], names, record, line)
    return prompt if isinstance(prompt, Problem) else {"prompt": prompt, **answers}


def _asked(
    asked: list[dict[str, str]], names: Names, record: Record, line: int
) -> str | list[dict[str, str]] | Problem:
    """The prompt of a preference: what comes before the two answers, or a field of its own."""
    name = names.get("prompt", "prompt")
    if not asked:
        value = record.get(name)
        if value is None:
            return Problem(line, "no_prompt", name, field=name)
        if listed(value) is None:
            if fault := text_fault(value, name, line):
                return fault
            return str(value)
        turns = conversation(value, name, line)
        if isinstance(turns, Problem):
            return turns
        asked = turns
    for place, turn in enumerate(asked, start=1):
        if fault := text_fault(turn["content"], name, line, place=place):
            return fault
    # One question is a prompt like any other; only a longer conversation needs its turns.
    return asked[0]["content"] if [turn["role"] for turn in asked] == ["user"] else asked


def text_fault(
    value: object, name: str, line: int, *, optional: bool = False, place: int = 0
) -> Problem | None:
    """Why `value` of field `name` is no text to learn from; None when it is.

    `place` counts turns or words from 1 where the field is a list.
    """
    if not isinstance(value, str):
        return Problem(line, "not_text", name, field=name, place=place)
    # Half-spaces and direction marks alone are no text.
    if not optional and not value.strip(BLANK):
        return Problem(line, "empty", name, value, name, place)
    if "\x00" in value:
        return Problem(line, "control", name, value, name, place)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        what = f"U+{ord(value[error.start]):04X}"
        return Problem(line, "surrogate", what, value, name, place)
    return None


_FORMS: dict[DatasetShape, Callable[[Names, Record, int], Row | Problem]] = {
    DatasetShape.TEXT: _text,
    DatasetShape.PROMPT_ANSWER: _prompt_answer,
    DatasetShape.MESSAGES: _messages,
    DatasetShape.TEXT_LABEL: _text_label,
    DatasetShape.PAIR_LABEL: _pair_label,
    DatasetShape.TOKENS_TAGS: _tokens_tags,
    DatasetShape.PREFERENCE: _preference,
}
