"""`bundles` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...protocol.base import new_id
from ...protocol.bundles import Bundle, BundleUpload
from ...protocol.jobs import Job
from ..sending import Counted
from .area import Area, Asked, sent

#: Seconds for what reads a bundle's parts before it answers.
_SLOW = 660.0


class BundlesArea(Area):
    """`bundles`: models and datasets as files that are carried to another machine."""

    def pack(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to pack a model or a dataset (`BundleAsk`). Raises `NotFound`, `DiskFull`."""
        return self._begun("bundles", sent(ask), idempotency_key)

    def look(self, path: str) -> Bundle:
        """What lies at a path of the service's machine. Raises `BundleProblem`s."""
        return self._one(Bundle, "POST", "bundles/look", body={"path": path}, timeout=_SLOW)

    def unpack(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to take a bundle in (`UnbundleAsk`). Raises `BundleProblem`s, `DiskFull`."""
        return self._begun("bundles/imports", sent(ask), idempotency_key)

    # --- jobs -----------------------------------------------------------------------------------

    def all(self) -> list[Job]:
        """Every job of a bundle, newest first."""
        return list(self._pages(Job, "bundles", limit=200))

    def get(self, id: str) -> Job:
        """One job. Raises `NotFound`."""
        return self._one(Job, "GET", f"bundles/{id}")

    def stop(self, id: str) -> Job:
        """Ask it to end; it can be resumed. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"bundles/{id}/stop")

    def resume(self, id: str) -> Job:
        """Go on after the parts that are done. Raises `Conflict` while it runs."""
        return self._one(Job, "POST", f"bundles/{id}/resume")

    def retry(self, id: str) -> Job:
        """Try one again that failed. Raises `Conflict`."""
        return self._one(Job, "POST", f"bundles/{id}/retry")

    def delete(self, id: str) -> None:
        """Forget it, with the parts that lie in the data root."""
        self._transport.json("DELETE", f"bundles/{id}")

    # --- parts ----------------------------------------------------------------------------------

    def part(self, id: str, name: str, *, start: int = 0) -> Iterator[bytes]:
        """A part that was packed, in pieces, from byte `start`."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        return self._transport.pieces(f"bundles/{id}/parts/{quote(name, safe='')}", headers=headers)

    def send_part(
        self,
        path: Path,
        *,
        upload_id: str = "",
        tick: Callable[[int, int], None] | None = None,
    ) -> BundleUpload:
        """Send a part that lies on this machine into a set; without a set one begins.

        A part that comes again replaces itself. `tick(sent, size)`, in bytes, is called as it
        goes and may raise to end it. Raises `BundleProblem`s, `TooLarge`, `DiskFull`.
        """
        with path.open("rb") as file:
            answer = self._transport.upload(
                "bundles/uploads", path.name, Counted(file, tick), {"upload_id": upload_id}
            )
        return BundleUpload.model_validate(answer, extra="ignore")

    def upload(self, upload_id: str) -> BundleUpload:
        """What of a set has arrived. Raises `NotFound`."""
        return self._one(BundleUpload, "GET", f"bundles/uploads/{upload_id}")

    def discard(self, upload_id: str) -> None:
        """Drop a set of parts that is not wanted."""
        self._transport.json("DELETE", f"bundles/uploads/{upload_id}")

    def _begun(self, path: str, body: dict[str, Any], key: str) -> Job:
        headers = {"Idempotency-Key": key or new_id()}
        return self._one(Job, "POST", path, body=body, headers=headers)
