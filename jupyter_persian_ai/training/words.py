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
#: More neighbours than this that some token joins across a space, and whole texts are better.
_MOST_ACROSS = 100
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
#: A line break between these is no part of a longer token, where a tokenizer is found to be so.
_BREAK = re.compile(r"(?<=\w)\n(?=\w)")
#: Ġ and ▁ are how vocabularies write a space; Ċ, č and ĉ are the line breaks and the tab of bytes.
_ACROSS = re.compile(r"(?=([^\sĠ▁Ċčĉ])[ Ġ▁](.?))", re.DOTALL)


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
        self._odd = self._apart = re.compile(" ")
        self.by_word = self._separable() and self._cuts()
        #: Ids of a line break that stands alone, where lines may be encoded one by one.
        self._break = self._line_break() if self.by_word else None

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids of each text, without any that the tokenizer puts around texts."""
        if not self.by_word:
            return self._encode(texts)
        if self._break is None:
            return self._by_word(texts)
        cut = [_BREAK.split(text) for text in texts]
        lines = iter(self._by_word([line for some in cut for line in some]))
        made = []
        for some in cut:
            ids = next(lines)
            for _ in some[1:]:
                ids += self._break
                ids += next(lines)
            made.append(ids)
        return made

    def _by_word(self, texts: list[str]) -> list[list[int]]:
        odd, apart = self._odd.search, self._apart.split
        cut = [apart(text) if odd(text) else text.split(" ") for text in texts]
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

    def _line_break(self) -> list[int] | None:
        """Ids of a line break, if it always stands alone between two letters or digits."""
        for token in self._core.get_vocab():
            if {"\n", "Ċ"} & set(token) and token.strip("\nĊ"):
                return None
        ends = [kind for kind in _KINDS if _BREAK.search(f"{kind}\n{kind}")]
        words = [*ends, *("".join(two) for two in product(_KINDS, ends))]
        begins = [*ends, *("".join(two) for two in product(ends, _KINDS))]
        pairs = [(one, two) for one, two in chain(product(words, ends), product(ends, begins))]
        alone = dict(zip([*words, *begins], self._encode([*words, *begins]), strict=True))
        whole = self._encode([f"{one}\n{two}" for one, two in pairs])
        one, two = pairs[0]
        first, last = len(alone[one]), len(whole[0]) - len(alone[two])
        found = whole[0][first:last]
        same = all(
            ids == alone[before] + found + alone[after]
            for ids, (before, after) in zip(whole, pairs, strict=True)
        )
        return found if same else None

    def _cuts(self) -> bool:
        """Find where texts may be cut: at each space behind a word that no token reaches over."""
        vocabulary = self._core.get_vocab()
        found = {pair for token in vocabulary for pair in _ACROSS.findall(token)}
        if any(before == "" or after in {"", "Ġ"} for before, after in found):
            return False  # a token that ends in a space reaches over whatever follows
        # The letters of a vocabulary of bytes are not those of the text.
        bytewise = "Ġ" in "".join(self._core.encode(" a", add_special_tokens=False).tokens)
        if len(found) > _MOST_ACROSS or (found and bytewise):
            return False
        joined = sorted((re.escape(before), re.escape(after)) for before, after in found)
        self._odd = re.compile("|".join([r"\s |^ ", *(f"{one} {two}" for one, two in joined)]))
        but = "".join(f"(?!(?<={one}) {two})" for one, two in joined)
        self._apart = re.compile(rf"(?<=\S){but} ")
        return True


#: The last tokenizers that read texts: a run has one, rarely two.
_RECENT: list[tuple[PreTrainedTokenizerBase, int, WordCache]] = []
_KEPT_CACHES = 2


def text_ids(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens; what looks like one stays text."""
    for known, size, cache in _RECENT:
        if known is tokenizer and size == len(tokenizer):
            return cache.encode(texts)
    cache = WordCache(tokenizer, specials=False)
    _RECENT[:] = [(tokenizer, len(tokenizer), cache), *_RECENT[: _KEPT_CACHES - 1]]
    return cache.encode(texts)
