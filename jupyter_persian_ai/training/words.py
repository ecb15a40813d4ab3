"""Encodes texts word by word, each different word once: a language repeats itself.

Where a tokenizer never lets a token lie across "end of a word | space", a text's tokens are those
of its words put together, and looking a word up is several times faster than encoding it again.
Whether a tokenizer is of that kind is tried, not believed; one that is not encodes whole texts.
The results are the same either way.
"""

from __future__ import annotations

import re
from itertools import chain, product

from transformers import PreTrainedTokenizerBase

#: Different words that are kept, each with its few ids.
MOST_WORDS = 200_000
#: Longer ones hardly come twice, and are not kept.
_KEPT_CHARACTERS = 48
#: A space that follows white space: the text is cut elsewhere only.
_ODD_SPACE = re.compile(r"\s |^ ")
_CUT = re.compile(r"(?<=\S) ")
#: One of each kind of character that tokenizers tell apart.
_KINDS = (
    "a",
    "Z",
    "م",
    "ی",
    "\u200c",
    "\u064e",
    "7",
    "۷",
    ".",
    "،",
    "'",
    "(",
    "_",
    "😀",
    "é",
    "\n",
)
_SPACES = {"Ġ", "▁", " "}


class WordCache:
    """The words that one tokenizer has met.

    `specials`: whether a text that looks like a special token is one. Templates need it; rows of
    data must not have it, or a row could end a document.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, specials: bool = True) -> None:
        self._core = tokenizer.backend_tokenizer
        self._specials = specials
        self._first: dict[str, list[int]] = {}
        self._spaced: dict[str, list[int]] = {}
        self._passing: list[tuple[dict[str, list[int]], str]] = []
        self.by_word = self._separable()

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids of each text, without any that the tokenizer puts around texts."""
        if not self.by_word:
            return self._encode(texts)
        cut = [_words(text) for text in texts]
        self._learn(self._first, {words[0] for words in cut}, "")
        self._learn(self._spaced, set(chain.from_iterable(words[1:] for words in cut)), " ")
        first, spaced = self._first, self._spaced.__getitem__
        made = [[*first[words[0]], *chain.from_iterable(map(spaced, words[1:]))] for words in cut]
        for known, word in self._passing:
            del known[word]
        self._passing.clear()
        return made

    def with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of one text, and the half-open range of characters that each stands for."""
        self._prepare()
        encoding = self._core.encode(text, add_special_tokens=False)
        return list(encoding.ids), list(encoding.offsets)

    def _learn(self, known: dict[str, list[int]], words: set[str], before: str) -> None:
        new = list(words - known.keys())
        if len(known) + len(new) > MOST_WORDS:
            known.clear()
            new = list(words)
        self._passing += [(known, word) for word in new if len(word) > _KEPT_CHARACTERS]
        known.update(zip(new, self._encode([before + word for word in new]), strict=True))

    def _encode(self, texts: list[str]) -> list[list[int]]:
        self._prepare()
        return [one.ids for one in self._core.encode_batch_fast(texts, add_special_tokens=False)]

    def _prepare(self) -> None:
        # Another caller may have left its own wishes in the tokenizer.
        self._core.no_truncation()
        self._core.no_padding()
        self._core.encode_special_tokens = not self._specials

    def _separable(self) -> bool:
        """Whether no token of this tokenizer lies across the end of a word and a space."""
        for token in self._core.get_added_tokens_decoder().values():
            if token.lstrip or token.rstrip or token.single_word or " " in token.content.strip():
                return False
        if any(_lies_across(token) for token in self._core.get_vocab()):
            return False
        doubled = ["".join(two) for two in product(_KINDS, repeat=2)]
        words = [*_KINDS, *doubled]
        near = chain(product(words, _KINDS), product(_KINDS, doubled))
        # A word that ends in white space is never followed by a cut.
        pairs = [(one, two) for one, two in near if not one[-1].isspace()]
        whole = self._encode([f"{one} {two}" for one, two in pairs])
        alone = dict(zip(words, self._encode(words), strict=True))
        spaced = dict(zip(words, self._encode([f" {word}" for word in words]), strict=True))
        return all(
            found == alone[one] + spaced[two]
            for found, (one, two) in zip(whole, pairs, strict=True)
        )


def _words(text: str) -> list[str]:
    """`text` cut at the spaces that follow a word; joined by spaces they are the text."""
    return _CUT.split(text) if _ODD_SPACE.search(text) else text.split(" ")


def _lies_across(token: str) -> bool:
    """Whether a space stands in the token behind anything but a space."""
    stripped = token.lstrip("Ġ▁ ")
    return not _SPACES.isdisjoint(stripped)
