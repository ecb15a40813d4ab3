"""Parts of a bundle on their way from this machine to a service elsewhere.

Owns which files are parts and what is shown meanwhile. Must not read what is in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..client import Client
from ..errors import InvalidField
from ..protocol.bundles import BundleUpload
from .display import amount
from .meter import meter

_PART = re.compile(r"(?P<name>.+\.tar)(\.\d{3,4})?")


def parts_at(path: Path) -> list[Path]:
    """The parts of the bundle that lies at a path: a folder, or any one of the parts.

    Raises:
        InvalidField: there is none.

    """
    folder = path if path.is_dir() else path.parent
    named = None if path.is_dir() else _PART.fullmatch(path.name)
    found = []
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        said = _PART.fullmatch(one.name)
        if said and one.is_file() and (path.is_dir() or (named and named["name"] == said["name"])):
            found.append(one)
    if not found:
        raise InvalidField(
            field="path",
            reason=f"no part of a bundle (NAME.tar, or NAME.tar.000 and so on) is at “{path}”",
            reason_fa=f"پاره‌ای از یک بسته (NAME.tar یا NAME.tar.000 و مانند آن) در «{path}» نیست",
        )
    return found


def sent_parts(client: Client, parts: Sequence[Path], upload_id: str = "") -> BundleUpload:
    """Send parts one after another into one set; those that a set has are not sent again.

    Raises:
        NotFound: there is no such set.
        TooLarge, DiskFull: there is no room.

    """
    persian = client.service.settings().language == "fa"
    where = meter(parts[0].stem, persian=persian, bar=True)
    sizes = [part.stat().st_size for part in parts]
    whole, before = sum(sizes), 0
    made = client.bundles.upload(upload_id) if upload_id else None
    try:
        for part, size in zip(parts, sizes, strict=True):
            if made is None or part.name not in made.parts:

                def tick(done: int, _size: int, name: str = part.name, base: int = before) -> None:
                    sent = [amount(count, where.persian) for count in (base + done, whole)]
                    where.say(" / ".join(sent), (base + done) / max(whole, 1), name)

                made = client.bundles.send_part(part, upload_id=upload_id, tick=tick)
                upload_id = made.id
            before += size
    finally:
        where.end()
    if made is None:
        raise InvalidField(field="path", reason="there is nothing to send")
    return made
