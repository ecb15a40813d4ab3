"""What each step of the normaliser changed: places in the text before it, before and after.

A step may be several rules; their changes are told as one, in places of the text before the first
of them. Must not decide what changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from ..protocol.normaliser import Normalised, NormaliserChange
from .rules import Rule
from .untouched import PLACE, put_back

#: Changes that are told; all are counted.
TOLD = 500


@dataclass(slots=True)
class _Hunk:
    """`before[start:end]` became `after[new_start:new_end]`."""

    start: int
    end: int
    new_start: int
    new_end: int


class Trace:
    """A text on its way through the rules."""

    def __init__(self) -> None:
        self._before = self._text = ""
        self._stretches: list[str] = []
        self._step = ""
        self._hunks: list[_Hunk] = []
        self._changes: list[NormaliserChange] = []
        self._counts: Counter[str] = Counter()

    def begin(self, bare: str, stretches: list[str]) -> None:
        """A text without its stretches; places are told as if they stood in it."""
        self._before = self._text = bare
        self._stretches = stretches
        self._step = ""

    def apply(self, rule: Rule) -> None:
        """Run one rule."""
        if rule.step != self._step:
            self._close()
            self._step = rule.step
        pieces: list[str] = []
        hunks: list[_Hunk] = []
        done = length = 0
        for found in rule.pattern.finditer(self._text):
            new = rule.new if isinstance(rule.new, str) else rule.new(found)
            if new == found[0]:
                continue
            start, end = found.span()
            pieces += self._text[done:start], new
            length += start - done
            hunks.append(_Hunk(start, end, length, length + len(new)))
            length += len(new)
            done = end
        if hunks:
            self._text = "".join([*pieces, self._text[done:]])
            self._hunks = _composed(self._hunks, hunks)

    def end(self) -> str:
        """The text after the rules, its stretches in their places."""
        self._close()
        return put_back(self._text, self._stretches)

    def result(self, text: str) -> Normalised:
        """The text that it came to, and all that was changed."""
        return Normalised(text=text, changes=self._changes[:TOLD], counts=dict(self._counts))

    def _close(self) -> None:
        """Tell what the step did, and begin the next where it ended."""
        # Where each stretch stands, and how much longer than its place it is.
        longer = list(accumulate((len(one) - 1 for one in self._stretches), initial=0))
        seen = passed = 0
        for hunk in self._hunks:
            before = self._before[hunk.start : hunk.end]
            after = self._text[hunk.new_start : hunk.new_end]
            if before == after:
                continue
            self._counts[self._step] += 1
            if len(self._changes) >= TOLD:
                continue
            passed += self._before.count(PLACE, seen, hunk.start)
            seen = hunk.start
            inside = before.count(PLACE)
            held = self._stretches[passed : passed + inside]
            start = hunk.start + longer[passed]
            self._changes.append(
                NormaliserChange(
                    step=self._step,
                    start=start,
                    end=start + len(before) + sum(map(len, held)) - inside,
                    before=put_back(before, held),
                    after=put_back(after, held),
                )
            )
        self._before, self._hunks = self._text, []


def _composed(first: list[_Hunk], second: list[_Hunk]) -> list[_Hunk]:
    """Both lists of hunks as one, from the text before the first to the text after the second.

    Hunks that touch or overlap in the text between the two become one.
    """
    composed: list[_Hunk] = []
    i = j = 0
    grown_first = grown_second = 0
    while i < len(first) or j < len(second):
        # In places of the text between.
        from_first = i < len(first) and (j == len(second) or first[i].new_start <= second[j].start)
        low, high = (
            (first[i].new_start, first[i].new_end)
            if from_first
            else (second[j].start, second[j].end)
        )
        shift_before, shift_after = -grown_first, grown_second
        while True:
            if i < len(first) and first[i].new_start <= high:
                high = max(high, first[i].new_end)
                grown_first += (first[i].new_end - first[i].new_start) - (
                    first[i].end - first[i].start
                )
                i += 1
            elif j < len(second) and second[j].start <= high:
                high = max(high, second[j].end)
                grown_second += (second[j].new_end - second[j].new_start) - (
                    second[j].end - second[j].start
                )
                j += 1
            else:
                break
        composed.append(
            _Hunk(low + shift_before, high - grown_first, low + shift_after, high + grown_second)
        )
    return composed
