"""A small file of one user in the data root: read whole, written whole, for its owner alone.

Owns that it is never half there and never open to others: folder 0700, file 0600, staged and
renamed. Knows nothing of what it holds. For what must not lie in the database (secrets), and for
what processes without a database follow (the way to the Hub).
"""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any

from ..paths import private_folder
from ..protocol.base import new_id

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class UserFiles:
    """The files of one folder, by user."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def path(self, user_id: str) -> Path:
        """Where the user's file is, whether it is there or not.

        Raises:
            ValueError: this can be no user's id.

        """
        if not _ID.fullmatch(user_id):
            raise ValueError("not the id of a user")
        return self._folder / f"{user_id}.json"

    def read(self, user_id: str) -> dict[str, Any]:
        """What it holds; nothing when it is not there, or was damaged from outside."""
        try:
            said = json.loads(self.path(user_id).read_bytes())
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def change(self, user_id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Put `changes` into it; None takes a name out. Returns what it holds then.

        A file that holds nothing is removed.

        Raises:
            OSError: it cannot be written; what was there stays.

        """
        with self._lock:
            held = {**self.read(user_id), **changes}
            held = {name: value for name, value in held.items() if value is not None}
            place = self.path(user_id)
            if not held:
                place.unlink(missing_ok=True)
                return held
            private_folder(self._folder).chmod(0o700)  # a folder that was there before, too
            draft = place.with_name(f".{new_id()}.new")
            try:
                with os.fdopen(os.open(draft, _FLAGS, 0o600), "wb") as file:
                    file.write(json.dumps(held, ensure_ascii=False).encode())
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(place)
            finally:
                draft.unlink(missing_ok=True)
            return held


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
