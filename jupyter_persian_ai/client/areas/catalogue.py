"""`catalog` and `hub` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from ...protocol.catalogue import (
    Catalogue,
    CatalogueItem,
    Commercial,
    HubRepo,
    HubResults,
    RepoType,
)
from .area import Area


class CatalogueArea(Area):
    """What can be had from outside: the curated catalogue, and the Hub as it is now."""

    def search(
        self,
        q: str = "",
        *,
        type: RepoType | None = None,
        task: str = "",
        license: str = "",
        commercial: Commercial | None = None,
        gated: bool | None = None,
        fits: bool | None = None,
        sort: Literal["relevance", "name", "size", "memory", "tokens"] = "relevance",
    ) -> Catalogue:
        """The entries that have all of what is asked; works without the Hub.

        `q` is folded as a Persian reader takes it; `gated=False` leaves out what asks for terms
        to be accepted, `fits=True` what this machine has no room for.
        """
        params = {
            "q": q, "type": type, "task": task, "license": license, "commercial": commercial,
            "gated": gated, "fits": fits, "sort": sort,
        }  # fmt: skip
        return self._one(Catalogue, "GET", "catalog", params=_given(params))

    def get(self, id: str) -> CatalogueItem:
        """One entry. Raises `NotFound`."""
        return self._one(CatalogueItem, "GET", f"catalog/{quote(id, safe='')}")

    def hub(
        self,
        q: str = "",
        *,
        type: RepoType = "model",
        persian: bool = True,
        sort: Literal["downloads", "likes", "updated"] = "downloads",
        limit: int = 30,
    ) -> HubResults:
        """What the Hub finds now. Raises `HubOffline`, `HubThrottled`."""
        params = {"q": q, "type": type, "persian": persian, "sort": sort, "limit": limit}
        return self._one(HubResults, "GET", "hub/search", params=_given(params))

    def repo(self, repo_id: str, type: RepoType = "model", revision: str = "main") -> HubRepo:
        """What a repository holds and a download would fetch.

        Raises `NotFound` (also for a private one), `HubOffline`, `HubThrottled`.
        """
        params = {"repo_id": repo_id, "type": type, "revision": revision}
        return self._one(HubRepo, "GET", "hub/repo", params=params)


def _given(params: Mapping[str, object]) -> dict[str, object]:
    """Without what was not asked; truths as the query writes them."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value not in {None, ""}
    }
