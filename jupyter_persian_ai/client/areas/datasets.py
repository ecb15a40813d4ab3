"""`datasets` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ...protocol.base import new_id
from ...protocol.data import Dataset, DatasetShape, Rows, SampleInfo
from ...protocol.jobs import Job
from ...protocol.quality import DatasetAnalysis, Fertility, FindingCode, Leakage, RowDetail
from ...protocol.versions import (
    DatasetUsers,
    DatasetVersion,
    VersionAsk,
    VersionDiff,
    VersionPreview,
)
from .area import Area, Asked, sent

#: Seconds for what goes through every row before it answers.
_SLOW = 660.0


def _of(version: int | None, **params: Any) -> dict[str, Any]:
    """Parameters of a request, of a version where one is named."""
    return params if version is None else {**params, "version": version}


def _steps(ask: Asked) -> dict[str, Any]:
    """As it is sent: of a step its `kind` is said too, although nobody has set it."""
    body = sent(ask)
    if isinstance(ask, VersionAsk):
        body["steps"] = [step.model_dump(mode="json") for step in ask.steps]
    return body


class DatasetsArea(Area):
    """`datasets`; a `version` is a number, and the newest where none is named."""

    def all(self) -> list[Dataset]:
        """Every dataset, newest first."""
        return list(self._pages(Dataset, "datasets", limit=200))

    def get(self, id: str) -> Dataset:
        """One dataset. Raises `NotFound`."""
        return self._one(Dataset, "GET", f"datasets/{id}")

    def add_path(self, ask: Asked) -> Dataset:
        """Import a file of the service’s machine (`DatasetAsk`). Raises `DatasetProblem`s."""
        return self._one(Dataset, "POST", "datasets", body=sent(ask), timeout=3600.0)

    def samples(self) -> list[SampleInfo]:
        """Sample datasets that can be imported. Raises `SamplesMissing`."""
        return self._list(SampleInfo, "samples")

    def add_sample(self, id: str) -> Dataset:
        """Import a sample dataset. Raises `NotFound`, `SamplesMissing`."""
        return self._one(Dataset, "POST", "datasets", body={"sample": id}, timeout=600.0)

    def upload(
        self,
        path: Path,
        *,
        name: str = "",
        shape: DatasetShape | None = None,
        shapes: Sequence[DatasetShape] = (),
        fields: Mapping[str, str] | None = None,
    ) -> Dataset:
        """Send a small file of this machine and import it in one go. Raises `DatasetProblem`s.

        What is large, or should show how far it is, goes by `client.dataset_jobs`.
        """
        fields_sent = {
            "name": name,
            "shape": shape or "",
            "shapes": ",".join(shapes),
            "fields": json.dumps(dict(fields or {})),
        }
        with path.open("rb") as file:
            answer = self._transport.upload("datasets", path.name, file, fields_sent)
        return Dataset.model_validate(answer, extra="ignore")

    def rename(self, id: str, name: str) -> Dataset:
        """Change its name."""
        return self._one(Dataset, "PATCH", f"datasets/{id}", body={"name": name})

    def delete(self, id: str, *, force: bool = False) -> None:
        """Delete it with every version. Raises `Conflict`, which says who needs it.

        With `force` jobs that stopped or failed may lose it; those that wait or work may not.
        """
        params = {"force": "true"} if force else {}
        self._transport.json("DELETE", f"datasets/{id}", params=params)

    def users(self, id: str) -> DatasetUsers:
        """Who would miss it: jobs, models and datasets, by name."""
        return self._one(DatasetUsers, "GET", f"datasets/{id}/users")

    # --- look -----------------------------------------------------------------------------------

    def rows(
        self,
        id: str,
        *,
        offset: int = 0,
        limit: int = 20,
        query: str = "",
        finding: FindingCode | str = "",
        version: int | None = None,
    ) -> Rows:
        """Some rows, in the order of the file.

        With a query, those that hold it (folded): an answer that is not `complete` has what was
        found so far; asking again goes on.
        """
        params = _of(version, offset=offset, limit=limit)
        params |= {"q": query} if query else {}
        params |= {"finding": str(finding)} if finding else {}
        return self._one(Rows, "GET", f"datasets/{id}/preview", params=params)

    def row(self, id: str, number: int, *, version: int | None = None) -> RowDetail:
        """One row, numbered from 0, with everything that is found in it. Raises `NotFound`."""
        return self._one(RowDetail, "GET", f"datasets/{id}/rows/{number}", params=_of(version))

    def stats(self, id: str, *, version: int | None = None) -> DatasetAnalysis:
        """What is known of the whole: counts, lengths, labels, words, findings."""
        return self._one(
            DatasetAnalysis, "GET", f"datasets/{id}/stats", params=_of(version), timeout=_SLOW
        )

    def tokenizers(self, id: str, *, version: int | None = None) -> list[Fertility]:
        """What each installed tokenizer makes of it."""
        answer = self._transport.json(
            "GET", f"datasets/{id}/tokenizers", params=_of(version), timeout=_SLOW
        )
        return [Fertility.model_validate(item, extra="ignore") for item in answer["items"]]

    def figure(
        self,
        id: str,
        name: Literal["lengths", "labels", "tokens"],
        *,
        version: int | None = None,
        lang: str = "fa",
        theme: str = "light",
    ) -> dict[str, Any]:
        """A chart as BokehJS embeds it, with its data."""
        params = _of(version, lang=lang, theme=theme)
        answer: dict[str, Any] = self._transport.json(
            "GET", f"datasets/{id}/figures/{name}", params=params
        )
        return answer

    def download(
        self,
        id: str,
        *,
        version: int | None = None,
        format: Literal["jsonl", "csv", "parquet"] = "jsonl",
    ) -> Iterator[bytes]:
        """Every row, in pieces; formulas are escaped in CSV."""
        params = _of(version, format=format)
        return self._transport.pieces(f"datasets/{id}/download", params=params)

    # --- versions -------------------------------------------------------------------------------

    def versions(self, id: str) -> list[DatasetVersion]:
        """Every version, newest first."""
        return list(self._pages(DatasetVersion, f"datasets/{id}/versions", limit=200))

    def version(self, id: str, number: int) -> DatasetVersion:
        """One version. Raises `NotFound`."""
        return self._one(DatasetVersion, "GET", f"datasets/{id}/versions/{number}")

    def delete_version(self, id: str, number: int, *, force: bool = False) -> None:
        """Delete one version; `force` as in `delete`. Raises `Conflict`."""
        params = {"force": "true"} if force else {}
        self._transport.json("DELETE", f"datasets/{id}/versions/{number}", params=params)

    def change(self, id: str, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to make a version (`VersionAsk`). Raises `InvalidField`, `NotFound`."""
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", f"datasets/{id}/versions", body=_steps(ask), headers=headers)

    def preview_change(self, id: str, ask: Asked) -> VersionPreview:
        """What steps (`VersionAsk`) would do to the first rows; nothing is kept."""
        path = f"datasets/{id}/versions/preview"
        return self._one(VersionPreview, "POST", path, body=_steps(ask), timeout=_SLOW)

    def split(self, id: str, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to split it (`SplitAsk`): each part becomes a dataset."""
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", f"datasets/{id}/split", body=sent(ask), headers=headers)

    def find_near_duplicates(self, id: str, *, version: int | None = None) -> Job:
        """Begin to look for rows that are almost the same; they are marked as findings."""
        return self._one(Job, "POST", f"datasets/{id}/near-duplicates", params=_of(version))

    def diff(self, id: str, a: int, b: int, *, offset: int = 0, limit: int = 50) -> VersionDiff:
        """How version `a` came to be version `b`. Raises `NotFound`."""
        params = {"from": a, "to": b, "offset": offset, "limit": limit}
        path = f"datasets/{id}/diff"
        return self._one(VersionDiff, "GET", path, params=params, timeout=_SLOW)

    def leakage(self, id: str, ask: Asked) -> Leakage:
        """Rows here that are also in another dataset (`LeakageAsk`)."""
        path = f"datasets/{id}/leakage"
        return self._one(Leakage, "POST", path, body=sent(ask), timeout=_SLOW)
