"""Our own normaliser: a recipe's rules in their order, over one text, over many, or with a trace.

It is small and deterministic: no dictionary, no model, nothing learned. The rules of one version
never change: a text that was normalised with version 1 today is the same in every later release.

Three groups run in this order. Rules of lines first (line ends, quotes); then the *local* ones,
which never look past a space, so each different word is worked out once and remembered; then what
needs a look past a space. Code, addresses and tags are out of the text meanwhile (`untouched`).
Every pattern is linear in the length of the text, whatever the text is.

Promised, and shown by tests: normalising twice changes nothing more; any `str` is taken, lone
surrogates too; the result has at most four times the characters. Must not know where recipes are
kept, nor other normalisers: `backends` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..protocol.normaliser import Normalised, NormaliserRecipe
from . import affixes, punctuation, rules
from .rules import Rule
from .tracing import Trace
from .untouched import FENCES, SEAM, put_back, taken_out

#: Words that are remembered; a longer one is worked out each time. The cache starts anew when full.
_REMEMBERED = 1 << 17
_LONGEST = 48
#: Characters that are worked on together: large enough that what a call costs does not count.
_AT_ONCE = 1 << 19
#: Letters that no local rule changes.
_PLAIN = "آاأإؤئءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_BETWEEN = f"\n{SEAM}\n"
#: Fields whose strings name something; they are no text.
_NAMES = {"label", "tags"}


class _Words(dict[str, str]):
    """Each word that was met to what the local rules make of it."""

    def __init__(self, local: list[Rule], *, repeated: bool) -> None:
        super().__init__()
        self._local = local
        # A Persian word with a sign or two: no rule changes it. Letters in a row are looked at.
        once = f"(?:([{_PLAIN}])(?!\\1\\1))" if repeated else f"[{_PLAIN}]"
        self._plain = re.compile(f"[«(]?(?!ن?می)(?:{once}++\u200c?)*+(?<!\u200c)[،؛؟.:!»)]{{0,2}}+")

    def __missing__(self, word: str) -> str:
        """Work a word out, and remember it."""
        new = word if self._plain.fullmatch(word) else self.worked_out(word)
        if len(word) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = new
        return new

    def worked_out(self, word: str) -> str:
        """What the local rules make of a text; a word is one."""
        for rule in self._local:
            word = rule(word)
        return word


class OwnRules:
    """The rules that a recipe switches on, compiled; its words are remembered here."""

    def __init__(self, recipe: NormaliserRecipe) -> None:
        on = recipe
        self.first: list[Rule] = []
        self.local: list[Rule] = []
        self.last: list[Rule] = []
        if on.spaces:
            self.first += rules.line_breaks()
        if on.punctuation:
            self.first += punctuation.quotes()
        if on.invisible:
            self.local += rules.invisible()
        if on.presentation:
            self.local += rules.presentation()
        if on.diacritics:
            self.local += rules.diacritics()
        if on.letters:
            self.local += rules.letters()
        if on.repeated:
            self.local += rules.repeated()
        if on.half_spaces:
            self.local += [*rules.clean_half_spaces(), *affixes.attached()]
        if on.digits != "keep":
            self.local += rules.digits(on.digits)
        if on.spaces:
            self.local += rules.plain_spaces()
            self.last += rules.runs_of_spaces()
        if on.punctuation:
            self.local += punctuation.inside_words()
            self.last += punctuation.between_words()
        if on.half_spaces:
            self.last += affixes.apart()
        self._edges = on.spaces
        self._words = _Words(self.local, repeated=on.repeated)

    def text(self, text: str) -> str:
        """One text, normalised."""
        bare, stretches = taken_out(text)
        bare = self._run(bare)
        return put_back(bare.strip(" \t\n") if self._edges else bare, stretches)

    def texts(self, texts: list[str]) -> list[str]:
        """Each text, normalised; the same as one by one, and faster."""
        done: list[str] = []
        begin = size = 0
        for number, text in enumerate(texts):
            size += len(text)
            if size > _AT_ONCE:
                done += self._together(texts[begin : number + 1])
                begin, size = number + 1, 0
        return done + self._together(texts[begin:])

    def traced(self, text: str) -> Normalised:
        """One text, normalised, and what each step changed."""
        bare, stretches = taken_out(text)
        trace = Trace(bare, stretches)
        edges = rules.edges() if self._edges else []
        for rule in (*self.first, *self.local, *self.last, *edges):
            trace.apply(rule)
        return trace.result()

    def _together(self, texts: list[str]) -> list[str]:
        if len(texts) < 2:
            return [self.text(text) for text in texts]
        joined = _BETWEEN.join(texts)
        # A fence may go on to the end of its text, and a seam in a text would be taken for ours.
        if any(fence in joined for fence in FENCES) or joined.count(SEAM) != len(texts) - 1:
            return [self.text(text) for text in texts]
        bare, stretches = taken_out(joined, seams=True)
        done = put_back(self._run(bare), stretches).split(_BETWEEN)
        return [text.strip(" \t\n") for text in done] if self._edges else done

    def _run(self, text: str) -> str:
        for rule in self.first:
            text = rule(text)
        # Each line feed stands alone among the words, and gets back the place it had.
        if lines := "\n" in text:
            text = text.replace("\n", " \n ")
        text = " ".join(map(self._words.__getitem__, text.split(" ")))
        if lines:
            text = text.replace(" \n ", "\n")
        for rule in self.last:
            text = rule(text)
        return text


@lru_cache(maxsize=32)
def own_rules(recipe: NormaliserRecipe) -> OwnRules:
    """The compiled rules of a recipe; equal recipes share them, and the words they remember."""
    return OwnRules(recipe)


class Normaliser:
    """Changes texts as a recipe says, with our own rules or with the back end that it names."""

    def __init__(self, recipe: NormaliserRecipe | None = None) -> None:
        """Make ready.

        Raises:
            NormaliserMissing: the recipe's back end is not installed here.
            NormaliserVersion: another version of it is.

        """
        self.recipe = recipe or NormaliserRecipe()
        self._rules = own_rules(self.recipe)

    def text(self, text: str) -> str:
        """One text, normalised."""
        return self._rules.text(text)

    def texts(self, texts: Iterable[str]) -> list[str]:
        """Each text, normalised; faster than one by one."""
        return self._rules.texts(list(texts))

    def traced(self, text: str) -> Normalised:
        """One text, normalised, and what each step changed."""
        return self._rules.traced(text)


def row(normaliser: Normaliser, content: Mapping[str, Any]) -> dict[str, Any]:
    """A canonical row with its texts normalised; labels, tags and roles stay as they are.

    A token that would become several words, or none, stays: tags belong to tokens by position.
    """
    new: dict[str, Any] = {}
    for field, value in content.items():
        if field in _NAMES:
            new[field] = value
        elif isinstance(value, str):
            new[field] = normaliser.text(value)
        elif value and isinstance(value[0], str):
            new[field] = tokens(normaliser, value)
        else:
            new[field] = [turn | {"content": normaliser.text(turn["content"])} for turn in value]
    return new


def tokens(normaliser: Normaliser, words: list[str]) -> list[str]:
    """Each token normalised by itself, so that there are as many as before."""
    changed = normaliser.texts(words)
    return [new if len(new.split()) == 1 else old for old, new in zip(words, changed, strict=True)]


def normalise(text: str, recipe: NormaliserRecipe | None = None) -> str:
    """`text` as the recipe says; without one, as the default recipe does."""
    return Normaliser(recipe).text(text)
