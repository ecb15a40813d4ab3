"""Files that another cache of this machine has already: verified, then linked, never fetched.

The user's own programs may have fetched the very content before. It is taken over by its hash
only, which is computed here; the other cache is read and never changed.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from .cache import Repository
from .transfer.wanted import Wanted

_BLOCK = 1 << 20


def offered(wanted: Wanted, repository: Repository, caches: list[Path]) -> Path | None:
    """The file in another cache that may be it, judged by name and size."""
    for cache in caches:
        blob = cache / repository.folder.name / "blobs" / wanted.etag
        with suppress(OSError):
            place = blob.resolve(strict=True)
            if place.is_file() and place.stat().st_size == wanted.size:
                return place
    return None


def take(wanted: Wanted, source: Path, repository: Repository) -> bool:
    """Let the repository have `source` if its hash is right; whether it is.

    A hard link where the disk allows it, so that nothing is stored twice, else a copy.
    """
    digest = wanted.hash()
    repository.blobs.mkdir(parents=True, exist_ok=True)
    draft = repository.blobs / f"{wanted.etag}.{os.getpid()}.new"
    draft.unlink(missing_ok=True)
    try:
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)
        with draft.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        if digest.hexdigest() == wanted.etag:
            draft.replace(repository.blobs / wanted.etag)
            return True
    except OSError:
        pass  # it is fetched instead, and what is wrong with the disk is said there
    finally:
        draft.unlink(missing_ok=True)
    return False
