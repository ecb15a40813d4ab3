"""The curated catalogue: reading its file, and which of its entries a question means.

Owns the rule of memory and the order of answers; the facts are in `catalogue.json`. Knows neither
the network nor what is installed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ..persian.fold import fold
from ..protocol.catalogue import (
    CatalogueEntry,
    CatalogueFacet,
    CatalogueFile,
    Commercial,
    Licence,
    RepoType,
)

Sort = Literal["relevance", "name", "size", "memory", "tokens"]

_BYTES_PER_PARAMETER = 2  # bf16, as models are published and loaded where memory counts
_WORKING_SHARE = 1.2  # activations and the cache of a context of a few thousand tokens
_PROCESS_BYTES = 512 * 2**20  # the program itself
_USES: dict[str, list[Literal["chat", "train"]]] = {
    "text-generation": ["chat", "train"],
    "fill-mask": ["train"],
}


@cache
def catalogue() -> CatalogueFile:
    """The file, checked; read once."""
    text = files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8")
    return CatalogueFile.model_validate_json(text)


@cache
def licences() -> dict[str, Licence]:
    """What the catalogue explains of licences, by id."""
    return {licence.id: licence for licence in catalogue().licences}


@cache
def by_repo() -> dict[tuple[RepoType, str], CatalogueEntry]:
    """Entries by type and repository, in lower case as the Hub compares names."""
    return {(e.type, e.repo_id.lower()): e for e in catalogue().entries if e.repo_id}


def memory_needed(parameters: int | None) -> int | None:
    """Bytes to run a model of so many parameters, in 16 bits; training needs more."""
    if not parameters:
        return None
    return int(parameters * _BYTES_PER_PARAMETER * _WORKING_SHARE) + _PROCESS_BYTES


def uses_of(type: RepoType, task: str) -> list[Literal["chat", "train"]]:
    """What this product does with models of the task; a dataset of text is trained on."""
    if type == "dataset":
        return ["train"]
    return _USES.get(task, [])


def tasks() -> list[CatalogueFacet]:
    """The tasks of all entries, the most frequent first."""
    counted = Counter(entry.task for entry in catalogue().entries)
    return [CatalogueFacet(value=task, count=count) for task, count in counted.most_common()]


def found(
    *,
    type: RepoType | None = None,
    task: str = "",
    q: str = "",
    license: str = "",
    commercial: Commercial | None = None,
    gated: bool | None = None,
    sort: Sort = "relevance",
) -> list[CatalogueEntry]:
    """The entries that have all of what is asked.

    Every word of `q` must stand somewhere, folded as a Persian reader takes it. `gated=False`
    leaves out what is not known to be open to all.
    """
    words = fold(q).split()
    chosen = [
        entry
        for entry in catalogue().entries
        if (type is None or entry.type == type)
        and task in {"", entry.task}
        and license in {"", entry.license}
        and commercial in {None, entry.commercial}
        and (gated is None or entry.gated is gated)
        and all(word in _text(entry.id) for word in words)
    ]
    return _sorted(chosen, sort, words)


@cache
def _text(entry_id: str) -> str:
    entry = next(entry for entry in catalogue().entries if entry.id == entry_id)
    licence = licences()[entry.license]
    return fold(
        " ".join(
            (
                entry.repo_id, entry.name, entry.task, licence.id, licence.name,
                entry.good_for.fa, entry.good_for.en, entry.note.fa, entry.note.en, *entry.also,
            )
        )
    )  # fmt: skip


def _sorted(
    entries: Iterable[CatalogueEntry], sort: Sort, words: list[str]
) -> list[CatalogueEntry]:
    keys: dict[str, Callable[[CatalogueEntry], Any]] = {
        "name": lambda e: fold(e.name),
        "size": lambda e: e.parameters or e.bytes,
        "memory": lambda e: memory_needed(e.parameters),
        "tokens": lambda e: e.tokens_per_word,
    }
    if sort == "relevance":
        # Names before descriptions, a phrase before its parts; otherwise the file's own order, in
        # which what serves most people here comes first. Without its spaces a phrase is one
        # however its half-spaces were typed.
        phrase = "".join(words)
        return sorted(
            entries,
            key=lambda e: (
                -sum(word in _name(e) for word in words),
                phrase not in _text(e.id).replace(" ", ""),
            ),
        )
    key = keys[sort]
    known = [entry for entry in entries if key(entry) is not None]
    return [*sorted(known, key=key), *(entry for entry in entries if key(entry) is None)]


def _name(entry: CatalogueEntry) -> str:
    return fold(f"{entry.repo_id} {entry.name}")
