"""Where an attempt at a job of datasets puts what it makes; the server takes it from there."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from ..protocol.jobs import Job

#: In an attempt's folder: the canonical rows that it made, and of an import what was left out.
ROWS = "rows"
PROBLEMS = "problems.jsonl"
#: How long rows wait for somebody to keep them, in seconds.
KEPT_SECONDS = 7 * 24 * 3600.0


def staged(data_dir: Path, job: Job) -> Path:
    """The folder of the rows that the present attempt makes; of a split, of the folders of parts.

    Of parts each has its place in the split, from 0, for a name.
    """
    return data_dir / "jobs" / job.id / str(job.attempt) / ROWS


def sweep(data_dir: Path, older_than: float = KEPT_SECONDS) -> None:
    """Remove rows that were read so many seconds ago and that nobody kept; kept ones have moved."""
    before = time.time() - older_than
    for rows in data_dir.glob(f"jobs/*/*/{ROWS}"):
        with suppress(OSError):  # it has just been moved
            if rows.stat().st_mtime < before:
                shutil.rmtree(rows, ignore_errors=True)
