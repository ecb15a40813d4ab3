"""Writing an answer token by token, reusing what the last one left in the key-value cache.

Only one answer is written at a time; whoever calls makes sure of it. Knows tokens and text,
nothing of HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from tokenizers.decoders import DecodeStream
from transformers import DynamicCache

from ..protocol.chat import Usage
from .loading import LoadedModel
from .prompt import Message, as_learned, fit_prompt
from .sampling import Sampler, SamplingSettings

# A prompt is read in pieces so that a stop is heeded in the middle of a long one.
_PIECE = 256


@dataclass(slots=True)
class Answer:
    """What is known of an answer while it is written. `ending` is `stop`, `length` or `cancelled`.

    `asked` is when the request came, by `time.monotonic`.
    """

    asked: float
    usage: Usage = field(default_factory=Usage)
    ending: str = "stop"


class Writer:
    """Writes answers with one model and keeps the last conversation's cache."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        self._cache: DynamicCache | None = None
        self._cached: list[int] = []

    def write(
        self,
        messages: list[Message],
        settings: SamplingSettings,
        *,
        max_new_tokens: int,
        stop: list[str],
        answer: Answer,
        cancelled: Callable[[], bool],
    ) -> Iterator[str]:
        """Pieces of text, each whole characters; `answer` is complete when they end.

        Args:
            messages: the conversation, oldest first.
            settings: how tokens are drawn.
            max_new_tokens: at most so many.
            stop: texts that end the answer, and are not part of it.
            answer: filled while writing.
            cancelled: asked before each token.

        """
        loaded = self._loaded
        prompt = fit_prompt(
            loaded.tokenizer,
            as_learned(messages, loaded.normaliser),
            context_length=loaded.context_length,
            max_new_tokens=max_new_tokens,
        )
        answer.usage.prompt_tokens = len(prompt.ids)
        answer.usage.context_length = loaded.context_length
        answer.usage.dropped_messages = prompt.dropped
        held = StopTexts(stop)
        decoder = DecodeStream(skip_special_tokens=True)
        for token in self._tokens(prompt.ids, settings, prompt.new_tokens, answer, cancelled):
            piece = decoder.step(loaded.tokenizer.backend_tokenizer, token)
            text = held.take(piece) if piece else ""
            if text:
                yield text
            if held.found:
                answer.ending = "stop"
                return
        if rest := held.rest():
            yield rest

    def _tokens(
        self,
        ids: list[int],
        settings: SamplingSettings,
        new_tokens: int,
        answer: Answer,
        cancelled: Callable[[], bool],
    ) -> Iterator[int]:
        """Tokens of the answer until one of the model's ends, a limit, or a stop."""
        usage = answer.usage
        usage.cached_tokens = self._reuse(ids)
        sampler = Sampler(settings, self._loaded.vocabulary, torch.tensor(ids))
        unread = ids[usage.cached_tokens :]
        logits = None
        for start in range(0, len(unread), _PIECE):
            if cancelled():
                answer.ending = "cancelled"
                return
            logits = self._read(unread[start : start + _PIECE])
        first = 0.0
        for _ in range(new_tokens):
            if cancelled() or logits is None:
                answer.ending = "cancelled"
                return
            token = sampler.draw(logits)
            now = time.monotonic()
            first = first or now
            usage.completion_tokens += 1
            usage.first_token_seconds = first - answer.asked
            if usage.completion_tokens > 1:
                usage.tokens_per_second = (usage.completion_tokens - 1) / max(1e-9, now - first)
            if token in self._loaded.stop_ids:
                answer.ending = "stop"
                return
            yield token
            if usage.completion_tokens < new_tokens:
                logits = self._read([token])
        answer.ending = "length"

    def _reuse(self, ids: list[int]) -> int:
        """Crop the cache to the longest common beginning with `ids`; its length.

        At least one token is left to read, because only reading gives logits.
        """
        common = 0
        for cached, wanted in zip(self._cached, ids[:-1], strict=False):
            if cached != wanted:
                break
            common += 1
        surplus = len(self._cached) - common
        if self._cache is not None and common:
            try:
                if surplus:
                    self._cache.crop(-surplus)
            except (RuntimeError, ValueError):
                # Sliding-window layers forget; such a cache can only grow.
                common = 0
        if self._cache is None or not common:
            self._cache, common = DynamicCache(config=self._loaded.model.config), 0
        self._cached = self._cached[:common]
        return common

    def _read(self, ids: list[int]) -> torch.Tensor:
        """Feed `ids` after what the cache holds; logits after the last, [vocabulary]."""
        try:
            with torch.inference_mode():
                result = self._loaded.model(
                    input_ids=torch.tensor([ids], device=self._loaded.device),
                    past_key_values=self._cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
        except BaseException:
            # Some layers may have taken the tokens and some not: such a cache is worth nothing.
            self._cache, self._cached = None, []
            raise
        self._cached.extend(ids)
        logits: torch.Tensor = result.logits[0, -1]
        return logits


class StopTexts:
    """Holds back the end of a text while it may be the beginning of a text that stops it."""

    def __init__(self, stops: list[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        #: Whether one of them came.
        self.found = False

    def take(self, piece: str) -> str:
        """What of the text so far is certain, after `piece`."""
        text = self._held + piece
        ends = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if ends:
            self.found, self._held = True, ""
            return text[: min(ends)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that begins `stop`."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
