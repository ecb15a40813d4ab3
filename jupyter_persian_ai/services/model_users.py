"""Who uses a model, what deleting it frees, and the refusal while somebody needs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.orm import Session

from ..errors import ModelInUse, NotFound
from ..protocol.base import Note
from ..protocol.chat import EngineState
from ..protocol.registry import ModelUser, ModelUsers, ModelVersion
from ..settings import Settings
from ..store import Store, model_origins, model_users, model_versions
from ..store import jobs as job_rows
from . import model_files
from .engines import Engines

_YOURS = Note(
    en="The files lie in a folder that was named by its path; they stay there.",
    fa="فایل‌ها در پوشه‌ای هستند که خودتان نشان داده‌اید؛ همان‌جا می‌مانند.",
)
_SHARED = Note(
    en="Another model has a version in the same folder; its files stay for that.",
    fa="مدل دیگری نسخه‌ای در همین پوشه دارد؛ فایل‌ها برای آن می‌مانند.",
)
_FETCHED = Note(
    en="The same repository is being downloaded; its files stay for that.",
    fa="همین مخزن در حال دانلود است؛ فایل‌هایش برای آن می‌مانند.",
)


class UsersOfModels:
    """Who would miss a user's models."""

    def __init__(self, store: Store, settings: Settings, engines: Engines) -> None:
        self._store = store
        self._settings = settings
        self._engines = engines

    async def of(self, user_id: str, model_id: str, number: int | None = None) -> ModelUsers:
        """Who uses a model, or one version of it, and what deleting it would give back.

        Raises:
            NotFound: no such model of this user, or no such version.

        """
        data_dir = self._settings.data_dir

        def read(session: Session) -> tuple[list[ModelUser], list[Path], Note | None]:
            users = model_users.of(session, user_id, model_id, number)
            going = versions(session, user_id, model_id, number)
            folders, kept = leaving(session, model_id, going, data_dir)
            current = any(version.current for version in going)
            return (self._engine(model_id) if current else []) + users, folders, kept

        users, folders, kept = await self._store.aread(read)
        bytes_ = await asyncio.to_thread(model_files.freed, folders, data_dir)
        return ModelUsers(users=users, frees_bytes=bytes_, kept=kept)

    def need_nobody(
        self, session: Session, user_id: str, model_id: str, number: int | None = None
    ) -> None:
        """Make sure that nothing under way needs a model, or one version of it.

        Raises:
            NotFound: no such model of this user, or no such version.
            ModelInUse: something does; it says what.

        """
        users = model_users.of(session, user_id, model_id, number)
        if number is None:
            users = self._engine(model_id) + users
        blocking = [user for user in users if user.blocks]
        if blocking:
            titles = [user.title for user in blocking]
            raise ModelInUse(
                users=", ".join(titles),
                users_fa="، ".join(titles),
                blocking=[user.model_dump(mode="json") for user in blocking],
            )

    def _engine(self, model_id: str) -> list[ModelUser]:
        return [
            ModelUser(
                kind="engine",
                id=model_id,
                title="Chat · گفت‌وگو",
                link="chat",
                blocks=True,
            )
            for engine in self._engines.listed({model_id})
            if engine.state is not EngineState.FAILED
        ]


def versions(
    session: Session, user_id: str, model_id: str, number: int | None
) -> list[ModelVersion]:
    """The versions that deleting a model, or only `number` of it, is about.

    Raises:
        NotFound: no such model of this user, or no such version.

    """
    if number is not None:
        return [model_versions.get(session, user_id, model_id, number)]
    return model_versions.of_model(session, user_id, model_id)


def leaving(
    session: Session, model_id: str, going: list[ModelVersion], data_dir: Path
) -> tuple[list[Path], Note | None]:
    """Folders that go with these versions, and why others do not; each folder once."""
    folders: list[Path] = []
    kept: Note | None = None
    besides = {(model_id, version.number) for version in going}
    for version in going:
        folder = Path(version.path)
        if model_origins.path_in_use(session, version.path, besides=besides):
            kept = kept or _SHARED
        elif not model_files.ours(folder, data_dir) or _of_a_job(session, version, data_dir):
            kept = kept or _YOURS
        elif version.repo_id and model_users.being_fetched(session, version.repo_id):
            # Somebody else's download: it may be about to use the very blobs that would go.
            kept = kept or _FETCHED
        elif folder not in folders:
            folders.append(folder)
    return folders, kept


def _of_a_job(session: Session, version: ModelVersion, data_dir: Path) -> bool:
    """Whether a version that was named by its path lies in the folder of a job that is there.

    It goes when that job is deleted.
    """
    if version.source != model_files.USERS_OWN:
        return False
    inside = Path(version.path).resolve().relative_to(data_dir.resolve()).parts
    try:
        job_rows.owner(session, inside[1] if len(inside) > 1 else "")
    except NotFound:
        return False
    return True
