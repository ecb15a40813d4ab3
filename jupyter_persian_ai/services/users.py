"""Users: from the name that Jupyter vouches for to the id under which things are kept.

Owns a small cache, because every request asks. Keeps no password and trusts no name that a
client sent; `server.owner` decides the name.
"""

from __future__ import annotations

from ..store import Store
from ..store import users as rows


class Users:
    """Ids of the people of this server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids: dict[str, str] = {}

    async def id_of(self, name: str, display_name: str = "") -> str:
        """The id of `name`, made at its first request."""
        if name not in self._ids:
            self._ids[name] = await self._store.awrite(
                lambda session: rows.ensure(session, name, display_name)
            )
        return self._ids[name]
