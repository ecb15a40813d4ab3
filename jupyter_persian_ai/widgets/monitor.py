"""What runs now and how the machine is, live."""

from __future__ import annotations

from ..client import Client, current
from . import display
from .listing import size
from .live import LiveWidget


class Monitor(LiveWidget):
    """Jobs under way, each with progress and time left, and this machine."""

    def __init__(self, client: Client | None = None, *, transport: str = "auto") -> None:
        jobs = "training/jobs?limit=50"
        super().__init__(
            current(client),
            kind="monitor",
            about={},
            paths=[jobs, "monitoring/system"],
            numbered=[jobs],
            topics=["jobs", "system"],
            transport=transport,
        )

    def __repr__(self) -> str:
        system = self.client.service.system()
        machine = (
            f"CPU {system.cpu_percent:.0f}%, memory {size(system.memory_used)} of "
            f"{size(system.memory_total)}, disk {size(system.disk_used)} of "
            f"{size(system.disk_total)}"
        )
        running = [job for job in self.client.training.all() if not job.state.ended]
        lines = [f"{job.name}: {display.sentence(job)}" for job in running]
        return "\n".join([machine, *(lines or ["nothing is running"])])
