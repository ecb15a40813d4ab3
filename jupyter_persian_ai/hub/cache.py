"""The standard layout of a Hub cache: `blobs`, `snapshots`, `refs` of one repository.

Made so that `from_pretrained` and every other tool finds what is here, and so that what they have
put here counts. Names come from servers that may lie: they are judged before they are joined.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath

from ..errors import HubProblem
from .transfer import partial

_COMMIT = re.compile(r"[0-9a-zA-Z][0-9a-zA-Z._-]{0,79}")
_LONGEST_NAME = 1000
_STALE_SECONDS = 3600.0
#: What other tools leave of downloads that were cut off, and we between two steps (a hard link,
#: perhaps, which is as old as what it links); by the time that says how old it is.
_LITTER = {"*.incomplete": "st_mtime", "*.new": "st_ctime"}


class Repository:
    """The folder of one repository in the cache `root`."""

    def __init__(self, root: Path, repo_id: str, repo_type: str) -> None:
        self.repo_id = repo_id
        self.folder = root / "--".join([f"{repo_type}s", *repo_id.split("/")])
        self.blobs = self.folder / "blobs"
        self.partials = partial.partials_of(self.blobs)

    def snapshot(self, commit: str) -> Path:
        """The folder of one commit.

        Raises:
            HubProblem: the name can be no commit's.

        """
        if not _COMMIT.fullmatch(commit) or ".." in commit:
            raise self._odd(commit)
        return self.folder / "snapshots" / commit

    def place(self, commit: str, name: str) -> Path:
        """Where a file of a commit is found.

        Raises:
            HubProblem: the name leads out of the folder, or could on some system.

        """
        parts = PurePosixPath(name).parts
        odd = any(part in {"..", "."} or part.endswith((" ", ".")) for part in parts)
        if (
            odd
            or not parts
            or name.startswith("/")
            or name != "/".join(parts)
            or len(name) > _LONGEST_NAME
            or any(character in name for character in '\\:*?"<>|')
            or any(ord(character) < ord(" ") for character in name)
        ):
            raise self._odd(name)
        return self.snapshot(commit).joinpath(*parts)

    def holds(self, commit: str, name: str, size: int) -> bool:
        """Whether a file of a commit is there whole."""
        with suppress(OSError):
            return self.place(commit, name).stat().st_size == size
        return False

    def has_blob(self, etag: str, size: int) -> bool:
        """Whether the content is there whole, perhaps for another commit."""
        with suppress(OSError):
            return (self.blobs / etag).stat().st_size == size
        return False

    def link(self, commit: str, name: str, etag: str) -> None:
        """Let the file of a commit lead to its content."""
        place = self.place(commit, name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if isinstance(error, FileExistsError | NotADirectoryError):
                raise self._odd(name) from None  # one file's name is another's folder
            raise
        blob = self.blobs / etag
        draft = place.with_name(f".{etag}.{os.getpid()}.new")
        draft.unlink(missing_ok=True)
        try:
            draft.symlink_to(os.path.relpath(blob, place.parent))
        except OSError:  # a system, or a disk, without symbolic links
            try:
                os.link(blob, draft)
            except OSError:
                shutil.copyfile(blob, draft)
        draft.replace(place)

    def refer(self, revision: str, commit: str) -> None:
        """Remember which commit a branch or tag is."""
        if revision == commit:
            return
        parts = PurePosixPath(revision).parts
        if not parts or revision.startswith("/") or "\\" in revision or ".." in parts:
            raise self._odd(revision)
        place = (self.folder / "refs").joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.{os.getpid()}.new")
        draft.write_text(commit, "ascii")
        draft.replace(place)

    def sweep(self, *, now: float, days: float) -> None:
        """Remove what was left half-fetched: partials after `days`, else after an hour."""
        partial.sweep(self.partials, older_than=now - days * 86400)
        for kind, time in _LITTER.items():
            for left in self.blobs.glob(kind):
                with suppress(OSError):
                    if getattr(left.stat(), time) < now - _STALE_SECONDS:
                        left.unlink()

    def forget(self, etags: set[str] | None = None) -> int:
        """Remove every partial, or those of `etags`, that nobody alive is writing; how many."""
        return partial.sweep(self.partials, etags=etags)

    def _odd(self, name: str) -> HubProblem:
        shown = name[:120].replace("\x00", "␀")
        return HubProblem(
            repo_id=self.repo_id,
            file=shown,
            reason=f"it has a file with the name “{shown}”, which cannot be stored safely",
            reason_fa=f"فایلی به نام «{shown}» دارد که نمی‌توان آن را امن نگه داشت",
        )


def repositories(root: Path) -> list[Path]:
    """The folders of all repositories in a cache."""
    return [
        child
        for kind in ("models", "datasets")
        for child in root.glob(f"{kind}--*")
        if (child / "blobs").is_dir() or (child / "partials").is_dir()
    ]
