"""The normaliser on the wire: a recipe of switchable steps, and what a step did to a text."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from .base import Ask, Note, Wire


class NormaliserRecipe(Ask):
    """Which steps run, in which version of their rules. Equal recipes change a text equally.

    Stored with every dataset version and every model that was made with it.
    """

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = Field(default=1, description="of the rules; a change makes a new one")
    backend: Literal["own", "hazm", "shekar", "rishe"] = "own"
    backend_version: str = Field(
        default="", max_length=40, description="of another back end; empty for our own"
    )
    letters: bool = Field(default=True, description="yeh, kaf and other letters that look alike")
    presentation: bool = Field(default=True, description="presentation forms become letters")
    digits: Literal["keep", "persian", "latin"] = "persian"
    invisible: bool = Field(default=True, description="marks and spaces that nobody sees go")
    half_spaces: bool = Field(default=True, description="half-spaces before and after affixes")
    punctuation: bool = Field(default=True, description="Persian signs, and the space around them")
    spaces: bool = Field(default=True, description="runs of spaces become one")
    diacritics: bool = Field(default=False, description="short vowels and tatweel go")
    repeated: bool = Field(default=False, description="letters repeated for emphasis go")


class NormaliserStep(Wire):
    """A switch of the recipe as a form shows it."""

    id: str = Field(description="a field of `NormaliserRecipe`")
    title: Note
    help: Note
    choices: list[str] = Field(default_factory=list, description="empty for on or off")
    example_before: str
    example_after: str


class NormaliserBackend(Wire):
    """A way to normalise that can be chosen here."""

    id: str
    title: Note
    version: str = ""
    installed: bool = True


class Normalisers(Wire):
    """`GET persian/normalisers`."""

    default: NormaliserRecipe
    steps: list[NormaliserStep]
    backends: list[NormaliserBackend]


class NormaliserChange(Wire):
    """One place that one step changed. Offsets count characters of the text before the step."""

    step: str
    start: int
    end: int
    before: str
    after: str


class NormaliseAsk(Ask):
    """`POST persian/normalise`."""

    text: str = Field(max_length=100_000)
    recipe: NormaliserRecipe = Field(default_factory=NormaliserRecipe)


class Normalised(Wire):
    """A normalised text and its trace, in the order of the steps."""

    text: str
    changes: list[NormaliserChange] = Field(description="the first 500")
    counts: dict[str, int] = Field(description="changes of each step")
