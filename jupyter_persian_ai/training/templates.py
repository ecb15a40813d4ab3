"""Chat templates as strings: where in the text each answer of the assistant begins and ends.

An answer begins where the chat engine's prompt ends (the conversation so far, with the generation
prompt), and ends with the token that tells the engine to stop. Both are found by rendering, so
that whatever a template does is seen, not guessed: one that drops the reasoning of earlier turns
gives no span for the answers it rewrites. Most templates only join roles and contents; such a
*layout* is learned once for each order of roles and then filled without rendering. Knows nothing
of token ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from transformers import PreTrainedTokenizerBase

from ..errors import ConversationRefused
from .template_syntax import only_joins

Messages = list[dict[str, str]]
Span = tuple[int, int]

# An odd white space around each probe shows whether a template trims.
_EDGE = "\u2003"


@dataclass(frozen=True, slots=True)
class Written:
    """A rendered conversation.

    `spans`: half-open character ranges of the answers in `text`, in order. `open_end`: the last
    turn is an answer that the template ends with nothing a model could learn to write.
    """

    text: str
    spans: list[Span]
    open_end: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer of a layout: from `before` characters left of turn `turn` to `after` behind it."""

    turn: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """What stands before, between and behind the contents, and which of them are trimmed."""

    literals: tuple[str, ...]
    trimmed: tuple[bool, ...]
    answers: tuple[_Answer, ...]
    open_end: bool

    def fill(self, contents: list[str]) -> Written:
        """The conversation with these contents."""
        parts, begins, ends, length = [self.literals[0]], [], [], len(self.literals[0])
        for place, content in enumerate(contents):
            said = content.strip() if self.trimmed[place] else content
            begins.append(length)
            length += len(said)
            ends.append(length)
            literal = self.literals[place + 1]
            parts += (said, literal)
            length += len(literal)
        spans = [
            (begins[one.turn] - one.before, ends[one.turn] + one.after) for one in self.answers
        ]
        return Written("".join(parts), spans, self.open_end)


