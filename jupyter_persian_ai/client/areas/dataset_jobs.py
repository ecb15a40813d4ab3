"""Files on their way to a dataset, and the jobs of datasets, as typed methods.

Every method is one request; must not keep state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...protocol.base import new_id
from ...protocol.data import Dataset, DatasetProblemLine, Rows
from ...protocol.jobs import Job
from ...protocol.quality import FindingCode
from ...protocol.versions import Peek, Upload
from ..sending import Counted
from .area import Area, Asked, sent


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """Some rows that were not kept; `codes` counts all of them by code."""

    items: list[DatasetProblemLine]
    total: int
    codes: dict[str, int]


class DatasetJobsArea(Area):
    """`datasets/uploads`, `datasets/peek`, `datasets/imports` and `datasets/jobs`."""

    # --- before anything is read ----------------------------------------------------------------

    def upload(
        self, path: Path, *, name: str = "", tick: Callable[[int, int], None] | None = None
    ) -> Upload:
        """Send a file of this machine, in pieces; it waits there for an import, for a day.

        `tick(sent, size)`, in bytes, is called as it goes and may raise to end it.
        Raises `TooLarge`, `DiskFull`.
        """
        with path.open("rb") as file:
            answer = self._transport.upload(
                "datasets/uploads", name or path.name, Counted(file, tick), {}
            )
        return Upload.model_validate(answer, extra="ignore")

    def discard(self, upload_id: str) -> None:
        """Drop a file that was sent and is not wanted."""
        self._transport.json("DELETE", f"datasets/uploads/{upload_id}")

    def peek(self, ask: Asked) -> Peek:
        """The beginning of a file (`ImportAsk`), at any size at once. Raises `DatasetProblem`s."""
        return self._one(Peek, "POST", "datasets/peek", body=sent(ask))

    # --- jobs -----------------------------------------------------------------------------------

    def submit(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to read a file (`ImportAsk`); a repeated key gives the same job.

        Raises `DatasetMissing`, `InvalidField`, `NotFound`, `IdempotencyMismatch`.
        """
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", "datasets/imports", body=sent(ask), headers=headers)

    def all(self) -> list[Job]:
        """Every job of a dataset, newest first."""
        return list(self._pages(Job, "datasets/jobs", limit=200))

    def get(self, id: str) -> Job:
        """One job. Raises `NotFound`."""
        return self._one(Job, "GET", f"datasets/jobs/{id}")

    def stop(self, id: str) -> Job:
        """Ask it to end; nothing of it is kept. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"datasets/jobs/{id}/stop")

    def retry(self, id: str) -> Job:
        """Start one again that failed or was stopped. Raises `Conflict`."""
        return self._one(Job, "POST", f"datasets/jobs/{id}/retry")

    def delete(self, id: str) -> None:
        """Forget it, with what it has read and nobody kept."""
        self._transport.json("DELETE", f"datasets/jobs/{id}")

    # --- what an import has read ----------------------------------------------------------------

    def keep(self, id: str, name: str = "") -> Dataset:
        """Make a dataset of what it has read; again gives the same. Raises `Conflict`."""
        return self._one(Dataset, "POST", f"datasets/jobs/{id}/keep", body={"name": name})

    def rows(
        self,
        id: str,
        *,
        offset: int = 0,
        limit: int = 20,
        query: str = "",
        finding: FindingCode | str = "",
    ) -> Rows:
        """Rows that it has read, before anything is kept. Raises `Conflict` while it reads."""
        params: dict[str, Any] = {"offset": offset, "limit": limit}
        params |= {"q": query} if query else {}
        params |= {"finding": str(finding)} if finding else {}
        return self._one(Rows, "GET", f"datasets/jobs/{id}/rows", params=params)

    def problems(
        self, id: str, *, offset: int = 0, limit: int = 100, code: str = ""
    ) -> ProblemPage:
        """Rows that are not kept, in the order of the file, and why."""
        params: dict[str, Any] = {"offset": offset, "limit": limit}
        params |= {"code": code} if code else {}
        answer = self._transport.json("GET", f"datasets/jobs/{id}/problems", params=params)
        return ProblemPage(
            items=[
                DatasetProblemLine.model_validate(item, extra="ignore") for item in answer["items"]
            ],
            total=int(answer["total"]),
            codes={str(code): int(count) for code, count in answer["codes"].items()},
        )

    def problems_csv(self, id: str) -> Iterator[bytes]:
        """Every row that is not kept as CSV, in pieces; formulas are escaped."""
        return self._transport.pieces(f"datasets/jobs/{id}/problems.csv")
