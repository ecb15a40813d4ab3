"""Every setting of the service: name, default, help.

One frozen dataclass; `app.py` turns traitlets into it, and everything below takes it or plain
arguments. Must not read the environment or any file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one running service. Sizes in bytes, times in seconds."""

    data_dir: Path = field(metadata={"help": "Root of everything that is stored."})
    database_url: str = field(
        default="",
        metadata={"help": "SQLAlchemy URL; empty means SQLite in the data root."},
    )
    concurrent_jobs: int = field(
        default=1,
        metadata={"help": "Jobs that run at the same time; the rest wait in a queue."},
    )
    automatic_restarts: int = field(
        default=3,
        metadata={"help": "How often a worker that died is restarted from its checkpoint."},
    )
    stop_grace_seconds: float = field(
        default=10.0,
        metadata={"help": "How long a worker may take to stop by itself before it is killed."},
    )
    poll_seconds: float = field(
        default=0.05,
        metadata={"help": "How often the spools of running jobs are read."},
    )
    max_upload_bytes: int = field(
        default=16 * 2**30, metadata={"help": "Largest file that may be uploaded."}
    )
    max_body_bytes: int = field(
        default=2 * 2**20, metadata={"help": "Largest JSON body of a request."}
    )
    dataset_memory_bytes: int = field(
        default=2 * 2**30,
        metadata={"help": "Memory limit of the process that reads a dataset."},
    )
    dataset_seconds: float = field(
        default=600.0,
        metadata={
            "help": "How long reading a dataset may take within a request; in a job, how long it "
            "may go without getting any further."
        },
    )
    max_line_bytes: int = field(default=16 * 2**20, metadata={"help": "Longest line of a dataset."})
    disk_reserve_bytes: int = field(
        default=256 * 2**20, metadata={"help": "Free space that is never used up."}
    )
    engine_idle_seconds: float = field(
        default=900.0,
        metadata={"help": "An unused chat engine is unloaded after this long."},
    )
    loaded_engines: int = field(
        default=1,
        metadata={"help": "Models that may be in memory for chat at the same time."},
    )
    max_job_hours: float = field(
        default=168.0,
        metadata={"help": "A running job keeps a Hub from culling the server for this long."},
    )

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'db.sqlite'}"
