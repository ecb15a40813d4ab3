"""Takes a bundle apart into a staging folder, every byte compared.

Call `unpack` through `jobs.confined`. It promises: what it has written when it returns is what was
packed, each file by its sha256, each part by its own; nothing is written outside the folder.
Killed at any moment it goes on after the last stretch that is on the disk; of a part in the middle
of which that lies only the sha256 is taken again. Putting the folder in place is the caller's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import BundlePartMissing, BundleUnsafe
from .look import Found, found
from .reading import Tick, damaged, walk
from .staging import Staging


def unpack(payload: dict[str, Any], tick: Tick | None = None) -> dict[str, Any]:
    """Write the files of the bundle at `payload["path"]` into `payload["staging"]`.

    `payload["id"]`: the content that is expected; `disk_reserve_bytes` stay free. `tick` gets the
    bytes that were read, those of the whole bundle, and the part's name.

    Returns:
        `{"id", "subject", "name", "license", "about", "files": [{"name", "bytes", "sha256"}]}`.

    Raises:
        BundleProblem: one of its kinds; the details name the part.
        DiskFull: before anything is written where possible.

    """
    bundle = found(Path(str(payload["path"])))
    manifest = bundle.manifest
    if payload.get("id", manifest.id) != manifest.id:
        raise BundleUnsafe(
            reason="another bundle lies there by now",
            reason_fa="اکنون بستهٔ دیگری آنجاست",
        )
    need_whole(bundle)
    staging = Staging(Path(str(payload["staging"])), manifest)
    staging.need_room(int(payload.get("disk_reserve_bytes", 0)))
    try:
        walk(bundle, staging, at=staging.at, tick=tick, note=staging.note)
    finally:
        staging.close()
    return {
        "id": manifest.id,
        "subject": manifest.subject,
        "name": manifest.name,
        "license": manifest.license,
        "about": manifest.about,
        "files": [file.model_dump() for file in manifest.files],
    }


def need_whole(bundle: Found) -> None:
    """Make sure that every part is there with its size.

    Raises:
        BundlePartMissing: some are not there.
        BundleDamaged: one is cut, or has grown.

    """
    if not bundle.missing:
        return
    folder = bundle.first.parent
    absent = [name for name in bundle.missing if not os.path.lexists(folder / name)]
    if absent:
        shown = ", ".join(absent[:20]) + (f" … ({len(absent)})" if len(absent) > 20 else "")
        raise BundlePartMissing(parts=shown, path=str(folder))
    part = next(part for part in bundle.parts if not part.present)
    size = (folder / part.name).lstat().st_size
    raise damaged(
        part.name,
        f"it has {size} bytes instead of {part.bytes}",
        f"به جای {part.bytes} بایت {size} بایت دارد",
    )
