"""Punctuation of the normaliser: Persian signs among Persian words, and the space around them.

Everything looks only at what stands beside it on its line, so Latin sentences keep their own
signs. Numbers keep their points and commas. Must not touch code: `untouched` takes it out first.
"""

from __future__ import annotations

import re

from .affixes import SUFFIXES
from .characters import BREAKS, LETTERS, PERSIAN_DIGITS, WORD
from .rules import Rule
from .untouched import PLACE

_SIGNS = str.maketrans(",;?", "،؛؟")
_RUN = "[,;?!،؛؟]"
#: Behind a sign in prose: a bracket after `;` is a face, other ASCII signs are code.
_PROSE = r"(?<!;(?=[()]))(?![#$&*+/<=>@\\^_`{|}~-])"
_BESIDE = f"{WORD}{PERSIAN_DIGITS}»٪…"
#: Three dots beside these are code or a path.
_CODE = r"A-Za-z0-9_/\\$~*.\-"
_ANY_LETTER = r"[^\W\d_]"
_AFFIX = f"(?:{'|'.join(SUFFIXES)}|ی)(?![{WORD}])"
_PERSIAN = re.compile(f"[{LETTERS}]")
#: In a word and the spaces beside it: where `between_words` may find something to do.
BESIDE_A_SPACE = r"(?:^| )[,;?!.:،؛؟»)\]%٪]|[(\[«,;?](?: |$)"
_QUOTED = re.compile(f'"([^"{BREAKS}]*)"|[“„]([^"“”„{BREAKS}]*)”')


_ANY_QUOTE = re.compile("[«»“”„]")


def _persian_signs(found: re.Match[str]) -> str:
    text, begin, end = found.string, found.start(), found.end()
    # A comma between digits groups them.
    if found[0] == "," and text[begin - 1 : begin].isdigit() and text[end : end + 1].isdigit():
        return ","
    return found[0].translate(_SIGNS)


def _quoted(found: re.Match[str]) -> str:
    inside = found[1] if found[1] is not None else found[2]
    # Quotes inside quotes stay another kind.
    if _ANY_QUOTE.search(inside) or not _PERSIAN.search(inside):
        return found[0]
    return f"«{inside.strip(' ')}»"


def quotes() -> list[Rule]:
    """A pair of quotes around Persian becomes «these»; an odd one stays."""
    return [Rule("punctuation", _QUOTED, _quoted, ('"', "”"))]


def inside_words() -> list[Rule]:
    """What can be seen without looking past a space."""
    return [
        Rule(
            "punctuation", re.compile(rf"(?<![{_CODE}(\[{{])\.{{3,}}+(?![{_CODE}])"), "…", ("...",)
        ),
        Rule("punctuation", re.compile(f"(?<=[{PERSIAN_DIGITS}])%"), "٪", ("%",)),
        Rule(
            "punctuation",
            re.compile(f"(?<=[{_BESIDE}]){_RUN}++{_PROSE}|(?<!{_RUN}){_RUN}++(?=[{LETTERS}])"),
            _persian_signs,
            (",", ";", "?"),
        ),
        # A space after a sign that a word follows, none between the parts of a number.
        Rule(
            "punctuation",
            re.compile(rf"[،؛](?={_ANY_LETTER}|[«(\[{PLACE}])|(?<!\d)[،؛](?=\d)"),
            lambda found: found[0] + " ",
            ("،", "؛"),
        ),
        Rule(
            "punctuation",
            re.compile(f"؟(?={_ANY_LETTER})|[!…](?=[{LETTERS}])"),
            lambda found: found[0] + " ",
            ("؟", "!", "…"),
        ),
        # Two letters on each side: «ه.ش» and «م.ا.امید» are abbreviations.
        Rule(
            "punctuation",
            re.compile(f"(?<=[{WORD}][{WORD}])[.:](?=[{LETTERS}][{WORD}])"),
            lambda found: found[0] + " ",
            (".", ":"),
        ),
        Rule(
            "punctuation",
            re.compile(rf"(?:(?<=[{WORD}])|(?<=[{WORD}]:))(?:«|\((?!{_AFFIX}\)))"),
            lambda found: " " + found[0],
            ("«", "("),
        ),
        Rule(
            "punctuation",
            re.compile(f"[)»](?=[{LETTERS}])(?!{_AFFIX})"),
            lambda found: found[0] + " ",
            (")", "»"),
        ),
    ]


def _sign_after_space(found: re.Match[str]) -> str:
    sign = found[1].translate(_SIGNS)
    after = found.string[found.end() : found.end() + 1]
    # As `inside_words` does it.
    opens = after != "" and (after.isdigit() or after in f"«([{PLACE}")
    wanted = after.isalpha() or (opens and sign[-1] in "،؛")
    return f"{sign} " if wanted else sign


def between_words() -> list[Rule]:
    """What needs a look past a space; runs after `inside_words` and the runs of spaces."""
    ends = r"(?![^\s»)\]])"
    return [
        # «سلام , خوبی» and «Debian, اوبونتو».
        Rule(
            "punctuation",
            re.compile(f" (?<=[{_BESIDE}،؛؟] ) *+({_RUN}++){_PROSE}"),
            _sign_after_space,
            (" ,", " ;", " ?", " !", " ،", " ؛", " ؟"),
        ),
        Rule(
            "punctuation",
            re.compile(f"[,;?](?= ++[{LETTERS}])"),
            lambda found: found[0].translate(_SIGNS),
            (", ", "; ", "? "),
        ),
        Rule(
            "punctuation",
            re.compile(rf" (?<=[{PERSIAN_DIGITS}] ) *+[%٪](?!\w)"),
            "٪",
            (" %", " ٪"),
        ),
        Rule("punctuation", re.compile(r" (?<=[^\s(\[«] ) *+(?=[،؛؟»)\]])"), ""),
        Rule(
            "punctuation",
            re.compile(rf" (?<=[{_BESIDE})\]] ) *+(?=[.:!]{ends})"),
            "",
            (" .", " :", " !"),
        ),
        Rule(
            "punctuation",
            re.compile(r"(?<=[(\[«]) ++(?=[^\s»)\]])"),
            "",
            ("( ", "[ ", "« "),
        ),
    ]
