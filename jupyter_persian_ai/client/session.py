"""The client: one address, its areas, and its event stream."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from ..protocol.service import Me
from .address import Address
from .areas import (
    BundlesArea,
    CatalogueArea,
    ChatArea,
    DatasetJobsArea,
    DatasetsArea,
    DownloadsArea,
    HubArea,
    ModelJobsArea,
    ModelsArea,
    PersianArea,
    ServiceArea,
    TrainingArea,
)
from .stream import EventStream, Follower
from .transport import Transport


class Client:
    """Talks to one service; safe in several threads.

    `datasets`, `dataset_jobs`, `persian`, `models`, `model_jobs`, `catalogue`, `downloads`, `hub`,
    `bundles`, `training`, `chat` and `service` hold its routes.
    """

    def __init__(self, address: Address, me: Me | None = None) -> None:
        self.address = address
        self.me = me
        self.transport = Transport(address)
        self.datasets = DatasetsArea(self.transport)
        self.dataset_jobs = DatasetJobsArea(self.transport)
        self.persian = PersianArea(self.transport)
        self.models = ModelsArea(self.transport)
        self.model_jobs = ModelJobsArea(self.transport)
        self.catalogue = CatalogueArea(self.transport)
        self.downloads = DownloadsArea(self.transport)
        self.hub = HubArea(self.transport)
        self.bundles = BundlesArea(self.transport)
        self.training = TrainingArea(self.transport)
        self.chat = ChatArea(self.transport)
        self.service = ServiceArea(self.transport)
        self.stream = EventStream(address)

    def follow(self, topics: Iterable[str], since: int) -> Follower:
        """Events of `topics` after number `since`: the `seq` of a job, a page or a snapshot."""
        return self.stream.follow(topics, since)

    def close(self) -> None:
        """Close every connection; followers end."""
        self.stream.close()
        self.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        # Never the token: a repr ends up in a saved notebook.
        return f"<persian-ai at {self.address.url}>"
