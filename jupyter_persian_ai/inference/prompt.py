"""From a conversation to the tokens of a prompt that fits the context.

Uses the model's chat template; a model without one simply continues the text of the
conversation. When it does not fit, the oldest turns go first and the caller is told how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from ..errors import ModelUnsafe
from ..hub.cpu_limit import ComputedTooLong, cpu_limit
from ..persian.normaliser import Normaliser

Message = dict[str, str]

#: Of the context, at least this share stays for the answer, unless it asked for less.
_ANSWER_SHARE = 4
#: Of the processor; a template takes milliseconds.
_TEMPLATE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids, how many more may be written, and how many oldest messages were left out."""

    ids: list[int]
    new_tokens: int
    dropped: int


def as_learned(messages: list[Message], normaliser: Normaliser | None) -> list[Message]:
    """The conversation with what people wrote normalised as the model's training data was.

    Only the model reads it so: what is kept and shown stays as it was written. Its own answers
    are left alone, they are tokens that it has already read.
    """
    if normaliser is None:
        return messages
    return [
        message
        if message["role"] == "assistant"
        else {**message, "content": normaliser.text(message["content"])}
        for message in messages
    ]


def fit_prompt(
    tokenizer: Any, messages: list[Message], *, context_length: int, max_new_tokens: int
) -> Prompt:
    """The longest end of the conversation (and the system message) that leaves room to answer.

    A single message that is too long for the context by itself loses its beginning.
    """
    room = context_length - min(max_new_tokens, max(1, context_length // _ANSWER_SHARE))
    head = [message for message in messages if message["role"] == "system"]
    turns = [message for message in messages if message["role"] != "system"]
    dropped = 0
    ids = encode(tokenizer, [*head, *turns])
    while len(ids) > room and len(turns) > 1:
        # A turn is a question and what answered it: never start with an answer.
        dropped += 1
        turns = turns[1:]
        while len(turns) > 1 and turns[0]["role"] == "assistant":
            dropped += 1
            turns = turns[1:]
        ids = encode(tokenizer, [*head, *turns])
    ids = ids[-room:]
    return Prompt(ids, min(max_new_tokens, context_length - len(ids)), dropped)


def encode(tokenizer: Any, messages: list[Message]) -> list[int]:
    """Token ids of a conversation that awaits an answer."""
    if not tokenizer.chat_template:
        text = "\n".join(message["content"] for message in messages)
        ids: list[int] = tokenizer(text, add_special_tokens=True, verbose=False)["input_ids"]
        return ids or [tokenizer.eos_token_id or 0]
    try:
        text = _templated(tokenizer, messages)
    except TemplateError:
        # Some templates know no system role (early Gemma): its words lead the first question.
        text = _templated(tokenizer, _fold_system(messages))
    encoded: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return encoded or [tokenizer.eos_token_id or 0]


def _templated(tokenizer: Any, messages: list[Message]) -> str:
    """The conversation by the model's own template, which is a program of somebody's.

    Raises:
        ModelUnsafe: it comes to no end.

    """
    try:
        with cpu_limit(_TEMPLATE_SECONDS):
            text: str = tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
    except ComputedTooLong:
        name = str(getattr(tokenizer, "name_or_path", ""))
        raise ModelUnsafe(
            path=name,
            reason="its chat template comes to no end",
            reason_fa="الگوی گفت‌وگویش به پایان نمی‌رسد",
        ) from None
    return text


def _fold_system(messages: list[Message]) -> list[Message]:
    """The conversation in strict alternation, system text at the head of the first question."""
    system = "\n".join(m["content"] for m in messages if m["role"] == "system")
    folded: list[Message] = []
    for message in messages:
        if message["role"] == "system":
            continue
        if folded and folded[-1]["role"] == message["role"]:
            joined = f"{folded[-1]['content']}\n\n{message['content']}"
            folded[-1] = {"role": message["role"], "content": joined}
        else:
            folded.append(dict(message))
    if system and folded:
        folded[0] = {**folded[0], "content": f"{system}\n\n{folded[0]['content']}"}
    return folded
