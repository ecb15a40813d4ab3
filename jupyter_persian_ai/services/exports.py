"""A job's metrics as files for other programs: CSV and TensorBoard, every point of them.

Owns the form of the files. They are made while they are sent, a piece at a time and off the
event loop; nothing is written to disk.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import AsyncGenerator, Iterator
from typing import IO, cast

from sqlalchemy.orm import Session

from ..datasets.spreadsheet import cell
from ..errors import NotFound
from ..jobs import metrics_rows
from ..jobs.metrics_file import Extent
from ..protocol.jobs import Job, JobKind
from ..store import Store
from ..store import jobs as rows
from . import tensorboard_file
from .archive import Outbox, unblocked

#: A file name with an extension, and its pieces.
Export = tuple[str, AsyncGenerator[bytes]]


class Exports:
    """Metrics of trainings for other programs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def csv(self, user_id: str, job_id: str) -> Export:
        """One line a step, one column a metric; empty where a step has no value.

        Raises:
            NotFound: no such training.

        """
        job, extents = await self._read(user_id, job_id)
        return f"{safe_name(job.name)}.csv", unblocked(csv_pieces(extents))

    async def tensorboard(self, user_id: str, job_id: str) -> Export:
        """A zip of one folder, named as the job, with an event file: a log directory's run.

        Raises:
            NotFound: no such training.

        """
        job, extents = await self._read(user_id, job_id)
        name = safe_name(job.name)
        return f"{name}.zip", unblocked(tensorboard_pieces(extents, name, job.id))

    async def _read(self, user_id: str, job_id: str) -> tuple[Job, list[Extent]]:
        def read(session: Session) -> tuple[Job, list[Extent]]:
            job = rows.get(session, user_id, job_id)
            if job.kind is not JobKind.TRAINING:
                raise NotFound(what="job", id=job_id)
            return job, rows.metric_extents(session, user_id, job_id)[0]

        return await self._store.aread(read)


def safe_name(name: str) -> str:
    """`name` as a file or folder may be called everywhere."""
    kept = re.sub(r"[\x00-\x1f\x7f/\\\\:*?\"<>|]+", "-", name).strip(" .")
    return kept[:80].strip(" .") or "training"


def csv_pieces(extents: list[Extent]) -> Iterator[bytes]:
    """The bytes of the CSV of all points: numbers only, besides the names of the columns."""
    names = metrics_rows.names(extents)
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(["step", *(cell(name) for name in names)])
    yield head.getvalue().encode()
    places = range(len(names))
    for piece in metrics_rows.rows(extents):
        lines = []
        for step, values, _ in piece:
            get = values.get
            cells = ["" if (value := get(place)) is None else repr(value) for place in places]
            lines.append(f"{step},{','.join(cells)}\n")
        yield "".join(lines).encode()


def tensorboard_pieces(extents: list[Extent], name: str, job_id: str) -> Iterator[bytes]:
    """The bytes of the zip; see `Exports.tensorboard`."""
    outbox = Outbox()
    started = extents[0].started if extents else 0.0
    path = f"{name}/{tensorboard_file.file_name(job_id, started)}"
    events = tensorboard_file.event_pieces(metrics_rows.names(extents), metrics_rows.rows(extents))
    with (
        zipfile.ZipFile(
            cast("IO[bytes]", outbox), "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive,
        archive.open(path, "w", force_zip64=True) as entry,
    ):
        for piece in events:
            entry.write(piece)
            if ready := outbox.take():
                yield ready
    yield outbox.take()
