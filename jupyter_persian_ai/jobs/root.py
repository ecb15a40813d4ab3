"""The identity of a data root, kept in `root.id`.

Jobs belong to the data root that holds their folders: servers that share one PostgreSQL but not
a disk must not supervise each other's jobs.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..paths import private_folder
from ..protocol.base import new_id

FILE = "root.id"


def root_id(data_dir: Path) -> str:
    """The id of this data root, made at first sight; safe when two servers ask at once."""
    path = private_folder(data_dir) / FILE
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    draft = path.with_name(f"{FILE}.{new_id()}")
    draft.write_text(new_id(), "ascii")
    try:
        os.link(draft, path)  # unlike a rename, it does not replace what another just made
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            draft.replace(path)
    draft.unlink(missing_ok=True)
    return path.read_text("ascii").strip()
