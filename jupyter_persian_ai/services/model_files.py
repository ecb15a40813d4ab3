"""The folders of models on disk: which may go, what that frees, and their going.

Only what lies in our data root is ever deleted, and never what a user named by its path. In a
Hub cache a snapshot goes with the blobs that no other snapshot needs. Hard links and shared
blobs count once, and only when nothing else holds them. Reads names and sizes, never content;
everything here blocks, so it is called in threads.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .archive import repository

#: A version that a user named by its path; whatever lies there is the user's.
USERS_OWN = "path"


def ours(folder: Path, data_dir: Path) -> bool:
    """Whether a folder lies in our data root."""
    return data_dir.resolve() in folder.resolve().parents


def freed(folders: Iterable[Path], data_dir: Path) -> int:
    """Bytes that `remove` of all these folders together would give back."""
    seen: Counter[tuple[int, int]] = Counter()
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    for path in _doomed([folder for folder in folders if ours(folder, data_dir)]):
        try:
            status = path.lstat()
        except OSError:
            continue
        key = (status.st_dev, status.st_ino)
        seen[key] += 1
        # Some systems count no links; a file has one at least.
        sizes[key] = (_on_disk(status), max(1, status.st_nlink))
    return sum(size for key, (size, links) in sizes.items() if seen[key] >= links)


def remove(folders: Iterable[Path], data_dir: Path) -> None:
    """Delete these folders, as far as they lie in our data root."""
    for folder in folders:
        if not ours(folder, data_dir):
            continue
        if _in_hub_cache(folder):
            _remove_snapshot(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            _remove_empty_parents(folder, data_dir)


def _doomed(folders: list[Path]) -> Iterator[Path]:
    """Every file that would go with these folders."""
    caches: dict[Path, list[Path]] = {}
    for folder in folders:
        if _in_hub_cache(folder):
            caches.setdefault(repository(folder), []).append(folder)
        else:
            yield from _files(folder)
    for whole, snapshots in caches.items():
        if set(_snapshots(whole)) <= set(snapshots):
            yield from _files(whole)
            continue
        for snapshot in snapshots:
            yield from _files(snapshot)
        yield from _orphans(whole, snapshots)


def _remove_snapshot(folder: Path) -> None:
    whole = repository(folder)
    if set(_snapshots(whole)) <= {folder}:
        shutil.rmtree(whole, ignore_errors=True)
        return
    orphans = _orphans(whole, [folder])
    shutil.rmtree(folder, ignore_errors=True)
    for blob in orphans:
        blob.unlink(missing_ok=True)
    # A branch that leads to nothing would make the other snapshots hard to find.
    for ref in list(_files(whole / "refs")):
        with suppress(OSError):
            if ref.read_text("ascii", errors="replace").strip() == folder.name:
                ref.unlink()


def _orphans(whole: Path, going: list[Path]) -> list[Path]:
    """Blobs that only the snapshots `going` lead to."""
    needed = {
        target
        for snapshot in _snapshots(whole)
        if snapshot not in going
        for target in _targets(snapshot)
    }
    lost = {target for snapshot in going for target in _targets(snapshot)} - needed
    blobs = (whole / "blobs").resolve()
    return sorted(path for path in lost if path.parent == blobs)


def _targets(snapshot: Path) -> Iterator[Path]:
    for path in _files(snapshot):
        if path.is_symlink():
            yield path.resolve()


def _snapshots(whole: Path) -> list[Path]:
    try:
        return [child for child in (whole / "snapshots").iterdir() if child.is_dir()]
    except OSError:
        return []


def _in_hub_cache(folder: Path) -> bool:
    return folder.parent.name == "snapshots" and (folder.parents[1] / "blobs").is_dir()


def _files(folder: Path) -> Iterator[Path]:
    """Files and links below a folder; links are not followed."""
    for base, _, names in os.walk(folder):
        for name in names:
            yield Path(base, name)


def _on_disk(status: os.stat_result) -> int:
    blocks = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else min(status.st_size, blocks * 512)


def _remove_empty_parents(folder: Path, data_dir: Path) -> None:
    """What a job's folder leaves once its model is gone, up to the data root's own folders."""
    root = data_dir.resolve()
    parent = folder.resolve().parent
    while root in parent.parents and parent.parent != root:
        try:
            parent.rmdir()
        except OSError:
            return  # it holds something
        parent = parent.parent
