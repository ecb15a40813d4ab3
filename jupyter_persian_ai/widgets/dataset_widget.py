"""The view of a dataset in a notebook: its rows, what is known of it, and its charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .live import LiveWidget
from .training import SCRIPTS

if TYPE_CHECKING:
    from .dataset import DatasetHandle

#: Rows of the first screen.
FIRST_ROWS = 50


def dataset_paths(dataset: DatasetHandle) -> list[str]:
    """The requests with which the view begins, exactly as the front end makes them."""
    base, version = f"datasets/{dataset.id}", f"version={dataset.number}"
    language = dataset.client.service.settings().language
    figures = ("lengths", "labels") if dataset.report.stats.labels else ("lengths",)
    return [
        base,
        f"{base}/stats?{version}",
        f"{base}/preview?offset=0&limit={FIRST_ROWS}&{version}",
        *(
            f"{base}/figures/{name}?{version}&theme={theme}&lang={language}"
            for name in figures
            for theme in ("light", "dark")
        ),
    ]


class DatasetWidget(LiveWidget):
    """One version of a dataset: preview, search, counts, charts."""

    def __init__(self, dataset: DatasetHandle, *, transport: str = "auto") -> None:
        self.dataset = dataset
        super().__init__(
            dataset.client,
            kind="dataset",
            about={"dataset_id": dataset.id, "version": dataset.number},
            paths=dataset_paths(dataset),
            numbered=[f"datasets/{dataset.id}"],
            topics=["datasets"],
            scripts=SCRIPTS,
            transport=transport,
        )

    def __repr__(self) -> str:
        return repr(self.dataset)