class Writer:
    """The chat template of one tokenizer, with what was learned of it."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.template = str(tokenizer.chat_template or "")
        #: Nothing in the template looks into a content, so a layout needs no second look.
        self.plain = only_joins(self.template, _environment())
        self._ends = _end_pattern(tokenizer)
        self._layouts: dict[tuple[str, ...], _Layout | None] = {}
        self._folds: bool | None = None

    def write(self, messages: Messages) -> Written:
        """`messages` as a text, with the places of its answers.

        Raises:
            ConversationRefused: the template refuses them, or leaves no answer as it was.

        """
        messages = self._folded(messages)
        roles = tuple(message["role"] for message in messages)
        if roles not in self._layouts:
            self._layouts[roles] = self._layout(roles)
        layout = self._layouts[roles]
        if layout is not None:
            written = layout.fill([message["content"] for message in messages])
            if self.plain or written.text == self._render(messages):
                return written
        return self._by_prefix(messages)

    def prompt(self, messages: Messages) -> str:
        """What the chat engine sends for `messages`, which end with a question."""
        return self._render(self._folded(messages), ask=True)

    # --- rendering ----------------------------------------------------------------------------

    def _render(self, messages: Messages, *, ask: bool = False) -> str:
        try:
            return str(
                self.tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=ask
                )
            )
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ConversationRefused(reason=reason, reason_fa=reason) from error

    def _folded(self, messages: Messages) -> Messages:
        """The system's words at the head of the first question where a template has no such role.

        The chat engine does the same.
        """
        if not messages or messages[0]["role"] != "system" or len(messages) == 1:
            return messages
        if self._folds is None:
            self._folds = self._knows_no_system()
        if not self._folds:
            return messages
        system, first, *rest = messages
        return [first | {"content": f"{system['content']}\n\n{first['content']}"}, *rest]

    def _knows_no_system(self) -> bool:
        question = {"role": "user", "content": "?"}
        try:
            self._render([{"role": "system", "content": "."}, question], ask=True)
        except ConversationRefused:
            return True
        return False

    # --- by rendering every prefix ------------------------------------------------------------

    def _by_prefix(self, messages: Messages) -> Written:
        whole = self._render(messages)
        spans: list[Span] = []
        open_end = False
        for turn, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            last = turn == len(messages) - 1
            told = whole if last else self._render(messages[: turn + 1])
            span = self._answer(self._render(messages[:turn], ask=True), told, message["content"])
            if span is None or not whole.startswith(told[: span[1]]):
                continue  # rewritten since: this answer is not what the model would write
            spans.append(span)
            open_end = last and not self._ends.search(told, span[0]) and span[1] == len(whole)
        if not spans:
            raise ConversationRefused(
                reason="no answer of the assistant is left as it was written",
                reason_fa="هیچ پاسخی از دستیار چنان که نوشته شده نمی‌ماند",
            )
        return Written(whole, spans, open_end)

    def _answer(self, head: str, told: str, content: str) -> Span | None:
        """Where in `told` the answer stands that follows the prompt `head`."""
        if told.startswith(head):
            start = len(head)
        else:
            # The prompt opens something (such as a thought) that this answer does not have.
            pairs = zip(head, told, strict=False)
            common = sum(1 for _ in takewhile(lambda two: two[0] == two[1], pairs))
            found = (told.find(said, common) for said in (content, content.strip()) if said)
            start = next((place for place in found if place >= 0), -1)
            if start < 0:
                return None
        said, trimmed = content, content.strip()
        at, at_trimmed = told.find(content, start), told.find(trimmed, start)
        if at < 0 or at_trimmed < at:
            # Trimmed away: what of it is found later is the template's own white space.
            said, at = trimmed, at_trimmed
        behind = start if at < 0 else at + len(said)
        end = self._ends.search(told, behind)
        return start, end.end() if end else len(told)

    # --- by a layout --------------------------------------------------------------------------

    def _layout(self, roles: tuple[str, ...]) -> _Layout | None:
        """How this order of roles is written; None where it is more than joining."""
        probes = [f"\ue000{place}\ue001" for place in range(len(roles))]
        messages = [
            {"role": role, "content": f"{_EDGE}{probe}{_EDGE}"}
            for role, probe in zip(roles, probes, strict=True)
        ]
        try:
            written = self._by_prefix(messages)
        except ConversationRefused:
            return None
        literals, trimmed, places, at = list[str](), list[bool](), list[Span](), 0
        for probe in probes:
            if written.text.count(probe) != 1:
                return None
            begin = written.text.index(probe)
            end = begin + len(probe)
            edges = written.text[begin - 1 : begin] == _EDGE, written.text[end : end + 1] == _EDGE
            if begin < at or edges[0] is not edges[1]:
                return None
            if edges[0]:
                begin, end = begin - 1, end + 1
            literals.append(written.text[at:begin])
            trimmed.append(not edges[0])
            places.append((begin, end))
            at = end
        literals.append(written.text[at:])
        answers = []
        for start, stop in written.spans:
            turn = next(
                turn for turn, (begin, end) in enumerate(places)
                if roles[turn] == "assistant" and start < end <= stop
            )  # fmt: skip
            begin, end = places[turn]
            answers.append(_Answer(turn, begin - start, stop - end))
        return _Layout(tuple(literals), tuple(trimmed), tuple(answers), written.open_end)


def _end_pattern(tokenizer: PreTrainedTokenizerBase) -> re.Pattern[str]:
    """Any of the tokens that can end a turn: those that are never part of a text."""
    added: dict[int, Any] = getattr(tokenizer, "added_tokens_decoder", {})
    marks = {str(token) for token in added.values() if token.special}
    marks.update(str(token) for token in tokenizer.all_special_tokens)
    longest_first = sorted((re.escape(mark) for mark in marks if mark), key=len, reverse=True)
    return re.compile("|".join(longest_first) or r"(?!)")


def _environment() -> ImmutableSandboxedEnvironment:
    """For parsing only: rendering is the tokenizer's own."""
    return ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
