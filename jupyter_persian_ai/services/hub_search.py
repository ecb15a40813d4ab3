"""What the Hub says live, joined with what the user has.

Owns the joining only: `hub.search` asks, in the threads of `hub_threads`, on the way that the user
has chosen. The library of the Hub is loaded at the first question, not with the server.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..hub import catalogue as facts
from ..protocol.catalogue import HubRepo, HubResults, RepoType
from .catalogue import Belongings, CatalogueService
from .downloads import need_repository
from .hub_settings import HubWay
from .hub_threads import HubThreads

if TYPE_CHECKING:
    from ..hub import search as hub


class HubSearch:
    """Questions to the Hub."""

    def __init__(self, catalogue: CatalogueService, way: HubWay, threads: HubThreads) -> None:
        self._catalogue = catalogue
        self._way = way
        self._threads = threads

    async def search(
        self, user_id: str, *, type: RepoType, q: str, persian: bool, sort: hub.Sort, limit: int
    ) -> HubResults:
        """What the Hub finds.

        Raises:
            HubOffline: it cannot be reached.
            HubThrottled: it was asked too often.
            Busy: too many questions wait already.

        """
        way = await asyncio.to_thread(self._way.way, user_id)

        def ask() -> HubResults:
            from ..hub import search as hub  # noqa: PLC0415 - it loads the Hub's library

            return hub.search(way, hub.Question(type, q, persian, sort, limit))

        results = await self._threads.run(ask)
        belongings = await self._catalogue.belongings(user_id)
        return await asyncio.to_thread(_known, results, belongings)

    async def repository(
        self, user_id: str, *, repo_id: str, type: RepoType, revision: str
    ) -> HubRepo:
        """What a repository holds and a download of it would fetch.

        Raises:
            InvalidField: this is no repository's name.
            NotFound: there is none of this name, or it is private.
            HubOffline, HubThrottled, Busy: as `search`.

        """
        need_repository(repo_id)
        way = await asyncio.to_thread(self._way.way, user_id)

        def ask() -> HubRepo:
            from ..hub import search as hub  # noqa: PLC0415 - it loads the Hub's library

            return hub.repository(way, repo_id, type, revision)

        found = await self._threads.run(ask)
        room = await self._catalogue.room()
        belongings = await self._catalogue.belongings(user_id)
        standing = await asyncio.to_thread(belongings.standing, type, found.repo_id)
        entry = facts.by_repo().get((type, found.repo_id.lower()))
        parameters = found.parameters or (entry.parameters if entry else None)
        memory = facts.memory_needed(parameters) if type == "model" else None
        disk = None if standing.installed != "no" else found.chosen_bytes
        return found.model_copy(
            update={
                "licence": facts.licences().get(found.license or (entry.license if entry else "")),
                "entry_id": entry.id if entry else "",
                "memory_bytes": memory,
                "fits": room.fit(memory, disk),
                "installed": standing.installed,
                "path": standing.path,
                "model_id": standing.model_id,
                "job_id": standing.job_id,
            }
        )


def _known(results: HubResults, belongings: Belongings) -> HubResults:
    items = []
    for hit in results.items:
        standing = belongings.standing(hit.type, hit.repo_id)
        entry = facts.by_repo().get((hit.type, hit.repo_id.lower()))
        items.append(
            hit.model_copy(
                update={
                    "entry_id": entry.id if entry else "",
                    "installed": standing.installed,
                    "job_id": standing.job_id,
                }
            )
        )
    return results.model_copy(update={"items": items})
