"""Recognises what the rows of a file hold, from the names and the kinds of its fields.

Owns the names that stand for each of our fields, in Persian and English, and the rules of a
mapping that a user gives. Making the rows themselves is `forming`'s work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import DatasetFields, InvalidField
from ..persian.fold import fold
from ..protocol.data import DatasetShape
from .forming import FIELDS, form_row, is_label, is_turns, is_words
from .problems import Problem

Row = dict[str, object]
Record = Mapping[str, object]

# In order of preference. Compared folded: «سؤال», «سوال» and «سؤال » are one name.
_TEXT = ("text", "متن", "content", "محتوا", "body", "document", "sentence", "جمله", "poem", "شعر")
_JUDGED = (*_TEXT, "comment", "review", "tweet", "نظر", "دیدگاه", "headline", "title", "عنوان")
_PROMPT = (
    "prompt", "instruction", "question", "query", "سؤال", "پرسش", "دستور", "درخواست", "input",
    "source",
)  # fmt: skip
_ANSWER = (
    "answer", "output", "response", "completion", "پاسخ", "جواب", "خروجی", "target", "answers",
)  # fmt: skip
_INPUT = ("input", "context", "ورودی", "زمینه")
_MESSAGES = ("messages", "conversations", "conversation", "پیام‌ها", "گفت‌وگو", "dialog", "chat")
_SYSTEM = ("system", "system_prompt", "سامانه")
_LABEL = ("label", "برچسب", "labels", "class", "رده", "دسته", "sentiment", "احساس", "gold_label")
# Columns that often stand beside a raw text: a label only if the user says that there is one.
_LABEL_IF_ASKED = (*_LABEL, "category", "topic", "target", "answer", "موضوع", "tag", "y")
_PAIRS = (
    ("premise", "hypothesis"), ("sentence1", "sentence2"), ("text1", "text2"), ("text_a", "text_b"),
    ("text", "text_pair"), ("question1", "question2"), ("فرض", "فرضیه"), ("مقدمه", "فرضیه"),
    ("متن ۱", "متن ۲"), ("جمله ۱", "جمله ۲"), ("question", "sentence"),
)  # fmt: skip
_TOKENS = ("tokens", "words", "واژه‌ها", "کلمات", "نشانه‌ها", "sentence", "text")
_TAGS = ("tags", "ner_tags", "ner", "labels", "برچسب‌ها", "iob", "bio")
_CHOSEN = ("chosen", "preferred", "برگزیده", "پاسخ برتر")
_REJECTED = ("rejected", "dispreferred", "ردشده", "رد شده", "پاسخ بدتر")


@dataclass(frozen=True, slots=True)
class Fields:
    """What the rows hold, and which of our fields is which of the file's."""

    shape: DatasetShape
    names: Mapping[str, str] = field(default_factory=dict)

    def row(self, record: Record, line: int) -> Row | Problem:
        """The canonical row of a record, or why there is none."""
        return form_row(self.shape, self.names, record, line)


def recognise(
    found: Iterable[str],
    *,
    name: str,
    shape: DatasetShape | None = None,
    among: Sequence[DatasetShape] = (),
    mapping: Mapping[str, str] | None = None,
    records: Sequence[Record] = (),
) -> Fields:
    """Which of the fields `found` is which.

    `mapping` takes our names to the file's and wins over everything; with a `shape` it may leave
    out fields that are recognised by themselves. Without either, the shape that says most about
    the rows is preferred, because it can be read as a lesser one and not the other way round; a
    single field is the text whatever its name. `among` leaves only some shapes to choose from, and
    each is then known by all the names that it has when it is asked for. `records` are the first
    rows: by their values a conversation is told from a text that is only called one.

    Raises:
        DatasetFields: they are not there.
        InvalidField: `mapping` is not of that form.

    """
    seen = _Seen(list(found), records)
    if mapping:
        return _mapped(seen, mapping, name, shape)
    asked = [shape] if shape else [one for one in _ORDER if one in among]
    for wanted in asked or _ORDER:
        if names := _find(seen, wanted, asked=bool(asked)):
            return Fields(wanted, names)
    if (not asked or DatasetShape.TEXT in asked) and len(seen.names) == 1:
        return Fields(DatasetShape.TEXT, {"text": seen.names[0]})
    needed = asked or [DatasetShape.TEXT, DatasetShape.PROMPT_ANSWER]
    listed = " | ".join(" + ".join(FIELDS[one][0]) for one in needed)
    raise DatasetFields(
        name=name, found=_listed(seen.names), needed=listed if asked else f"{listed} | …"
    )


_ORDER = (
    DatasetShape.PREFERENCE,
    DatasetShape.MESSAGES,
    DatasetShape.TOKENS_TAGS,
    DatasetShape.PROMPT_ANSWER,
    DatasetShape.PAIR_LABEL,
    DatasetShape.TEXT_LABEL,
    DatasetShape.TEXT,
)


class _Seen:
    """The names of a file's fields, folded once, and its first rows."""

    def __init__(self, names: list[str], records: Sequence[Record]) -> None:
        self.names = names
        self.records = records
        self._folded = {fold(name).strip(): name for name in reversed(names)}

    def first(self, wanted: Iterable[str], *but: str) -> str:
        """The first of `wanted` that is there and not one of `but`; empty without."""
        there = (self._folded.get(fold(want)) for want in wanted)
        return next((name for name in there if name and name not in but), "")

    def mostly(self, name: str, kind: object) -> bool:
        """Whether most first values of field `name` are of `kind`; a file not seen is believed."""
        values = [record[name] for record in self.records if record.get(name) is not None]
        if not values or not callable(kind):
            return not self.records
        return sum(bool(kind(value)) for value in values) * 2 > len(values)


