"""What the Hub says live, joined with what the user has.

Owns the threads that wait for the Hub: few, so that a Hub that hangs holds up nothing else. The
library of the Hub is loaded at the first question, not with the server.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ..errors import Busy, HubOffline
from ..hub import catalogue as facts
from ..protocol.catalogue import HubRepo, HubResults, RepoType
from .catalogue import Belongings, CatalogueService
from .downloads import need_repository

if TYPE_CHECKING:
    from ..hub import search as hub

Answer = TypeVar("Answer")

_THREADS = 4
_SECONDS = 25.0  # looking up a name has no limit of its own


class HubSearch:
    """Questions to the Hub."""

    def __init__(self, catalogue: CatalogueService) -> None:
        self._catalogue = catalogue
        self._threads = ThreadPoolExecutor(_THREADS, "hub-search")
        self._waiting = 0

    async def search(
        self, user_id: str, *, type: RepoType, q: str, persian: bool, sort: hub.Sort, limit: int
    ) -> HubResults:
        """What the Hub finds.

        Raises:
            HubOffline: it cannot be reached.
            HubThrottled: it was asked too often.
            Busy: too many questions wait already.

        """

        def ask() -> HubResults:
            from ..hub import search as hub  # noqa: PLC0415 - it loads the Hub's library

            return hub.search(hub.Question(type, q, persian, sort, limit))

        results = await self._in_thread(ask)
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

        def ask() -> HubRepo:
            from ..hub import search as hub  # noqa: PLC0415 - it loads the Hub's library

            return hub.repository(repo_id, type, revision)

        found = await self._in_thread(ask)
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

    def stop(self) -> None:
        """Wait for no answer; a thread that hangs ends with its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, ask: Callable[[], Answer]) -> Answer:
        if self._waiting >= 2 * _THREADS:
            raise Busy
        self._waiting += 1
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._threads, ask)
            return await asyncio.wait_for(answer, _SECONDS)
        except TimeoutError as error:
            raise HubOffline(
                endpoint=os.environ.get("HF_ENDPOINT", "https://huggingface.co"),
                reason=f"it did not answer within {_SECONDS:.0f} seconds",
                reason_fa=f"در {_SECONDS:.0f} ثانیه پاسخ نداد",
            ) from error
        finally:
            self._waiting -= 1


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
