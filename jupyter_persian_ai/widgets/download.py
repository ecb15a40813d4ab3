"""`pai.download`: a repository of the Hub on its way here, and how a notebook holds it.

The service fetches; this goes on without the notebook. Must not talk to the Hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from ..client import Client, current
from ..client.areas import DownloadsArea
from ..errors import Conflict
from ..protocol.catalogue import CatalogueItem, HubHit, HubRepo, RepoType
from ..protocol.jobs import Job
from . import display
from .listing import Listing
from .live import LiveWidget
from .service_job import ServiceJob


class Download(ServiceJob):
    """One download of the service: live where it is shown, and the same after a restart."""

    _word = "download"

    def __init__(self, client: Client, job: Job) -> None:
        super().__init__(client, job)
        self._widget: DownloadWidget | None = None

    @property
    def _routes(self) -> DownloadsArea:
        return self.client.downloads

    def pause(self) -> Self:
        """Stop for now; `resume` goes on where it was. Raises `Conflict` when it has ended."""
        self._latest = self.client.downloads.pause(self.id)
        return self

    def resume(self) -> Self:
        """Go on where it was. Raises `Conflict` while it runs."""
        self._latest = self.client.downloads.resume(self.id)
        return self

    def stop(self) -> Self:
        """Give it up; `retry` fetches what is missing. Raises `Conflict` when it has ended."""
        if self.info.state.ended:
            raise Conflict(
                reason=f"this download is {self._latest.state.value}",
                reason_fa="این دانلود پایان یافته است",
            )
        self.client.downloads.delete(self.id)  # of one that runs, this ends it
        return self

    def widget(self) -> DownloadWidget:
        """Its live view: how far, how fast, and what can be done; the same one each time."""
        if self._widget is None:
            self._widget = DownloadWidget(self)
        return self._widget


class DownloadWidget(LiveWidget):
    """A download, live: bytes, speed, time left; pause, resume, retry, cancel."""

    def __init__(self, download: Download, *, transport: str = "auto") -> None:
        self.download = download
        path = f"downloads/{download.id}"
        super().__init__(
            download.client,
            kind="download",
            about={"job_id": download.id},
            paths=[path],
            numbered=[path],
            topics=[f"job:{download.id}"],
            transport=transport,
        )

    def __repr__(self) -> str:
        return repr(self.download)


class Downloads:
    """`pai.download(repository)` begins one; `.all()` and `.get(id)` find those that are there."""

    def __call__(
        self,
        repository: str | CatalogueItem | HubHit | HubRepo,
        *,
        type: RepoType | None = None,
        revision: str = "main",
        files: Sequence[str] | None = None,
        client: Client | None = None,
    ) -> Download:
        """Begin to fetch a repository of the Hub; shows itself, live, and outlives the kernel.

        What is here already is not fetched again, and what was begun goes on where it was.

        Args:
            repository: its name (`"owner/name"`), an id of the catalogue, or an entry of
                `pai.catalogue()` or `pai.hub()`.
            type: `model` or `dataset`; by default what the entry says, else `model`.
            revision: a branch, a tag or a commit.
            files: some of its files by name; by default those that are needed.
            client: another service than the one in use.

        Raises:
            InvalidField: this is no repository's name.
            DiskFull: there is no room.
            HubOffline: nobody is to be asked.

        """
        service = current(client)
        repo_id, kind = _named(service, repository)
        ask: dict[str, Any] = {
            "repo_id": repo_id,
            "repo_type": type or kind or "model",
            "revision": revision,
        }
        if files is not None:
            ask["files"] = list(files)
        return Download(service, service.downloads.submit(ask))

    def all(self, client: Client | None = None) -> Listing[Download]:
        """Every download, newest first."""
        service = current(client)
        return Listing(
            [Download(service, one) for one in service.downloads.all()],
            {
                "id": lambda one: one.id,
                "repository": lambda one: one.name,
                "state": lambda one: display.sentence(_latest(one)),
            },
        )

    def get(self, id: str, *, client: Client | None = None) -> Download:
        """One by its id, such as one that was begun in the panel. Raises `NotFound`."""
        service = current(client)
        return Download(service, service.downloads.get(id))

    def __repr__(self) -> str:
        return "<download: download(repository) begins one, download.all() lists them>"


def _latest(download: Download) -> Job:
    return download._latest


def _named(
    client: Client, repository: str | CatalogueItem | HubHit | HubRepo
) -> tuple[str, RepoType | None]:
    """Name and type of what is meant; a name without an owner may be one of the catalogue."""
    if not isinstance(repository, str):
        return repository.repo_id, repository.type
    if "/" not in repository:
        for entry in client.catalogue.search().items:
            if entry.id == repository and entry.repo_id:
                return entry.repo_id, entry.type
    return repository, None


#: The word of the API.
download = Downloads()
