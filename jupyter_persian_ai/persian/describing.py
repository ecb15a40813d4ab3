"""What the normaliser's steps are called, what they do, and an example of each; back ends too.

Words only: what a step does to its example is worked out by the step itself. Must not decide what
is on by default: `NormaliserRecipe` does.
"""

from __future__ import annotations

from ..protocol.base import Note
from ..protocol.normaliser import (
    NormaliserBackend,
    NormaliserRecipe,
    Normalisers,
    NormaliserStep,
)
from .backends import OTHERS, installed
from .normaliser import normalise

_CHOICES = ["keep", "persian", "latin"]
#: id, title (English, Persian), help (English, Persian), an example.
_STEPS: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "letters",
        "Letters",
        "حرف‌ها",
        "Arabic ي and ك, and other letters that look alike, become the Persian ones.",
        "ي و ك عربی و حرف‌های همانند دیگر، حرف فارسی می‌شوند.",
        "كتابي از علي",
    ),
    (
        "presentation",
        "Presentation forms",
        "شکل‌های نمایشی",
        "Drawn shapes of letters, as old editors and PDF files hold them, become letters.",
        "شکل‌های کشیدهٔ حرف‌ها، که در PDF و ویرایشگرهای کهنه هست، حرف می‌شوند.",
        "ﺳﻼﻡ ﺩﻧﯿﺎ",
    ),
    (
        "digits",
        "Digits",
        "رقم‌ها",
        "Numbers in Persian or in Latin digits. Digits of Latin words (UTF-8) stay.",
        "عددها با رقم فارسی یا لاتین. رقم واژه‌های لاتین (UTF-8) می‌ماند.",
        "در سال 1405 با UTF-8",
    ),
    (
        "invisible",
        "Invisible characters",
        "نویسه‌های نادیدنی",
        "Marks of direction, soft hyphens, control characters and the like go.",
        "نشانه‌های جهت، خط تیرهٔ نرم، نویسه‌های کنترلی و مانند آن‌ها برداشته می‌شوند.",
        "می\u00acروم\u200f به\u200e خانه",
    ),
    (
        "half_spaces",
        "Half-spaces",
        "نیم‌فاصله‌ها",
        "Between a word and «می», «ها», «تر», «ام» and other affixes; stray ones go.",
        "میان واژه و «می»، «ها»، «تر»، «ام» و وندهای دیگر؛ نیم‌فاصلهٔ بی‌جا برداشته می‌شود.",
        "کتاب ها را می خوانم و خانه ام بزرگ تر است",
    ),
    (
        "punctuation",
        "Punctuation",
        "نشانه‌گذاری",
        "Persian signs among Persian words, and the space around them. Latin text keeps its own.",
        "نشانه‌های فارسی میان واژه‌های فارسی و فاصلهٔ پیرامونشان. متن لاتین نشانه‌های خود را دارد.",
        'سلام ,خوبی?گفت:"بله"',
    ),
    (
        "spaces",
        "Spaces",
        "فاصله‌ها",
        "One space where there were more; none at the end of a line. Indentation stays.",
        "به‌جای چند فاصله یکی؛ در پایان سطر هیچ. تورفتگی آغاز سطر می‌ماند.",
        "یک   متن\u00a0کوتاه  ",
    ),
    (
        "diacritics",
        "Diacritics",
        "اعراب",
        "Short vowels, tashdid, tanwin and tatweel go. Meaning may be lost: «کَرد» and «کُرد».",
        "حرکت‌ها، تشدید، تنوین و کشیده برداشته می‌شوند. شاید معنا گم شود: «کَرد» و «کُرد».",
        "مُعَلِّم خـــوب",
    ),
    (
        "repeated",
        "Repeated letters",
        "حرف‌های تکراری",
        "A letter three or more times in a row is written once.",
        "حرفی که سه بار یا بیشتر پشت هم آمده، یک بار نوشته می‌شود.",
        "خیلییییی عالییی",
    ),
)
_BACKENDS: dict[str, tuple[str, str]] = {
    "own": ("Ours", "نرمال‌ساز خودمان"),
    "hazm": ("hazm", "هضم"),
    "shekar": ("shekar", "شکر"),
    "rishe": ("rishe", "ریشه"),
}


def alone(step: str) -> NormaliserRecipe:
    """The recipe of one step and nothing else."""
    off: dict[str, object] = {one[0]: False for one in _STEPS} | {"digits": "keep"}
    return NormaliserRecipe.model_validate(off | {step: "persian" if step == "digits" else True})


def steps() -> list[NormaliserStep]:
    """The switches, in the order of the form."""
    return [
        NormaliserStep(
            id=name,
            title=Note(en=en, fa=fa),
            help=Note(en=help_en, fa=help_fa),
            choices=_CHOICES if name == "digits" else [],
            example_before=example,
            example_after=normalise(example, alone(name)),
        )
        for name, en, fa, help_en, help_fa, example in _STEPS
    ]


def normalisers() -> Normalisers:
    """What can be chosen here."""
    return Normalisers(
        default=NormaliserRecipe(),
        steps=steps(),
        backends=[
            NormaliserBackend(
                id=name,
                title=Note(en=en, fa=fa),
                version=installed(name),
                installed=name not in OTHERS or bool(installed(name)),
            )
            for name, (en, fa) in _BACKENDS.items()
        ],
    )
