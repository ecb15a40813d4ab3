"""Uploads: files that have arrived and wait to be read, each its user's alone.

Owns `incoming/`: `<id>.upload` with `<id>.json` beside it (whose it is, and its name), which
stay for a day, and whatever else is under way there, which a start of the server sweeps. Never
opens what was uploaded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from ..errors import NotFound
from ..paths import private_folder
from ..protocol.base import new_id
from ..protocol.versions import Upload
from ..settings import Settings

#: How long an upload waits, in seconds.
KEPT_SECONDS = 24 * 3600.0
#: How long one stays that nobody needs any more.
SOON_SECONDS = 600.0
_FILE = ".upload"
_ID = re.compile(r"[0-9a-f]{20}")


class Uploads:
    """The uploads of one data root."""

    def __init__(self, settings: Settings) -> None:
        self._root = private_folder(settings.data_dir / "incoming")

    def staged(self, suffix: str = "") -> Path:
        """A new name in the staging folder, for something under way."""
        return self._root / f"{new_id()}{suffix}"

    def add(self, user_id: str, file: Path, name: str) -> Upload:
        """Keep a file that has arrived whole, under a new id (blocks on the disk)."""
        self.sweep(KEPT_SECONDS)
        upload_id = new_id()
        size = file.stat().st_size
        known = {"user_id": user_id, "name": name, "bytes": size}
        self._facts(upload_id).write_text(json.dumps(known), "utf-8")
        file.rename(self._file(upload_id))
        return Upload(id=upload_id, name=name, bytes=size)

    def find(self, user_id: str, upload_id: str) -> tuple[Upload, Path]:
        """An upload and its file.

        Raises:
            NotFound: there is none with this id, or it is another user's.

        """
        missing = NotFound(what="upload", id=upload_id)
        if not _ID.fullmatch(upload_id):
            raise missing
        try:
            known = json.loads(self._facts(upload_id).read_text("utf-8"))
        except (OSError, ValueError):
            raise missing from None
        file = self._file(upload_id)
        if known["user_id"] != user_id or not file.is_file():
            raise missing
        return Upload(id=upload_id, name=known["name"], bytes=known["bytes"]), file

    def drop(self, user_id: str, upload_id: str) -> None:
        """Forget an upload.

        Raises:
            NotFound: there is none with this id, or it is another user's.

        """
        _, file = self.find(user_id, upload_id)
        file.unlink(missing_ok=True)
        self._facts(upload_id).unlink(missing_ok=True)

    def let_go(self, upload_id: str) -> None:
        """It has become a dataset: it goes soon, but not before a repeated request found it."""
        if not _ID.fullmatch(upload_id):
            return
        moment = time.time() - KEPT_SECONDS + SOON_SECONDS
        for path in (self._file(upload_id), self._facts(upload_id)):
            with suppress(OSError):
                os.utime(path, (moment, moment))

    def sweep(self, older_than: float, *, all_else: bool = False) -> None:
        """Remove uploads older than so many seconds; with `all_else` whatever is no upload."""
        before = time.time() - older_than
        for path in self._root.iterdir():
            waits = path.suffix in {_FILE, ".json"}
            if (_age(path) < before) if waits else all_else:
                _remove(path)

    def _file(self, upload_id: str) -> Path:
        return self._root / f"{upload_id}{_FILE}"

    def _facts(self, upload_id: str) -> Path:
        return self._root / f"{upload_id}.json"


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")  # it has just gone


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
