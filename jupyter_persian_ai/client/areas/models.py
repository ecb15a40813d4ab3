"""`models` as typed methods: the registry. Every method is one request; must not keep state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...protocol.data import Model
from ...protocol.quality import Fertility
from ...protocol.registry import Comparison, Lineage, ModelUsers, ModelVersion, Scanned
from .area import Area, Asked, sent

#: Seconds for what loads a tokenizer or looks through folders before it answers.
_SLOW = 660.0


class ModelsArea(Area):
    """`models`; a `version` is a number, and the current one where none is named."""

    def all(self, *, q: str = "", source: str = "", tag: str = "", sort: str = "") -> list[Model]:
        """Every model that has all of what is asked; newest first without `sort`."""
        asked = {"q": q, "source": source, "tag": tag, "sort": sort}
        given = {name: value for name, value in asked.items() if value}
        return list(self._pages(Model, "models", limit=200, **given))

    def get(self, id: str) -> Model:
        """One model. Raises `NotFound`."""
        return self._one(Model, "GET", f"models/{id}")

    def add_path(self, path: str, name: str = "") -> Model:
        """Register a model folder of the service's machine. Raises `ModelProblem`s."""
        return self._one(Model, "POST", "models", body={"path": path, "name": name})

    def scan(self, path: str = "") -> Scanned:
        """Models on the service's machine: in the Hub caches, or below a path."""
        body = {"path": path} if path else {}
        return self._one(Scanned, "POST", "models/scan", body=body, timeout=_SLOW)

    def change(self, id: str, ask: Asked) -> Model:
        """Change name, notes or tags (`ModelPatch`). Raises `InvalidField`."""
        return self._one(Model, "PATCH", f"models/{id}", body=sent(ask))

    def rename(self, id: str, name: str) -> Model:
        """Change its name."""
        return self.change(id, {"name": name})

    def delete(self, id: str) -> None:
        """Delete it with its versions. Raises `Conflict`, which says who needs it."""
        self._transport.json("DELETE", f"models/{id}")

    def users(self, id: str, *, version: int | None = None) -> ModelUsers:
        """Who would miss it, or a version of it, and what deleting would free. Bytes."""
        params = {} if version is None else {"version": version}
        return self._one(ModelUsers, "GET", f"models/{id}/users", params=params)

    # --- versions -------------------------------------------------------------------------------

    def versions(self, id: str) -> list[ModelVersion]:
        """Every version, newest first."""
        found = self._list(ModelVersion, f"models/{id}/versions")
        return sorted(found, key=lambda one: one.number, reverse=True)

    def add_version(self, id: str, ask: Asked) -> ModelVersion:
        """Make another model a version of this one (`VersionAdd`). Raises `Conflict`."""
        return self._one(ModelVersion, "POST", f"models/{id}/versions", body=sent(ask))

    def delete_version(self, id: str, number: int) -> None:
        """Delete one version. Raises `Conflict`, also for the current one."""
        self._transport.json("DELETE", f"models/{id}/versions/{number}")

    def promote(self, id: str, number: int) -> Model:
        """Use this version from now on. Raises `NotFound`."""
        return self._one(Model, "POST", f"models/{id}/promote", body={"version": number})

    def rollback(self, id: str) -> Model:
        """Use the version again that was current before. Raises `Conflict` without one."""
        return self._one(Model, "POST", f"models/{id}/rollback")

    # --- look -----------------------------------------------------------------------------------

    def lineage(self, id: str) -> Lineage:
        """What it was made from and what was made from it."""
        return self._one(Lineage, "GET", f"models/{id}/lineage")

    def tokenizer(self, id: str) -> Fertility:
        """What its tokenizer makes of a Persian text. Raises `ModelProblem`s."""
        return self._one(Fertility, "GET", f"models/{id}/tokenizer", timeout=_SLOW)

    def compare(self, ids: Sequence[str]) -> Comparison:
        """Two or more side by side, in this order. Raises `InvalidField`, `NotFound`."""
        return self._one(
            Comparison, "GET", "models/compare", params={"ids": list(ids)}, timeout=_SLOW
        )

    def answers(self, ask: Asked) -> Iterator[tuple[str, dict[str, Any]]]:
        """What each model says to one prompt (`AnswersAsk`): events as they come, see there."""
        yield from self._transport.events("POST", "models/compare/answers", body=sent(ask))

    def download(self, id: str, *, version: int | None = None) -> Iterator[bytes]:
        """Its folder as a zip, in pieces."""
        params = {} if version is None else {"version": version}
        return self._transport.pieces(f"models/{id}/download", params=params)
