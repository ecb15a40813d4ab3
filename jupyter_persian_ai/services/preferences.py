"""A user's own settings: language, digits, notices, jobs at a time.

The module is not called `settings`, for that word names the service's own (`settings.Settings`).
"""

from __future__ import annotations

from ..jobs.supervisor import Supervisor
from ..protocol.service import UserSettings, UserSettingsPatch
from ..store import Store
from ..store import users as rows


class Preferences:
    """What a user has chosen."""

    def __init__(self, store: Store, supervisor: Supervisor) -> None:
        self._store = store
        self._supervisor = supervisor

    async def get(self, user_id: str) -> UserSettings:
        """All of them, defaults filled in."""
        return await self._store.aread(lambda s: rows.settings(s, user_id))

    async def patch(self, user_id: str, patch: UserSettingsPatch) -> UserSettings:
        """Change what is given; more jobs at a time take effect at once."""
        changed = await self._store.awrite(lambda s: rows.patch_settings(s, user_id, patch))
        self._supervisor.poke()
        return changed
