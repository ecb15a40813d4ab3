"""The view of a dataset in a notebook: its rows, what is known of it, and its charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..client import Client
from .live import LiveWidget
from .training import SCRIPTS

if TYPE_CHECKING:
    from .dataset import DatasetHandle

#: Rows of the first screen.
FIRST_ROWS = 50


def dataset_paths(client: Client, dataset_id: str, number: int) -> list[str]:
    """The requests with which the view begins, exactly as the front end makes them."""
    base = f"datasets/{dataset_id}"
    language = client.service.settings().language
    return [
        base,
        f"{base}/stats?version={number}",
        f"{base}/preview?offset=0&limit={FIRST_ROWS}&version={number}",
        f"{base}/versions",
        *(
            f"{base}/figures/{name}?version={number}&theme={theme}&lang={language}"
            for name in ("lengths", "labels")
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
            paths=dataset_paths(dataset.client, dataset.id, dataset.number),
            numbered=[f"datasets/{dataset.id}"],
            topics=["datasets"],
            scripts=SCRIPTS,
            transport=transport,
        )

    def __repr__(self) -> str:
        return repr(self.dataset)
