"""`downloads` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from ...protocol.base import new_id
from ...protocol.jobs import Job
from .area import Area, Asked, sent


class DownloadsArea(Area):
    """`downloads`; each is a job of kind `download`."""

    def submit(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Start one (`DownloadAsk`); a repeated key gives the same job.

        Raises `InvalidField`, `DiskFull`, `HubOffline`, `IdempotencyMismatch`.
        """
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", "downloads", body=sent(ask), headers=headers)

    def all(self) -> list[Job]:
        """Every download, newest first."""
        return list(self._pages(Job, "downloads", limit=200))

    def get(self, id: str) -> Job:
        """One download. Raises `NotFound`."""
        return self._one(Job, "GET", f"downloads/{id}")

    def pause(self, id: str) -> Job:
        """Stop it, to go on later where it was. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"downloads/{id}/pause")

    def resume(self, id: str) -> Job:
        """Go on where it was. Raises `Conflict` while it runs."""
        return self._one(Job, "POST", f"downloads/{id}/resume")

    def retry(self, id: str) -> Job:
        """Try one again that failed. Raises `Conflict`."""
        return self._one(Job, "POST", f"downloads/{id}/retry")

    def delete(self, id: str) -> None:
        """Cancel it, with what it has fetched so far; one that has ended leaves the list."""
        self._transport.json("DELETE", f"downloads/{id}")
