"""The card of a model in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .live import LiveWidget

if TYPE_CHECKING:
    from .model import ModelHandle


class ModelWidget(LiveWidget):
    """One model: facts, versions, where it comes from."""

    def __init__(self, model: ModelHandle, *, transport: str = "auto") -> None:
        self.model = model
        path = f"models/{model.id}"
        super().__init__(
            model.client,
            kind="model",
            about={"model_id": model.id},
            paths=[path, f"{path}/versions", f"{path}/lineage"],
            numbered=[path],
            topics=["models"],
            transport=transport,
        )

    def __repr__(self) -> str:
        return repr(self.model)
