"""Conversations as tokens: ids by the model's chat template, and which of them are the answers.

The ids before an answer are those that the chat engine sends when it wants that answer, and the
answer is encoded on its own after them, exactly as a model writes it: training and chat agree even
where a merge would cross the border. An answer's span ends with the token that ends the turn; what
a template writes after it (a line break, say) is context for the next turn and nothing to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transformers import PreTrainedTokenizerBase

from ..errors import ConversationRefused
from .templates import Messages, Span, Writer, Written
from .words import WordCache

Encoding = tuple[list[int], list[Span]]
Refused = Callable[[int, ConversationRefused], None]

_ROWS_AT_ONCE = 1000


def encode_conversation(tokenizer: PreTrainedTokenizerBase, messages: Messages) -> Encoding:
    """Token ids of `messages` and half-open spans of the assistant's tokens, in order.

    A span holds what the model must write: the answer and the end-of-turn token. Answers that the
    template rewrites when more turns follow (reasoning that is dropped) have no span.

    Raises:
        ConversationRefused: the template refuses the conversation or leaves no answer as it was.

    """
    return encode_conversations(tokenizer, [messages])[0]


def encode_conversations(
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Messages],
    refused: Refused | None = None,
) -> list[Encoding]:
    """`encode_conversation` of every row, faster together than one by one.

    With `refused`, a row that cannot be used is given to it by its index and comes back empty.

    Raises:
        ConversationRefused: a row cannot be used and there is no `refused`.

    """
    encoder = _encoder(tokenizer)
    made: list[Encoding] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some: list[Written | None] = []
        for place, messages in enumerate(rows[start : start + _ROWS_AT_ONCE], start=start):
            try:
                some.append(encoder.writer.write(messages))
            except ConversationRefused as error:
                if refused is None:
                    raise
                refused(place, error)
                some.append(None)
        made += encoder.encode(some)
    return made


def prompt_turns(prompt: str | Messages) -> Messages:
    """The turns of a prompt: one question, or the conversation that a preference follows on."""
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)


class _Encoder:
    """One tokenizer with one chat template."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.writer = Writer(tokenizer)
        self._size = len(tokenizer)
        self._eos: int | None = tokenizer.eos_token_id
        self._words = WordCache(tokenizer)
        #: Whether a text can be cut at a border and its pieces encoded one by one.
        self._seamless = self._has_no_seams()

    def fits(self, tokenizer: PreTrainedTokenizerBase) -> bool:
        """Whether this was made for `tokenizer` as it is now."""
        writer = self.writer
        same = writer.tokenizer is tokenizer and self._size == len(tokenizer)
        return same and writer.template == (tokenizer.chat_template or "")

    def encode(self, rows: Sequence[Written | None]) -> list[Encoding]:
        """Ids and spans in tokens; nothing for None."""
        if not self._seamless:
            return [self._in_one(row) if row else ([], []) for row in rows]
        pieces = [piece for row in rows if row for piece in _pieces(row)]
        encoded = iter(self._words.encode(pieces))
        made: list[Encoding] = []
        for row in rows:
            ids: list[int] = []
            spans: list[Span] = []
            for _ in row.spans if row else ():
                ids += next(encoded)
                begin = len(ids)
                ids += next(encoded)
                spans.append((begin, len(ids)))
            if row:
                ids += next(encoded)
            made.append(self._closed(row, ids, spans))
        return made

    def _closed(self, row: Written | None, ids: list[int], spans: list[Span]) -> Encoding:
        """With end-of-text where a template writes no end: a model must learn to stop."""
        if row and row.open_end and self._eos is not None and ids[-1:] != [self._eos]:
            ids.append(self._eos)
            spans[-1] = (spans[-1][0], len(ids))
        return ids, spans

    def _in_one(self, row: Written) -> Encoding:
        """The whole text at once, for tokenizers that begin every text with a space of their own.

        A token that lies across the beginning of an answer is counted to the answer.
        """
        ids, offsets = self._words.with_offsets(row.text)
        spans = []
        for start, stop in row.spans:
            within = [place for place, (a, b) in enumerate(offsets) if b > start and a < stop]
            spans.append((within[0], within[-1] + 1) if within else (len(ids), len(ids)))
        return self._closed(row, ids, spans)

    def _has_no_seams(self) -> bool:
        """Whether pieces encode as they do in a text: no space is put before each of them."""
        whole, *pieces = self._words.encode(["a\nb", "a\n", "b"])
        return whole == [one for piece in pieces for one in piece]


def _pieces(row: Written) -> list[str]:
    """The text cut where answers begin and end: context, answer, context, …, what is left."""
    pieces: list[str] = []
    at = 0
    for start, stop in row.spans:
        pieces += (row.text[at:start], row.text[start:stop])
        at = stop
    return [*pieces, row.text[at:]]


#: The last tokenizers used: a run has one, rarely two.
_RECENT: list[_Encoder] = []
_KEPT = 2


def _encoder(tokenizer: PreTrainedTokenizerBase) -> _Encoder:
    """The encoder of `tokenizer` with its present template and vocabulary."""
    found = next((one for one in _RECENT if one.fits(tokenizer)), None)
    if found is None:
        found = _Encoder(tokenizer)
        _RECENT[:] = [found, *_RECENT[: _KEPT - 1]]
    return found
