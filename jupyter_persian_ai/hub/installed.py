"""Which repositories already lie in a Hub cache, ours or the user's own.

Looks at names and links only and opens no file, so that a cache of any content may be looked at
from the server. The layout is the one that `huggingface_hub` documents.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import PersianAIError
from .selection import select

_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.[a-z]+)")
_MOST_FILES = 5000  # a snapshot of more is not looked through


def cache_name(repo_type: str, repo_id: str) -> str:
    """The folder of a repository inside a cache."""
    return f"{repo_type}s--{repo_id.replace('/', '--')}"


def user_cache(environment: Mapping[str, str] | None = None) -> Path:
    """The cache that the user's own programs share, as the Hub's library finds it."""
    given = os.environ if environment is None else environment
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if given.get(name):
            return Path(os.path.expandvars(given[name])).expanduser()
    if given.get("HF_HOME"):
        return Path(os.path.expandvars(given["HF_HOME"])).expanduser() / "hub"
    base = given.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "huggingface" / "hub"


def snapshot(cache: Path, repo_type: str, repo_id: str) -> Path | None:
    """The newest whole snapshot of a repository in `cache`; None when there is none.

    Whole means: what a download without a list of files would choose of it is there, with every
    part of what is split, and nothing of a kind that can hold code is needed.
    """
    folder = cache / cache_name(repo_type, repo_id) / "snapshots"
    try:
        revisions = [(path.stat().st_mtime, path) for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return None
    for _, path in sorted(revisions, reverse=True):
        if _whole(path, repo_type, repo_id):
            return path
    return None


def _whole(folder: Path, repo_type: str, repo_id: str) -> bool:
    names = []
    for name in _names(folder):
        names.append(name)
        if len(names) > _MOST_FILES:
            return False
    try:
        chosen = set(select(repo_id, repo_type, names, None))
    except PersianAIError:
        return False
    for name in list(chosen):
        part = _SHARD.fullmatch(name)
        if part is None:
            continue
        stem, _, count, suffix = part.groups()
        if any(
            f"{stem}-{number:05}-of-{count}{suffix}" not in chosen
            for number in range(1, int(count) + 1)
        ):
            return False
    return repo_type != "model" or "config.json" in chosen


def _names(folder: Path) -> Iterator[str]:
    """Files that are really there: a link whose blob is gone is not."""
    for base, _, files in os.walk(folder):
        for file in files:
            path = Path(base, file)
            if path.is_file():
                yield path.relative_to(folder).as_posix()
