"""Paths on both machines: a file that the service sends, and a place that it is told.

Owns a file's name and its completeness. Must not know what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..client import Client


def saved(pieces: Iterable[bytes], path: str | Path, name: str) -> Path:
    """Write `pieces` to a file and give its path; a folder gets a file of this `name`.

    An existing file is replaced only once everything is there.
    """
    target = Path(path).expanduser()
    if target.is_dir():
        target /= plain(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.part")
    try:
        with staged.open("wb") as file:
            file.writelines(pieces)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)
    return target


def plain(name: str) -> str:
    """A name that every file system takes; it leads nowhere else."""
    kept = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in name)
    return kept.strip(". ") or "file"


def there(client: Client, path: str | Path) -> str:
    """A path as the service has it: of one machine absolute, of another just as it was said."""
    if not client.address.loopback:
        return str(path)
    return str(Path(path).expanduser().absolute())
