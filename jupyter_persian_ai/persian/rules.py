"""What a rule of the normaliser is, and the rules that change single characters and their runs.

A *local* rule never looks across a space or a line break, so it may be applied to each word alone;
the other rules see whole lines, but never across a line break. Must not know in which order rules
run: `normaliser` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .characters import (
    ALIKE,
    BREAKS,
    COMPOSED,
    HALF_SPACE,
    INVISIBLE,
    LETTERS,
    SPACES,
    WORD,
    presentation_forms,
)
from .digits import Digits, to_latin, to_persian

New = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """Where `pattern` matches, `new` stands instead (a function of the match, or a plain text).

    `clues`: one of these is in every text that the rule can change; without any, it is tried.
    """

    step: str
    pattern: re.Pattern[str]
    new: New
    clues: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        """The text after the rule."""
        for clue in self.clues:
            if clue in text:
                break
        else:
            if self.clues:
                return text
        return self.pattern.sub(self.new, text)


def _one_of(step: str, table: dict[str, str]) -> Rule:
    """Each key becomes its value."""
    keys = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    if all(len(key) == 1 for key in table):
        keys = f"[{''.join(map(re.escape, table))}]"
    return Rule(step, re.compile(keys), lambda found: table[found[0]])


def presentation() -> list[Rule]:
    """Presentation forms become letters."""
    return [_one_of("presentation", presentation_forms())]


def letters() -> list[Rule]:
    """Letters that look alike become the Persian one; hamza and madda join their letter."""
    return [_one_of("letters", ALIKE), _one_of("letters", COMPOSED)]


def diacritics() -> list[Rule]:
    """Short vowels, Koranic signs and tatweel go.

    A hamza or madda stays on its letter: without it another letter would be left.
    """
    marks = "\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7"
    return [Rule("diacritics", re.compile(f"[{marks}\u06e8\u06ea-\u06ed]+"), "")]


def invisible() -> list[Rule]:
    """What nobody sees goes; what old editors wrote for a half-space becomes one.

    A zero-width joiner stays where it shows: in emoji, and after the last letter of «ه‍».
    """
    inside = f"[{WORD}{HALF_SPACE}]"
    return [
        Rule("invisible", re.compile(f"[{INVISIBLE}]+"), ""),
        Rule(
            "invisible",
            re.compile(f"(?<={inside})[\u00ac\u200b]++(?={inside})"),
            HALF_SPACE,
            ("\u00ac", "\u200b"),
        ),
        Rule("invisible", re.compile("\u200b+"), "", ("\u200b",)),
        Rule("invisible", re.compile(f"(?<={inside})\u200d++(?={inside})"), "", ("\u200d",)),
    ]


def repeated() -> list[Rule]:
    """A letter three or more times in a row is written once; a word of nothing else, twice.

    No Persian word has three of a letter side by side; two are common («تردد», «الله»).
    """
    return [
        Rule(
            "repeated",
            re.compile(f"(?<![{WORD}])([{LETTERS}])\\1{{2,}}+(?![{WORD}])"),
            lambda found: found[1] * 2,
        ),
        Rule("repeated", re.compile(f"([{LETTERS}])\\1{{2,}}"), lambda found: found[1]),
    ]


def clean_half_spaces() -> list[Rule]:
    """One half-space at a time, and only inside a word (a number may begin it: «۵‌ام»)."""
    inside = rf"[\w{WORD}\u0900-\u0dff]"
    return [
        Rule("half_spaces", re.compile(f"{HALF_SPACE}{{2,}}"), HALF_SPACE),
        Rule(
            "half_spaces",
            re.compile(f"(?<!{inside}){HALF_SPACE}|{HALF_SPACE}(?!{inside})"),
            "",
            (HALF_SPACE,),
        ),
    ]


_LATIN = "A-Za-z_\u00c0-\u024f"
_DIGITS = "0-9\u0660-\u0669\u06f0-\u06f9"
_NUMBER = re.compile(f"[{_LATIN}{_DIGITS}]+(?:[.+/:'-][{_LATIN}{_DIGITS}]+)*")
_NO_NUMBER = re.compile(f"[{_LATIN}]|\\A[0-9]{{1,3}}(?:\\.[0-9]{{1,3}}){{3}}\\Z")


def _number_to_persian(found: re.Match[str]) -> str:
    # A digit of «UTF-8», «x86», «1.5GB» or of a network address belongs to a Latin word.
    return found[0] if _NO_NUMBER.search(found[0]) else to_persian(found[0])


def digits(kind: Digits) -> list[Rule]:
    """Numbers in Persian or in Latin digits; those of Latin words stay as they are."""
    if kind == "persian":
        return [Rule("digits", _NUMBER, _number_to_persian)]
    separator = re.compile("(?<=[0-9])[٫٬](?=[0-9])")
    return [
        Rule("digits", re.compile("[۰-۹٠-٩]+"), lambda found: to_latin(found[0])),
        Rule("digits", separator, lambda found: "." if found[0] == "٫" else ",", ("٫", "٬")),
    ]


def line_breaks() -> list[Rule]:
    """The two characters that end a line in files of Windows become one."""
    return [Rule("spaces", re.compile("\r\n"), "\n", ("\r\n",))]


def plain_spaces() -> list[Rule]:
    """Spaces of other widths become plain ones, other line ends a line feed."""
    others = BREAKS.replace("\n", "")
    return [
        Rule("spaces", re.compile(f"[{SPACES}]"), " "),
        Rule("spaces", re.compile(f"[{others}]"), "\n"),
    ]


def runs_of_spaces() -> list[Rule]:
    """One space where there were more, none at the end of a line; indentation stays."""
    return [
        Rule("spaces", re.compile(r"(?<=[^\n \t]) *+\t[ \t]*+"), " ", ("\t",)),
        Rule("spaces", re.compile(r"  (?<=[^\n \t]  ) *+"), " ", ("  ",)),
        Rule("spaces", re.compile(r"[ \t](?<![ \t][ \t])[ \t]*+(?=\n|\Z)"), ""),
    ]


def edges() -> list[Rule]:
    """Nothing blank before the text or after it."""
    return [Rule("spaces", re.compile(r"\A[ \t\n]+|(?<![ \t\n])[ \t\n]++\Z"), "")]
