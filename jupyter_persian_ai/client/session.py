"""The client: one address, its areas, and its event stream."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType

from ..protocol.events import EventType
from ..protocol.jobs import Sample
from ..protocol.service import Me
from .address import Address
from .areas import ChatArea, DatasetsArea, ModelsArea, ServiceArea, TrainingArea
from .stream import EventStream, Follower
from .transport import Transport


class Client:
    """Talks to one service; safe in several threads.

    `datasets`, `models`, `training`, `chat` and `service` hold its routes.
    """

    def __init__(self, address: Address, me: Me | None = None) -> None:
        self.address = address
        self.me = me
        self.transport = Transport(address)
        self.datasets = DatasetsArea(self.transport)
        self.models = ModelsArea(self.transport)
        self.training = TrainingArea(self.transport)
        self.chat = ChatArea(self.transport)
        self.service = ServiceArea(self.transport)
        self.stream = EventStream(address)

    def follow(self, topics: Iterable[str], since: int) -> Follower:
        """Events of `topics` after number `since`: the `seq` of a job, a page or a snapshot."""
        return self.stream.follow(topics, since)

    def samples(self, job_id: str, *, timeout: float = 30.0) -> list[Sample]:
        """What a job wrote at each evaluation, by step; a repeated step counts once.

        They are read from the job's events up to the sample that the job itself names as its
        last. Where the events no longer reach so far back, that last one is all.
        """
        job = self.training.get(job_id)
        if job.sample is None:
            return []
        found: dict[int, Sample] = {}
        deadline = time.monotonic() + timeout
        follower = self.follow([f"job:{job_id}"], 0)
        try:
            while not follower.stale and (left := deadline - time.monotonic()) > 0:
                events = follower.take(left)
                for event in events:
                    if event.type is EventType.SAMPLE and event.seq <= job.seq:
                        sample = Sample.model_validate(event.data, extra="ignore")
                        # A resumed job writes again after its checkpoint: the later one counts.
                        found = {step: one for step, one in found.items() if step < sample.step}
                        found[sample.step] = sample
                if found.get(job.sample.step) == job.sample:
                    break
        finally:
            follower.close()
        found[job.sample.step] = job.sample
        return [found[step] for step in sorted(found)]

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
