"""`models` as typed methods. Every method is one request; must not keep state."""

from __future__ import annotations

from ...protocol.data import Model
from .area import Area


class ModelsArea(Area):
    """`models`."""

    def all(self) -> list[Model]:
        """Every model, newest first."""
        return list(self._pages(Model, "models", limit=200))

    def get(self, id: str) -> Model:
        """One model. Raises `NotFound`."""
        return self._one(Model, "GET", f"models/{id}")

    def add_path(self, path: str, name: str = "") -> Model:
        """Register a model folder of the service's machine. Raises `ModelProblem`s."""
        return self._one(Model, "POST", "models", body={"path": path, "name": name})

    def rename(self, id: str, name: str) -> Model:
        """Change its name."""
        return self._one(Model, "PATCH", f"models/{id}", body={"name": name})

    def delete(self, id: str) -> None:
        """Delete it. Raises `Conflict` while it is in use."""
        self._transport.json("DELETE", f"models/{id}")
