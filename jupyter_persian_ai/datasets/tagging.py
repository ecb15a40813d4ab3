"""Reads words and their tags: lists, or texts split at white space; BIO in its dialects.

Owns what a good sequence of tags is. `B_PER` is written `B-PER`; BIOES and BILOU say the same as
BIO in more letters and are written in it. A tag that continues nothing is a fault of the data and
is never mended silently: which of the two tags is wrong, only its author knows.
"""

from __future__ import annotations

import re

from .problems import Problem
from .turns import listed

TAG_CHARACTERS = 100
_TAG = re.compile(r"([BILUES])[-_]([^\s\x00-\x1f\ud800-\udfff]+)")
_PLAIN = {"B": "B", "S": "B", "U": "B", "I": "I", "E": "I", "L": "I"}


def words_of(value: object, name: str, line: int) -> list[str] | Problem:
    """The strings of a list, or the pieces of a text; numbers become strings."""
    found = listed(value)
    if found is None:
        if not isinstance(value, str):
            return Problem(line, "not_words", name, field=name)
        found = value.split()
    if not found:
        return Problem(line, "empty", name, field=name)
    if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in found):
        return Problem(line, "not_words", name, field=name)
    return [str(one) for one in found]


def as_bio(tags: list[str], name: str, line: int) -> list[str] | Problem:
    """`tags` in BIO, or the first that is no tag or continues nothing."""
    made: list[str] = []
    before = "O"
    for place, tag in enumerate((tag.strip() for tag in tags), start=1):
        if tag == "O":
            made.append(tag)
            before = "O"
            continue
        match = _TAG.fullmatch(tag)
        if match is None or len(tag) > TAG_CHARACTERS:
            return Problem(line, "bad_tag", tag[:40], field=name, place=place)
        letter, kind = _PLAIN[match[1]], match[2]
        if letter == "I" and before not in {f"B-{kind}", f"I-{kind}"}:
            return Problem(line, "broken_tag", f"{before} → {tag}", field=name, place=place)
        before = f"{letter}-{kind}"
        made.append(before)
    return made
