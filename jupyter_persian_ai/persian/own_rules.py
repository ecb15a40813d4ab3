"""The rules that a recipe switches on, in their order, over a text; each word is worked out once.

Three groups run in this order. Rules of lines first (line ends, quotes); then the *local* ones,
which never look past a space, so each different word is worked out once and remembered; then what
needs a look past a space, where a watched word stands. Code, addresses and tags are out of the
text meanwhile (`untouched`). Every pattern is linear in the length of the text, whatever the text
is. Must not know of other normalisers.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..protocol.normaliser import Normalised, NormaliserRecipe
from . import affixes, punctuation, rules
from .rules import Rule
from .tracing import Trace
from .untouched import put_back, taken_out

#: Characters of words that are remembered; then the memory starts anew.
_REMEMBERED = 1 << 20
#: Times that a text is looked at again at most, until it has settled.
_ROUNDS = 4
#: Letters that no local rule changes.
_PLAIN = "آاأإؤئءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
#: Characters that no rule changes by itself.
_USUAL = f" -~{_PLAIN}\u200c۰-۹،؛؟٪«»…"


class _Words(dict[str, str]):
    """Each word that was met to what the local rules make of it.

    `watched` are those beside which a rule that looks past a space may find something to do. A
    line without one of them is done when its words are.
    """

    def __init__(self, single: list[Rule], local: list[Rule], *, repeated: bool) -> None:
        """`single` are the local rules that only change characters outside `_USUAL`."""
        super().__init__()
        self._local = local
        self._all = [*single, *local]
        self._unusual = re.compile(f"[^{_USUAL}]")
        # A Persian or Latin word with a sign or two: no rule changes it.
        once = f"(?:([{_PLAIN}])(?!\\1\\1))" if repeated else f"[{_PLAIN}]"
        ends = "[،؛؟.:!»”)]{0,2}+"
        persian = f"(?!ن?می(?!\u200c))(?:{once}++\u200c?)++(?<!\u200c)"
        latin = "[/-]{0,2}+[A-Za-z][A-Za-z0-9_]*+(?:[./:'+-][A-Za-z0-9_]++)*+/?+"
        self._plain = re.compile(f"[«(“]?+(?:{persian}|{latin}){ends}")
        self._affix = re.compile(affixes.BEGINS)
        beside = f"{punctuation.BESIDE_A_SPACE}|{affixes.BESIDE_A_SPACE}"
        self._watch = re.compile(f"  |[\t\n]|^(?: |$)|.(?: $)|{beside}")
        self.watched: set[str] = set()
        self.characters = 0

    def __missing__(self, word: str) -> str:
        """Work a word out, and remember it."""
        if self._plain.fullmatch(word):
            new = word
            watched = self._affix.match(word)
        else:
            new = self.worked_out(word)
            watched = self._watch.search(new)
        if watched:
            self.watched.add(word)
        self.characters += len(word) + len(new)
        self[word] = new
        return new

    def worked_out(self, word: str) -> str:
        """What the local rules make of a text; a word is one."""
        for rule in self._all if self._unusual.search(word) else self._local:
            word = rule(word)
        return word


class OwnRules:
    """The rules that a recipe switches on, compiled; the words it met are remembered here."""

    def __init__(self, recipe: NormaliserRecipe) -> None:
        on = recipe
        self.first: list[Rule] = []
        self.single: list[Rule] = []
        self.local: list[Rule] = []
        self.last: list[Rule] = []
        if on.spaces:
            self.first += rules.line_breaks()
        if on.punctuation:
            self.first += punctuation.quotes()
        if on.invisible:
            self.single += rules.invisible()
        if on.presentation:
            self.single += rules.presentation()
        if on.diacritics:
            self.single += rules.diacritics()
        if on.letters:
            self.single += rules.letters()
        if on.spaces:
            self.single += rules.plain_spaces()
            self.last += rules.runs_of_spaces()
        if on.repeated:
            self.local += rules.repeated()
        if on.half_spaces:
            self.local += [*rules.clean_half_spaces(), *affixes.attached()]
        if on.digits != "keep":
            self.local += rules.digits(on.digits)
        if on.punctuation:
            self.local += punctuation.inside_words()
            self.last += punctuation.between_words()
        if on.half_spaces:
            self.last += affixes.apart()
        self._edges = on.spaces
        self._repeated = on.repeated
        self._words = self._new_words()

    def text(self, text: str) -> str:
        """One text, normalised."""
        new, sure = self._once(text)
        return new if sure else self._settled(text, new)

    def _settled(self, text: str, new: str) -> str:
        """`new` until nothing changes any more; a text that does not settle is left as it is.

        What looks past a space may bring together what then asks for another change («! ؟»), and
        what was taken out may be cut otherwise when its neighbours have changed.
        """
        for _ in range(_ROUNDS):
            again, _ = self._once(new)
            if again == new and len(new) <= 4 * len(text):
                return new
            new = again
        return text

    def _once(self, text: str) -> tuple[str, bool]:
        """The text after all rules, and whether a second look would surely change nothing."""
        words = self._words
        if words.characters > _REMEMBERED:
            # Another thread may still be reading the old ones: they are left to it.
            words = self._words = self._new_words()
        text, stretches = taken_out(text)
        for rule in self.first:
            text = rule(text)
        done = []
        sure = not stretches
        for line in text.split("\n"):
            apart = line.split(" ")
            new = " ".join(map(words.__getitem__, apart))
            if not words.watched.isdisjoint(apart):
                before = new
                for rule in self.last:
                    new = rule(new)
                sure = sure and new == before
            done.append(new)
        text = "\n".join(done)
        if self._edges:
            text = text.strip(" \t\n")
        return put_back(text, stretches), sure

    def _new_words(self) -> _Words:
        return _Words(self.single, self.local, repeated=self._repeated)

    def traced(self, text: str) -> Normalised:
        """One text, normalised, and what each step changed."""
        trace = Trace()
        edges = rules.edges() if self._edges else []
        wanted, before, new = self.text(text), "", text
        while new not in {wanted, before}:
            before = new
            trace.begin(*taken_out(new))
            for rule in (*self.first, *self.single, *self.local, *self.last, *edges):
                trace.apply(rule)
            new = trace.end()
        return trace.result(new)


@lru_cache(maxsize=32)
def own_rules(recipe: NormaliserRecipe) -> OwnRules:
    """The compiled rules of a recipe; equal recipes share them, and the words they remember."""
    return OwnRules(recipe)
