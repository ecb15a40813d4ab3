"""Sets of parts that a user sends from another machine, one part after another.

Owns `bundles/incoming/<id>/` in the data root: the parts that have arrived whole, and a small file
that says whose they are. A set stays for a week after its last part. Opens no part.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from ..errors import InvalidField, NotFound
from ..paths import private_folder, safe_join
from ..protocol.base import new_id
from ..protocol.bundles import BundleUpload
from ..settings import Settings

#: How long a set waits for its next part, or for its import, in seconds.
KEPT_SECONDS = 7 * 24 * 3600.0
#: Of one set.
MAX_PARTS = 10_000
INCOMING = "incoming"
_OWNER = ".owner.json"
_ID = re.compile(r"[0-9a-f]{20}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,90}\.tar(\.\d{3,4})?")


class BundleUploads:
    """The sets of one data root. Its functions block on the disk."""

    def __init__(self, settings: Settings) -> None:
        self._root = private_folder(private_folder(settings.data_dir / "bundles") / INCOMING)

    def add(self, user_id: str, set_id: str, name: str, file: Path) -> BundleUpload:
        """Put a part that has arrived whole into a set; without an id a set begins.

        A part that comes again replaces itself.

        Raises:
            NotFound: there is no such set, or it is another user's.
            InvalidField: the file's name is no part's, or the set has too many.

        """
        check_name(name)
        if set_id:
            folder = self._folder(user_id, set_id)
        else:
            self.sweep()
            set_id = new_id()
            folder = private_folder(self._root / set_id)
            (folder / _OWNER).write_text(json.dumps({"user_id": user_id}), "utf-8")
        if len(_parts(folder)) >= MAX_PARTS:
            raise InvalidField(
                field="file",
                reason=f"a set has at most {MAX_PARTS} parts",
                reason_fa=f"هر مجموعه حداکثر {MAX_PARTS} پاره دارد",
            )
        file.replace(safe_join(folder, name))
        return self.get(user_id, set_id)

    def get(self, user_id: str, set_id: str) -> BundleUpload:
        """What of a set has arrived.

        Raises:
            NotFound: there is no such set, or it is another user's.

        """
        folder = self._folder(user_id, set_id)
        parts = _parts(folder)
        return BundleUpload(
            id=set_id,
            path=str(folder),
            parts=[part.name for part in parts],
            bytes=sum(part.stat().st_size for part in parts),
        )

    def drop(self, user_id: str, set_id: str) -> None:
        """Forget a set and its parts.

        Raises:
            NotFound: there is no such set, or it is another user's.

        """
        shutil.rmtree(self._folder(user_id, set_id), ignore_errors=True)

    def owns(self, user_id: str, place: Path) -> bool:
        """Whether a path is one of this user's sets, or lies in one."""
        for folder in (place, place.parent):
            if folder.parent == self._root.resolve() and _owner(folder) == user_id:
                return True
        return False

    def let_go(self, part: Path) -> None:
        """What this set held has been taken in; nothing happens to any other folder."""
        if part.parent.parent == self._root.resolve():
            shutil.rmtree(part.parent, ignore_errors=True)

    def sweep(self, older_than: float = KEPT_SECONDS) -> None:
        """Remove the sets that nothing was added to for so many seconds."""
        before = time.time() - older_than
        for folder in self._root.iterdir():
            with suppress(OSError):
                if folder.stat().st_mtime < before:
                    shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, user_id: str, set_id: str) -> Path:
        folder = self._root.resolve() / set_id
        if not _ID.fullmatch(set_id) or _owner(folder) != user_id:
            raise NotFound(what="upload", id=set_id)
        return folder


def check_name(name: str) -> None:
    """Make sure that a file has the name of a part.

    Raises:
        InvalidField: when it has not.

    """
    if not _PART.fullmatch(name):
        raise InvalidField(
            field="file",
            reason="its name is NAME.tar, or NAME.tar.000 and so on",
            reason_fa="نامش NAME.tar است، یا NAME.tar.000 و مانند آن",
        )


def _owner(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / _OWNER).read_text("utf-8"))["user_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != _OWNER)
