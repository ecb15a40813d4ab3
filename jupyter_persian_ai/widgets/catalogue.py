"""The catalogue in a notebook: Persian models and datasets that are worth having, as a table.

Asks the service once; fetches nothing from the Hub.
"""

from __future__ import annotations

from typing import Any

from ..client import Client, current
from ..protocol.catalogue import CatalogueItem
from .listing import Listing, size

_PERSIAN = {
    "id": "شناسه",
    "repository": "مخزن",
    "task": "کار",
    "memory": "حافظه",
    "licence": "پروانه",
    "installed": "نصب‌شده",
    "good for": "به چه کار می‌آید",
}


def catalogue(
    q: str = "", *, client: Client | None = None, **wanted: Any
) -> Listing[CatalogueItem]:
    """Entries that hold `q`, read as a Persian reader takes it; all of them without it.

    `wanted` narrows further, as in `CatalogueArea.search`: `type="model"`, `task=`, `license=`,
    `commercial="yes"`, `gated=False`, `fits=True`, `sort="size"`. Works without the Hub.

    Raises:
        InvalidField: there is no such filter or value.

    """
    found = current(client).catalogue.search(q, **wanted)
    return Listing(
        found.items,
        {
            "id": lambda one: one.id,
            "repository": lambda one: one.repo_id,
            "task": lambda one: one.task,
            "memory": lambda one: size(one.memory_bytes) if one.memory_bytes else "–",
            "licence": lambda one: one.licence.name,
            "installed": lambda one: one.installed,
            "good for": lambda one: one.good_for.fa,
        },
        persian=_PERSIAN,
    )
