"""Where an attempt at a job of datasets puts what it makes; the server takes it from there."""

from __future__ import annotations

from pathlib import Path

from ..protocol.jobs import Job

#: In an attempt's folder: the canonical rows that it made, and of an import what was left out.
ROWS = "rows"
PROBLEMS = "problems.jsonl"


def staged(data_dir: Path, job: Job) -> Path:
    """The folder of the rows that the present attempt makes; of a split, of the folders of parts.

    Of parts each has its place in the split, from 0, for a name.
    """
    return data_dir / "jobs" / job.id / str(job.attempt) / ROWS
