"""Which characters are Persian letters, marks and line ends, and which stand for another.

The tables of the normaliser's character steps, and the classes that its other rules look around
with. Must not hold a rule that needs to see more than one character and its neighbours.
"""

from __future__ import annotations

import unicodedata

#: Inside a character class: letters of the Arabic script, old presentation forms with them.
LETTERS = (
    "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
    "\u0750-\u077f\u08a0-\u08c7\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfb\ufe70-\ufefc"
)
#: Short vowels and their like, and the tatweel.
MARKS = "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
#: What a Persian word is made of.
WORD = LETTERS + MARKS
PERSIAN_DIGITS = "\u06f0-\u06f9\u0660-\u0669"
#: A line ends here, whatever wrote it.
BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
HALF_SPACE = "\u200c"

#: Letters of other keyboards and scripts that look like a Persian one. A teh marbuta stays: it is
#: a letter of its own in Arabic phrases. Letters of Kurdish and Pashto that look different stay.
ALIKE: dict[str, str] = {
    "ي": "ی",
    "ى": "ی",
    "ك": "ک",
    "ڪ": "ک",
    "ھ": "ه",
    "ہ": "ه",
    "ە": "ه",
    "ۃ": "ة",
    "ٱ": "ا",
    # ISIRI 6219 writes the heh of «خانهٔ» as heh and a hamza above it.
    "ۀ": "هٔ",
    "ۂ": "هٔ",
}

#: A letter and a combining sign that Unicode composes to one (U+06CC is not the yeh that its own
#: tables compose, so these are ours).
COMPOSED: dict[str, str] = {
    "ا\u0653": "آ",
    "ا\u0654": "أ",
    "ا\u0655": "إ",
    "و\u0654": "ؤ",
    "ی\u0654": "ئ",
}

#: Nobody sees these and Persian does not need them: soft hyphen, marks and controls of
#: direction, invisible operators, the byte order mark, control characters.
INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200e\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
)

#: Spaces that are not the plain one.
SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"

#: Phrases in one character: spelled out they would be up to 18 times as long.
_PHRASES = "\ufdfa\ufdfb"


def presentation_forms() -> dict[str, str]:
    """Each presentation form to the letters that it draws; at most four for one.

    Isolated marks are decomposed by Unicode to a space and the mark; the space is dropped.
    """
    table: dict[str, str] = {}
    for point in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        one = chr(point)
        plain = unicodedata.normalize("NFKC", one).strip(" ")
        if plain != one and one not in _PHRASES:
            table[one] = plain
    return table
