"""Looks for models on this machine: in the Hub caches and in any folder.

Call `find` and `judge` through `jobs.confined`: what lies in those folders is anybody's. `find`
reads names only; `judge` asks `inspect` about each and never loads anything. Links are not
followed from folder to folder.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import ModelGguf, PersianAIError
from .inspect import PICKLES, inspect_folder

#: How deep below the folder that was named models are looked for.
DEPTH = 6
MOST_FOLDERS = 50_000
MOST_FOUND = 300
SECONDS = 30.0
_SNAPSHOT = re.compile(r"models--(.+)")
_COMMIT_LENGTH = 80
#: Folders in which nobody keeps models, and which may be very large.
_SKIPPED = frozenset(
    {"node_modules", "__pycache__", "site-packages", "proc", "sys", "dev", "lost+found"}
)
_WEIGHTS = re.compile(
    r"(model|pytorch_model|adapter_model|tf_model|flax_model)[.-].*", re.IGNORECASE
)
#: Which refusals can be mended, by code.
_CONVERTIBLE = {
    "model_pickled": "pickle",
    "model_gguf": "gguf",
    "model_adapter": "adapter",
}


def snapshot_origin(folder: Path) -> tuple[str, str]:
    """Repository and commit of a snapshot in a Hub cache, or of a GGUF file in one; else empty."""
    if folder.suffix.lower() == ".gguf":
        folder = folder.parent
    if folder.parent.name != "snapshots" or len(folder.name) > _COMMIT_LENGTH:
        return "", ""
    found = _SNAPSHOT.fullmatch(folder.parents[1].name)
    if found is None or not (folder.parents[1] / "blobs").is_dir():
        return "", ""
    return found[1].replace("--", "/", 1), folder.name


def find(payload: dict[str, Any]) -> dict[str, Any]:
    """Folders and files that look like models.

    Args:
        payload: `caches`, Hub caches; `folder`, one to look through (or empty).

    Returns:
        `found`, each with `path`, `where` (`hub_cache` or `folder`) and `bytes`; `complete`,
        false when there was more than is looked through.

    """
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + SECONDS
    complete = True
    for cache in payload.get("caches", ()):
        found += [_entry(path, "hub_cache") for path in _snapshots(Path(cache))]
    if payload.get("folder"):
        walk = _Walk(Path(payload["folder"]), lambda: time.monotonic() > deadline)
        found += [
            _entry(path, "hub_cache" if snapshot_origin(path)[0] else "folder") for path in walk
        ]
        complete = not walk.cut_off
    return {"found": found[:MOST_FOUND], "complete": complete and len(found) <= MOST_FOUND}


def judge(payload: dict[str, Any]) -> dict[str, Any]:
    """What each of `payload["paths"]` is.

    Returns:
        `judged`: for each path the facts of `inspect_folder` as `facts`, or the refusal as
        `refused` (an error body) with `convertible` (`pickle`, `gguf`, `adapter` or empty).

    """
    return {"judged": [_judged(Path(path)) for path in payload["paths"]]}


def refusal(error: PersianAIError) -> dict[str, Any]:
    """An entry of `judge` for a folder that cannot be used."""
    return {
        "facts": None,
        "refused": error.body.model_dump(mode="json"),
        "convertible": _CONVERTIBLE.get(error.code, ""),
    }


def _judged(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".gguf":
        return refusal(ModelGguf(path=str(path)))
    try:
        facts = inspect_folder({"path": str(path), "name": path.name})
    except PersianAIError as error:
        return refusal(error)
    return {"facts": facts, "refused": None, "convertible": ""}


def _snapshots(cache: Path) -> Iterator[Path]:
    """Snapshots of a Hub cache that hold a model, and GGUF files in them; the newest first."""
    for repository in sorted(cache.glob("models--*")):
        with suppress(OSError):
            snapshots = [one for one in (repository / "snapshots").iterdir() if one.is_dir()]
            snapshots.sort(key=lambda one: one.stat().st_mtime, reverse=True)
            for one in snapshots:
                names = _names(one)
                if _looks_like_one(names):
                    yield one
                yield from _ggufs(one, names)


class _Walk:
    """The models below a folder; `cut_off` says afterwards whether it saw everything."""

    def __init__(self, root: Path, over: Callable[[], bool]) -> None:
        self._root = root
        self._over = over
        self.cut_off = False

    def __iter__(self) -> Iterator[Path]:
        seen = found = 0
        for base, folders, files in os.walk(self._root):
            place = Path(base)
            seen += 1
            if seen > MOST_FOUND * 200 or seen > MOST_FOLDERS or self._over():
                self.cut_off = True
                return
            deep = len(place.relative_to(self._root).parts) >= DEPTH
            if deep and folders:
                self.cut_off = True
            folders[:] = (
                []
                if deep
                else sorted(
                    name for name in folders if name not in _SKIPPED and not name.startswith(".")
                )
            )
            if place.name == "blobs" and (place.parent / "snapshots").is_dir():
                continue
            if _looks_like_one(files):
                folders[:] = []  # what lies below belongs to it
                found += 1
                yield place
            for file in _ggufs(place, files):
                found += 1
                yield file
            if found > MOST_FOUND:
                self.cut_off = True
                return


def _looks_like_one(files: list[str]) -> bool:
    """Whether a loader would find a model here, or an adapter."""
    if "adapter_config.json" in files:
        return True
    if "config.json" not in files:
        return False
    return any(
        name.endswith(".safetensors")
        or (Path(name).suffix.lower() in PICKLES and _WEIGHTS.match(name))
        for name in files
    )


def _ggufs(folder: Path, names: list[str]) -> list[Path]:
    files = [folder / name for name in sorted(names) if name.lower().endswith(".gguf")]
    return [file for file in files if file.is_file()]  # a link may lead to nothing


def _names(folder: Path) -> list[str]:
    try:
        return [child.name for child in folder.iterdir()]
    except OSError:
        return []


def _entry(path: Path, where: str) -> dict[str, Any]:
    return {"path": str(path), "where": where, "bytes": _bytes(path)}


def _bytes(path: Path) -> int:
    """Bytes of a file, or of the files of a folder; links count as what they lead to."""
    total = 0
    places = (
        [path]
        if path.is_file()
        else (Path(base, name) for base, _, names in os.walk(path) for name in names)
    )
    for place in places:
        with suppress(OSError):
            total += place.stat().st_size
    return total
