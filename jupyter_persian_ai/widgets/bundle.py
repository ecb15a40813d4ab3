"""A bundle on its way: packed or unpacked by the service, and its parts brought to this machine.

Every byte that is brought is checked against its sha256. Must not read what is in a bundle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ..client.areas import BundlesArea
from ..errors import Conflict
from ..protocol.bundles import Bundle, BundlePart
from ..protocol.jobs import Progress
from . import tables
from .dataset import DatasetHandle
from .dataset_views import Shown
from .display import amount
from .listing import columns
from .meter import Meter, meter
from .saving import plain
from .service_job import ServiceJob

#: Bytes that are hashed at once.
_PIECE = 1 << 20


class BundleJob(ServiceJob):
    """Packing or unpacking a bundle; it goes on without this notebook."""

    _word = "bundle"

    @property
    def _routes(self) -> BundlesArea:
        return self.client.bundles

    def stop(self) -> Self:
        """End it; `resume` goes on after the parts that are done. Raises `Conflict`."""
        self._latest = self.client.bundles.stop(self.id)
        return self

    def resume(self) -> Self:
        """Go on after the parts that are done. Raises `Conflict` while it runs."""
        self._latest = self.client.bundles.resume(self.id)
        return self

    @property
    def parts(self) -> list[BundlePart]:
        """What packing has written. Raises `Conflict` before its end."""
        return [
            BundlePart.model_validate(one, extra="ignore") for one in self.result.get("parts", [])
        ]

    @property
    def dataset(self) -> DatasetHandle:
        """The dataset that unpacking made. Raises `Conflict` where there is none, or not yet."""
        made = self.result.get("dataset_id")
        if not made:
            raise Conflict(reason="it has made no dataset", reason_fa="مجموعه‌داده‌ای نساخته است")
        return DatasetHandle(self.client, self.client.datasets.get(str(made)))

    def save(self, folder: str | Path) -> list[Path]:
        """Bring the parts to a folder of this machine, such as a stick; gives their paths.

        What is there already with the right content is not sent again, and a part that was cut
        goes on where it was.

        Raises:
            Conflict: it has packed nothing, or not yet; or a part came with other content.

        """
        target = Path(folder).expanduser()
        target.mkdir(parents=True, exist_ok=True)
        parts = self.parts
        if not parts:
            raise Conflict(reason="it has packed nothing", reason_fa="چیزی بسته‌بندی نکرده است")
        persian = self.client.service.settings().language == "fa"
        where = meter(self.name, persian=persian, bar=True)
        whole, before = sum(part.bytes for part in parts), 0
        try:
            made = []
            for part in parts:
                made.append(self._bring(part, target, where, before, whole))
                before += part.bytes
        finally:
            where.end()
        return made

    def _bring(self, part: BundlePart, folder: Path, where: Meter, before: int, whole: int) -> Path:
        """One part, hashed as it comes; what is half there is hashed and gone on with."""
        path = folder / plain(part.name)
        if path.is_file() and path.stat().st_size == part.bytes and _hashed(path) == part.sha256:
            return path
        staged = folder / f".{path.name}.part"
        have = staged.stat().st_size if staged.is_file() else 0
        if have >= part.bytes:
            have = 0
        digest = hashlib.sha256()
        with staged.open("r+b" if have else "wb") as file:
            while file.tell() < have:
                digest.update(file.read(min(_PIECE, have - file.tell())))
            for piece in self.client.bundles.part(self.id, part.name, start=have):
                file.write(piece)
                digest.update(piece)
                have += len(piece)
                done = Progress(done=before + have, total=whole, unit="byte")
                where.say(f"{amount(done.done)} / {amount(whole)}", done.done / whole, part.name)
        if digest.hexdigest() != part.sha256:
            staged.unlink()
            raise Conflict(
                reason=f"“{part.name}” came with other content; bring it again",
                reason_fa=f"«{part.name}» با محتوایی دیگر رسید؛ دوباره بیاورید",
            )
        staged.replace(path)
        return path


class Looked(Bundle, Shown):
    """What a bundle says of itself, and which of its parts are there."""

    def __str__(self) -> str:
        about = f"{self.subject} “{self.name}”, {len(self.files)} files, {amount(self.files_bytes)}"
        parts = columns(["part", "size", ""], [list(row) for row in self._rows(persian=False)])
        return f"{about}, licence {self.license or '–'}\n{parts}"

    def _repr_html_(self) -> str:
        persian = self._persian
        head = ("پاره", "اندازه", "") if persian else ("part", "size", "")
        about: Mapping[str, str] = {
            ("نام" if persian else "name"): self.name,
            ("پروانه" if persian else "licence"): self.license or "–",
            ("اندازه" if persian else "size"): amount(self.files_bytes, persian),
        }
        return tables.figures(about, persian=persian) + tables.table(
            head, self._rows(persian=persian), persian=persian
        )

    def _rows(self, *, persian: bool) -> list[tuple[str, str, str]]:
        missing = ("missing", "نیست")[persian]
        return [
            (part.name, amount(part.bytes, persian), "" if part.present else missing)
            for part in self.parts
        ]


def _hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bundle_ask(given: Mapping[str, Any]) -> dict[str, Any]:
    """A request without what was not said."""
    return {name: value for name, value in given.items() if value not in {None, ""}}
