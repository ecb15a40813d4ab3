"""Half-spaces before and after affixes: where a space, or nothing, stands and a half-space should.

Deterministic rules and short closed lists instead of a dictionary: what is joined can be said in a
sentence, and a text in a thousand years is joined the same way. In doubt, nothing is joined.

The lists, and why these:

* `SUFFIXES`: plural with its possessives, and the comparative. Apart from a word they mean nothing,
  save «تر» (wet), which is left alone behind `_SMALL`.
* `AFTER_HEH`: endings that are half-spaced only after a silent heh; after another letter they are
  attached or are words («ای دوست»). A heh after a long vowel («راه», «کوه») is sounded, and
  `_SOUNDED` are the frequent words whose heh is sounded or that no ending follows.
* `_PRESENT` and `_PAST`: the stems of the verbs that come most often with an attached «می»
  («میشود»), `_SPOKEN` how some are said. Only with a personal ending, because «میدان» and «میل»
  begin with it too; and `_PRESENT` has no stem that gives another word so («میدانی» is left
  alone). Of the 213,000 words in the lists of hazm and shekar they match 65, all of them verbs.
* `_NO_VERB`: what stands behind «می» (wine) in verse, or ends as a verb does and is none.
"""

from __future__ import annotations

import re

from .characters import HALF_SPACE, LETTERS, WORD
from .rules import Rule

_PLURAL = ("ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان")
_COMPARATIVE = ("تر", "تری", "ترین", "ترها", "ترهای")
SUFFIXES = (*_PLURAL, *_COMPARATIVE)
AFTER_HEH = ("ی", "ای", "ام", "ات", "اش", "ایم", "اید", "اند", "مان", "تان", "شان")
_SOUNDED = ("همه", "الله", "البته", "توجه", "وجه", "شبیه", "اینکه", "آنکه", "بلکه", "چنانکه",
            "آنچه", "هرچه", "چنانچه", "گرچه", "فقیه", "توجیه", "تنبیه", "تشبیه")  # fmt: skip
#: After «می» these are words of their own, though they end as a verb does.
_NO_VERB = ("است", "نیست", "این", "آن", "من", "تا", "همین", "چنین", "همه", "که", "به", "چه", "نه",
            "ام", "ای", "ی", "هم", "چون", "زدن", "بودن", "شدن", "کردن", "وقت", "بی", "اکنون",
            "جمله", "باقی", "صافی", "صوفی", "ساقی")  # fmt: skip
#: Nothing is half-spaced behind these.
_SMALL = ("و", "را", "که", "از", "به", "با", "در", "یا")
_PRESENT = ("شو", "کن", "توان", "باش", "گوی", "ده", "خواه", "رو", "آی", "گیر", "بین", "رس",
            "آور", "خور", "زن", "گذار", "گذر", "دار", "شناس", "نویس", "افت", "ساز",
            "پرداز", "پذیر", "بخش", "یاب", "مان", "کوش", "گرد", "کش", "اندیش")  # fmt: skip
_PAST = ("شد", "کرد", "توانست", "گفت", "داد", "خواست", "رفت", "آمد", "گرفت", "دانست", "دید",
         "رسید", "آورد", "برد", "خورد", "زد", "گذاشت", "داشت", "نوشت", "ساخت", "بود")  # fmt: skip
#: How the most frequent of them are spoken.
_SPOKEN = ("شه", "شن", "کنه", "کنن", "خوام", "خواد", "خوان", "ره", "گه", "گم", "گن", "دم", "ده",
           "تونم", "تونه", "دونم", "دونه")  # fmt: skip
_BOUND = f"(?![{WORD}])"


def _either(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


#: How a word begins, and what is in a word and the spaces beside it, where `apart` may find
#: something to do.
BEGINS = f"(?:{_either((*SUFFIXES, *AFTER_HEH))}){_BOUND}"
BESIDE_A_SPACE = f"(?:^| ){BEGINS}|(?<![{WORD}])ن?می(?: |$)"


def attached() -> list[Rule]:
    """«میشود» becomes «می‌شود»; local."""
    verbs = (
        f"(?:{_either(_PRESENT)})(?:م|ی|د|یم|ید|ند)|(?:{_either(_PAST)})(?:م|ی|یم|ید|ند)?"
        f"|توان|دانم|داند|دانیم|دانید|دانند|{_either(_SPOKEN)}"
    )
    return [
        Rule(
            "half_spaces",
            re.compile(f"(?<![{WORD}{HALF_SPACE}])ن?می(?=(?:{verbs}){_BOUND})"),
            lambda found: found[0] + HALF_SPACE,
            ("می",),
        )
    ]


def apart() -> list[Rule]:
    """«می رود», «کتاب ها» and «خانه ام» become «می‌رود», «کتاب‌ها» and «خانه‌ام»."""
    plural, comparative = _either(_PLURAL), _either(_COMPARATIVE)
    small = "".join(f"(?<![^{WORD}]{word} )(?<!^{word} )" for word in _SMALL)
    sounded = "".join(f"(?<!{word} )" for word in _SOUNDED)
    return [
        Rule(
            "half_spaces",
            re.compile(
                f"(?<![{WORD}])(ن?می) (?!(?:{_either(_NO_VERB)}){_BOUND})"
                f"(?=[{LETTERS}]{{1,15}}[میدتنه]{_BOUND})"
            ),
            lambda found: found[1] + HALF_SPACE,
            ("می ",),
        ),
        Rule(
            "half_spaces",
            re.compile(
                f" (?=[هت]){small}(?:(?<=[{WORD}A-Za-z] )(?=(?:{plural}){_BOUND})"
                f"|(?<=[{WORD}] )(?=(?:{comparative}){_BOUND}))"
            ),
            HALF_SPACE,
            (" ها", " تر"),
        ),
        Rule(
            "half_spaces",
            re.compile(
                f" (?<=ه )(?<=[{LETTERS}][{LETTERS}]ه )(?<![اوآ]ه ){sounded}"
                f"(?=(?:{_either(AFTER_HEH)}){_BOUND})"
            ),
            HALF_SPACE,
            ("ه ",),
        ),
    ]
