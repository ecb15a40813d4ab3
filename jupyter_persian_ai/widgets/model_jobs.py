"""Jobs that make a model or take one out, as a notebook holds them; and a push before it is sent.

Must not send anything that was not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import PrivateAttr

from ..client import Client
from ..client.areas import ModelJobsArea
from ..errors import Conflict
from ..protocol.making import PushPlan
from . import tables
from .dataset_views import Shown
from .display import amount
from .listing import columns
from .saving import saved
from .service_job import ServiceJob
from .tables import Markup

#: Files that are listed in a terminal.
_FILES = 30


class ModelJob(ServiceJob):
    """A conversion, a merge, an export or a push; it goes on without this notebook."""

    _word = "model job"

    @property
    def _routes(self) -> ModelJobsArea:
        return self.client.model_jobs

    def stop(self) -> Self:
        """End it; nothing of it is kept. Raises `Conflict` when it has ended."""
        self._latest = self.client.model_jobs.stop(self.id)
        return self

    @property
    def files(self) -> list[Mapping[str, Any]]:
        """What an export has written: name, bytes, sha256 of each. Raises `Conflict` before."""
        return list(self.result.get("files", []))

    @property
    def url(self) -> str:
        """Where a push has put it. Raises `Conflict` before its end."""
        return str(self.result.get("url", ""))

    def save(self, path: str | Path) -> Path:
        """Bring what an export has written to this machine; gives the file's path.

        Args:
            path: of this machine; a folder gets a file of the export's own name.

        Raises:
            Conflict: it has written nothing, or not yet.

        """
        files = self.files
        if not files:
            raise Conflict(reason="it has written no files", reason_fa="فایلی ننوشته است")
        name = str(files[0]["name"]) if len(files) == 1 else f"{self.name}.zip"
        return saved(self.client.model_jobs.files(self.id), path, name)


class Push(PushPlan, Shown):
    """All that a push would send. Nothing has been sent; `.send()` does it."""

    _client: Client | None = PrivateAttr(default=None)
    _model_id: str = PrivateAttr(default="")
    _ask: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def planned(cls, client: Client, model_id: str, ask: dict[str, Any], *, persian: bool) -> Push:
        """The plan of a push, asked from the service. Raises `HubProblem`s."""
        made = cls.of(client.model_jobs.plan_push(model_id, ask), persian=persian)
        made._client, made._model_id, made._ask = client, model_id, dict(ask)
        return made

    def send(self) -> ModelJob:
        """Send exactly this. Raises `Conflict` where something has changed since."""
        if self._client is None:
            raise RuntimeError("made by pai.models.push(...)")
        ask = {**self._ask, "plan": self.digest}
        return ModelJob(self._client, self._client.model_jobs.push(self._model_id, ask))

    def __str__(self) -> str:
        files = [[one.name, amount(one.bytes), one.change] for one in self.files[:_FILES]]
        lines = [
            f"not sent yet: {len(self.files)} files, {amount(self.bytes)} to {self._where()}",
            columns(["file", "size", ""], files),
        ]
        lines += [f"note: {one.en}" for one in self.warnings]
        return "\n".join([*lines, "`.send()` sends it; `.card` is its README.md"])

    def _repr_html_(self) -> str:
        persian = self._persian
        head = ("فایل", "اندازه", "") if persian else ("file", "size", "")
        rows = [(one.name, amount(one.bytes, persian), one.change) for one in self.files]
        said = (
            f"هنوز فرستاده نشده است؛ ‎.send() می‌فرستد: {amount(self.bytes, True)}"
            if persian
            else f"not sent yet; .send() sends it: {amount(self.bytes)}"
        )
        notes = [
            tables.note(one.fa if persian else one.en, persian=persian) for one in self.warnings
        ]
        parts = [
            tables.note(said, persian=persian),
            tables.isolated(self._where()),
            tables.table(head, rows, persian=persian),
            *notes,
            Markup("<details><summary>README.md</summary>"),
            tables.isolated(self.card, limit=100_000),
            Markup("</details>"),
        ]
        return "".join(parts)

    def _where(self) -> str:
        """Where to, whose it is, and who will see it."""
        new = "" if self.exists else "new, "
        seen = "private" if self.private else "PUBLIC"
        return f"{self.endpoint}/{self.repo_id} ({new}{seen}, as {self.account})"
