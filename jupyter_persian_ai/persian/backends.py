"""Other normalisers behind our interface: hazm, shekar and rishe, where they are installed.

None is ever needed. A recipe names one and its version, because another version changes texts
otherwise; the recipe's switches turn on those of its parts that do the same. What is promised of
our own rules (`normaliser`) is not promised here: they may change a text twice, and take longer.
An import happens only when one is used: each brings libraries along. Must not install anything.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from ..errors import NormaliserFailed, NormaliserMissing, NormaliserVersion
from ..protocol.normaliser import Normalised, NormaliserChange, NormaliserRecipe

OTHERS = ("hazm", "shekar", "rishe")
#: Changes that are told, and words up to which they are looked for one by one.
_TOLD = 500
_COMPARED = 2000


def installed(backend: str) -> str:
    """The version that is installed here; empty when none is, or for our own."""
    if backend not in OTHERS:
        return ""
    try:
        return importlib.metadata.version(backend)
    except importlib.metadata.PackageNotFoundError:
        return ""


def pinned(recipe: NormaliserRecipe) -> NormaliserRecipe:
    """The recipe with the version of its back end, as it should be recorded.

    Raises:
        NormaliserMissing: the back end is not installed here.
        NormaliserVersion: another version of it is.

    """
    if recipe.backend == "own":
        return recipe.model_copy(update={"backend_version": ""})
    found = installed(recipe.backend)
    if not found:
        raise NormaliserMissing(backend=recipe.backend)
    if recipe.backend_version and recipe.backend_version != found:
        raise NormaliserVersion(backend=recipe.backend, wanted=recipe.backend_version, found=found)
    return recipe.model_copy(update={"backend_version": found})


class OtherRules:
    """One of the others, made ready for a recipe."""

    def __init__(self, recipe: NormaliserRecipe) -> None:
        self.backend = recipe.backend
        try:
            library = importlib.import_module(recipe.backend)
            self._one = _MAKERS[recipe.backend](library, recipe)
        except Exception as error:
            raise NormaliserFailed(backend=self.backend, reason=_line(error)) from error

    def text(self, text: str) -> str:
        """One text as the back end leaves it.

        Raises:
            NormaliserFailed: it did.

        """
        try:
            return str(self._one(text))
        except Exception as error:
            raise NormaliserFailed(backend=self.backend, reason=_line(error)) from error

    def traced(self, text: str) -> Normalised:
        """The text, and which words changed; the back end does not say which step did it."""
        done = self.text(text)
        old, new = text.split(" "), done.split(" ")
        if text == done:
            changes = []
        elif len(old) > _COMPARED:
            changes = [self._change(0, text, done)]
        else:
            begins = [0]
            for word in old:
                begins.append(begins[-1] + len(word) + 1)
            changes = [
                self._change(begins[i], " ".join(old[i:j]), " ".join(new[m:n]))
                for kind, i, j, m, n in SequenceMatcher(
                    None, old, new, autojunk=False
                ).get_opcodes()
                if kind != "equal"
            ]
        counts = {self.backend: len(changes)} if changes else {}
        return Normalised(text=done, changes=changes[:_TOLD], counts=counts)

    def _change(self, start: int, before: str, after: str) -> NormaliserChange:
        return NormaliserChange(
            step=self.backend, start=start, end=start + len(before), before=before, after=after
        )


@lru_cache(maxsize=8)
def other_rules(recipe: NormaliserRecipe) -> OtherRules:
    """The back end of a recipe, made ready; equal recipes share it.

    Raises:
        NormaliserFailed: it cannot be loaded.

    """
    return OtherRules(recipe)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _hazm(library: Any, recipe: NormaliserRecipe) -> Callable[[str], str]:
    """hazm, and rishe, which has a class of the same arguments. Both map letters always."""
    made = library.Normalizer(
        correct_spacing=recipe.half_spaces or recipe.spaces,
        remove_diacritics=recipe.diacritics,
        remove_specials_chars=recipe.invisible,
        decrease_repeated_chars=recipe.repeated,
        persian_style=recipe.punctuation,
        persian_numbers=recipe.digits == "persian",
        unicodes_replacement=recipe.presentation,
        seperate_mi=recipe.half_spaces,
    )
    one: Callable[[str], str] = made.normalize
    return one


def _shekar(library: Any, recipe: NormaliserRecipe) -> Callable[[str], str]:
    steps = importlib.import_module("shekar.preprocessing")
    wanted = {
        "AlphabetNormalizer": recipe.letters,
        "ArabicUnicodeNormalizer": recipe.presentation,
        "DigitNormalizer": recipe.digits == "persian",
        "PunctuationNormalizer": recipe.punctuation,
        "RemoveDiacritics": recipe.diacritics,
        "RepeatedLetterNormalizer": recipe.repeated,
        "SpacingNormalizer": recipe.half_spaces or recipe.spaces,
        "YaNormalizer": recipe.half_spaces,
    }
    chosen = [(name, getattr(steps, name)()) for name, on in wanted.items() if on]
    if not chosen:
        return str
    made: Callable[[str], str] = library.Normalizer(steps=chosen)
    return made


_MAKERS: dict[str, Callable[[Any, NormaliserRecipe], Callable[[str], str]]] = {
    "hazm": _hazm,
    "shekar": _shekar,
    "rishe": _hazm,
}
