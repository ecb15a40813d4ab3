"""`pai.normalise` and `pai.trace`: the normaliser on a text, in this process, without a service.

The rules are `persian`'s. Owns only how they are called and how a trace is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

from pydantic import ValidationError

from ..errors import InvalidField
from ..persian import describing
from ..persian.normaliser import Normaliser
from ..protocol.normaliser import Normalised, NormaliserRecipe
from . import tables
from .listing import columns

#: Of several texts, so many are shown.
_SHOWN = 100


class Text(str):
    """A text that is shown as it reads: Python's own form would write half-spaces as codes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return tables.isolated(self, limit=100_000)


class Texts(list[str]):
    """Several texts, each shown as it reads."""

    def __repr__(self) -> str:
        return "\n".join(self)

    def _repr_html_(self) -> str:
        return tables.table(("",), ((text,) for text in self[:_SHOWN]), persian=True)


@overload
def normalise(text: str, recipe: NormaliserRecipe | None = None, **switches: Any) -> Text: ...
@overload
def normalise(
    text: Iterable[str], recipe: NormaliserRecipe | None = None, **switches: Any
) -> Texts: ...
def normalise(
    text: str | Iterable[str], recipe: NormaliserRecipe | None = None, **switches: Any
) -> Text | Texts:
    """Normalise a text, or several; needs no service.

    Args:
        text: one, or several (a list, a column of a frame).
        recipe: which steps run; the default one without it. A dataset and a model say theirs in
            `.normaliser`.
        switches: of the recipe, such as `digits="keep"` or `diacritics=True`.

    Raises:
        InvalidField: there is no such switch, or it cannot have this value.

    """
    normaliser = Normaliser(_recipe(recipe, switches))
    if isinstance(text, str):
        return Text(normaliser.text(text))
    return Texts(normaliser.texts(list(text)))


def trace(text: str, recipe: NormaliserRecipe | None = None, **switches: Any) -> Trace:
    """Normalise a text and show what each step changed; takes what `normalise` takes."""
    told = Normaliser(_recipe(recipe, switches)).traced(text)
    return Trace.model_construct(**dict(told))


class Trace(Normalised):
    """A normalised text and what each step changed in it; a front end draws it as a table."""

    def __str__(self) -> str:
        cells = [
            [one.step, f"{one.start:,}", visible(one.before), visible(one.after)]
            for one in self.changes
        ]
        head = ["step", "at", "before", "after"]
        return self.text + (f"\n\n{columns(head, cells)}" if cells else "")

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        titles = {step.id: step.title.fa for step in describing.steps()}
        rows = [
            (
                titles.get(one.step, one.step),
                tables.Markup(tables.number(one.start, persian=True)),
                visible(one.before),
                visible(one.after),
            )
            for one in self.changes
        ]
        text = f'<div dir="rtl" lang="fa">{tables.isolated(self.text, limit=100_000)}</div>'
        if not rows:
            return text
        return text + tables.table(("گام", "جایگاه", "پیش", "پس"), rows, persian=True)


#: Signs that nobody sees, by what stands for them.
_SIGNS = {"\u200c": "⟨ZWNJ⟩", "\u200d": "⟨ZWJ⟩", " ": "␣", "\u00a0": "⟨NBSP⟩", "\n": "⏎"}


def visible(text: str) -> str:
    """A piece of text in which marks and spaces are seen: a change often is nothing else."""
    return "".join(
        _SIGNS.get(sign) or (sign if sign.isprintable() else f"⟨U+{ord(sign):04X}⟩")
        for sign in text
    )


def _recipe(recipe: NormaliserRecipe | None, switches: dict[str, Any]) -> NormaliserRecipe:
    if not switches:
        return recipe or NormaliserRecipe()
    try:
        return NormaliserRecipe(**{**(recipe.model_dump() if recipe else {}), **switches})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidField(
            field=name, reason=first["msg"], reason_fa="چنین گزینه یا مقداری نیست"
        ) from error
