"""The catalogue as a user sees it: with what is installed, under way, and fits this machine.

Owns the joining of three things that know nothing of each other: the catalogue's facts, the
user's own things, and figures of the machine. Asking the Hub itself is `hub_search`'s.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..hub import catalogue as facts
from ..hub.installed import cache_name, snapshot, user_cache
from ..protocol.catalogue import (
    Catalogue,
    CatalogueEntry,
    CatalogueItem,
    Commercial,
    Fit,
    Installed,
    RepoType,
)
from ..protocol.jobs import JobKind, JobState
from ..settings import Settings
from ..store import Store
from ..store import jobs as job_rows
from ..store import models as model_rows
from ..training import footprint
from .disk import usable_bytes
from .machine import Machine

_MOST = 500  # of a user's models and downloads that are looked through
_GPU_SECONDS = 30.0  # nvidia-smi is dear
_ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.STOPPED})


@dataclass(frozen=True, slots=True)
class Room:
    """What a model may take of this machine, in bytes."""

    memory_free: int
    memory_total: int
    disk_free: int

    def fit(self, memory: int | None, disk: int | None) -> Fit:
        """Whether what needs so much fits; None is not known."""
        if disk is not None and disk > self.disk_free:
            return "disk"
        if memory is None:
            return "unknown"
        if memory <= self.memory_free:
            return "yes"
        return "busy" if memory <= self.memory_total else "memory"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one repository stands with a user."""

    installed: Installed = "no"
    path: str = ""
    model_id: str = ""
    job_id: str = ""


@dataclass(slots=True)
class Belongings:
    """What a user has that came from the Hub: models' folders, and downloads under way."""

    caches: tuple[Path, ...]
    models: list[tuple[str, Path]] = field(default_factory=list)
    downloads: dict[tuple[str, str], str] = field(default_factory=dict)

    def standing(self, repo_type: RepoType, repo_id: str) -> Standing:
        """How a repository stands (looks at the disk)."""
        if not repo_id:
            return Standing()
        job_id = self.downloads.get((repo_type, repo_id.lower()), "")
        if repo_type == "model":
            folder = cache_name(repo_type, repo_id).lower()
            for model_id, path in self.models:
                if folder in (part.lower() for part in path.parts):
                    return Standing("registered", str(path), model_id, job_id)
        for cache in self.caches:
            found = snapshot(cache, repo_type, repo_id)
            if found is not None:
                return Standing("fetched", str(found), "", job_id)
        return Standing(job_id=job_id)


class CatalogueService:
    """The catalogue, for one user at a time."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._machine = Machine(settings.data_dir)
        self._gpus = (0, 0)
        self._gpus_at = float("-inf")

    async def search(
        self,
        user_id: str,
        *,
        type: RepoType | None,
        task: str,
        q: str,
        license: str,
        commercial: Commercial | None,
        gated: bool | None,
        fits: bool | None,
        sort: facts.Sort,
    ) -> Catalogue:
        """The entries that are asked for; `fits` keeps what this machine has room for."""
        entries = facts.found(
            type=type, task=task, q=q, license=license, commercial=commercial, gated=gated,
            sort=sort,
        )  # fmt: skip
        room = await self.room()
        belongings = await self.belongings(user_id)
        items = await asyncio.to_thread(
            lambda: [_item(entry, room, belongings) for entry in entries]
        )
        if fits is not None:
            items = [item for item in items if (item.fits in {"yes", "busy"}) is fits]
        whole = facts.catalogue()
        return Catalogue(
            items=items,
            total=len(whole.entries),
            tasks=facts.tasks(),
            licences=whole.licences,
            about=whole.about,
            verified=whole.verified,
            memory_free=room.memory_free,
            memory_total=room.memory_total,
            disk_free=room.disk_free,
        )

    async def get(self, user_id: str, entry_id: str) -> CatalogueItem:
        """One entry.

        Raises:
            NotFound: there is no such entry.

        """
        entry = next((one for one in facts.catalogue().entries if one.id == entry_id), None)
        if entry is None:
            raise NotFound(what="catalogue entry", what_fa="سطری در فهرست برگزیده", id=entry_id)
        room, belongings = await self.room(), await self.belongings(user_id)
        return await asyncio.to_thread(_item, entry, room, belongings)

    async def room(self) -> Room:
        """What this machine has: of its own memory or of its largest GPU, whichever is more."""
        return await asyncio.to_thread(self._room)

    async def belongings(self, user_id: str) -> Belongings:
        """What the user has from the Hub."""
        found = Belongings((self._settings.data_dir / "hub", user_cache()))

        def read(session: Session) -> None:
            for model in model_rows.page(session, user_id, limit=_MOST).items:
                found.models.append((model.id, Path(model.path)))
            jobs = job_rows.page(session, user_id, kind=JobKind.DOWNLOAD, limit=_MOST)
            for job in jobs.items:
                if job.state not in _ENDED:
                    kind = str(job.options.get("repo_type", "model"))
                    found.downloads.setdefault((kind, job.name.lower()), job.id)

        await self._store.aread(read)
        return found

    def _room(self) -> Room:
        now = time.monotonic()
        if now - self._gpus_at > _GPU_SECONDS:
            cards = self._machine.gpus()
            self._gpus = (
                max((card.memory_total - card.memory_used for card in cards), default=0),
                max((card.memory_total for card in cards), default=0),
            )
            self._gpus_at = now
        free, total = self._gpus
        available = footprint.available_bytes()
        return Room(
            memory_free=max(available, free),
            memory_total=max(available, total, min(psutil.virtual_memory().total, _container())),
            disk_free=usable_bytes(self._settings),
        )


def _container() -> int:
    """Bytes that the container allows; more than any machine has where there is none."""
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 2**62


def _item(entry: CatalogueEntry, room: Room, belongings: Belongings) -> CatalogueItem:
    memory = facts.memory_needed(entry.parameters) if entry.type == "model" else None
    standing = belongings.standing(entry.type, entry.repo_id)
    there = standing.installed != "no"
    disk = entry.bytes or (entry.parameters or 0) * 2 or None
    return CatalogueItem(
        **entry.model_dump(),
        licence=facts.licences()[entry.license],
        memory_bytes=memory,
        fits=room.fit(memory, None if there else disk),
        installed=standing.installed,
        path=standing.path,
        model_id=standing.model_id,
        job_id=standing.job_id,
        uses=facts.uses_of(entry.type, entry.task),
    )