def _find(seen: _Seen, shape: DatasetShape, *, asked: bool) -> dict[str, str]:
    """The fields of `shape`; empty if one is missing. `asked`: the user named the shape."""
    labels = _LABEL_IF_ASKED if asked else _LABEL
    match shape:
        case DatasetShape.TEXT:
            names = {"text": seen.first(_TEXT)}
        case DatasetShape.PROMPT_ANSWER:
            prompt = seen.first(_PROMPT)
            answer = seen.first(_ANSWER, prompt)
            names = {"prompt": prompt, "input": seen.first(_INPUT, prompt, answer)}
            names |= {"answer": answer}
        case DatasetShape.MESSAGES:
            names = {"messages": _turns(seen), "system": seen.first(_SYSTEM)}
        case DatasetShape.TEXT_LABEL:
            label = seen.first(labels)
            names = {"text": seen.first(_JUDGED, label), "label": label}
        case DatasetShape.PAIR_LABEL:
            pair = next((two for two in _PAIRS if all(seen.first([one]) for one in two)), ("", ""))
            one, two = (seen.first([name]) for name in pair)
            names = {"text": one, "text_pair": two, "label": seen.first(labels, one, two)}
        case DatasetShape.TOKENS_TAGS:
            tags = seen.first(_TAGS)
            # «text» and «labels» are tokens and tags only where the user says so, or by a list.
            tokens = seen.first(_TOKENS if asked else _TOKENS[:5], tags)
            names = {"tokens": tokens, "tags": tags}
        case DatasetShape.PREFERENCE:
            names = {"prompt": seen.first(_PROMPT)}
            names |= {"chosen": seen.first(_CHOSEN), "rejected": seen.first(_REJECTED)}
    if not all(names[one] for one in FIELDS[shape][0]):
        return {}
    if not asked and any(
        not seen.mostly(names[ours], kind) for ours, kind in _KINDS.items() if ours in names
    ):
        return {}
    return {ours: theirs for ours, theirs in names.items() if theirs}


#: Fields that are told by their values, not by their name alone.
_KINDS = {"label": is_label, "tokens": is_words, "tags": is_words}


def _turns(seen: _Seen) -> str:
    """The field that holds turns: by its name, or by what it holds."""
    named = seen.first(_MESSAGES)
    for name in dict.fromkeys([named, *seen.names]):
        if name and name != seen.first(_PROMPT) and seen.mostly(name, is_turns):
            return name if seen.records or name == named else ""
    return ""


def _mapped(
    seen: _Seen, mapping: Mapping[str, str], name: str, shape: DatasetShape | None
) -> Fields:
    keys = set(mapping)
    fitting = [one for one, (must, may) in FIELDS.items() if set(must) <= keys <= {*must, *may}]
    if not all(mapping.values()) or (shape is None and not fitting):
        raise InvalidField(
            field="fields",
            reason=f"map the fields of one shape: {_shapes_listed()}",
            reason_fa=f"فیلدهای یک شکل را نگاشت کنید: {_shapes_listed()}",
        )
    chosen = shape or fitting[0]
    must, may = FIELDS[chosen]
    if keys - {*must, *may}:
        raise InvalidField(
            field="fields",
            reason=f"this mapping does not make {chosen.value}",
            reason_fa=f"این نگاشت {chosen.value} نمی‌سازد",
        )
    absent = [theirs for theirs in mapping.values() if theirs not in seen.names]
    if absent:
        raise DatasetFields(name=name, found=_listed(seen.names), needed=_listed(absent))
    if keys.issuperset(must):
        return Fields(chosen, dict(mapping))
    rest = _Seen([one for one in seen.names if one not in mapping.values()], seen.records)
    names = dict(mapping)
    for ours in must:
        names[ours] = mapping.get(ours) or _alone(rest, chosen, ours)
    if not all(names.values()):
        raise DatasetFields(name=name, found=_listed(seen.names), needed=" + ".join(must))
    return Fields(chosen, names)


def _alone(seen: _Seen, shape: DatasetShape, ours: str) -> str:
    """The field that is `ours` when the others of its shape are already known."""
    if ours == "text" and shape is DatasetShape.PAIR_LABEL:
        return seen.first([one for one, _ in _PAIRS])
    return seen.first(
        {
            "text": _JUDGED, "prompt": _PROMPT, "answer": _ANSWER, "messages": _MESSAGES,
            "label": _LABEL_IF_ASKED, "text_pair": [two for _, two in _PAIRS], "tokens": _TOKENS,
            "tags": _TAGS, "chosen": _CHOSEN, "rejected": _REJECTED,
        }[ours]
    )  # fmt: skip


def _shapes_listed() -> str:
    return " | ".join(" + ".join(must) for must, _ in FIELDS.values())


def _listed(names: Iterable[str]) -> str:
    shown = [name[:40] for name in names]
    return ", ".join(shown[:20]) + (", …" if len(shown) > 20 else "") if shown else "—"
