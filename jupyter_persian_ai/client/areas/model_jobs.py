"""Jobs that make a model or take one out, as typed methods.

Every method is one request; must not keep state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...protocol.base import new_id
from ...protocol.jobs import Job
from ...protocol.making import Confinement, ExportAsk, MergeAsk, PushPlan
from .area import Area, Asked, sent

#: Seconds for what hashes a model's files or asks the Hub before it answers.
_SLOW = 660.0


class ModelJobsArea(Area):
    """`models/imports`, `models/jobs`, `optimizations` and `models/{id}/push`."""

    def confinement(self) -> Confinement:
        """What the service's machine can lock the opening of a pickle into."""
        return self._one(Confinement, "GET", "models/confinement")

    def convert(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to make a usable model of a pickle folder or a GGUF file (`ModelImportAsk`).

        Raises `ModelProblem`s: also where nobody accepted the risk, or nothing locks it in.
        """
        return self._begun("models/imports", sent(ask), idempotency_key)

    def optimise(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Begin to merge an adapter (`MergeAsk`) or to export a model (`ExportAsk`)."""
        body = sent(ask)
        if isinstance(ask, MergeAsk | ExportAsk):
            body["recipe"] = ask.recipe  # said too, although nobody has set it
        return self._begun("optimizations", body, idempotency_key)

    def plan_push(self, id: str, ask: Asked) -> PushPlan:
        """All that a push (`PushAsk`) would send, and where to; nothing is sent.

        Raises `HubProblem`s.
        """
        return self._one(PushPlan, "POST", f"models/{id}/push/plan", body=sent(ask), timeout=_SLOW)

    def push(self, id: str, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Send what a plan has shown; `ask.plan` is its digest. Raises `Conflict` if it changed."""
        return self._begun(f"models/{id}/push", sent(ask), idempotency_key)

    # --- jobs -----------------------------------------------------------------------------------

    def all(self) -> list[Job]:
        """Every one of these jobs, newest first."""
        return list(self._pages(Job, "models/jobs", limit=200))

    def get(self, id: str) -> Job:
        """One job. Raises `NotFound`."""
        return self._one(Job, "GET", f"models/jobs/{id}")

    def stop(self, id: str) -> Job:
        """Ask it to end; nothing of it is kept. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"models/jobs/{id}/stop")

    def retry(self, id: str) -> Job:
        """Start one again that failed or was stopped. Raises `Conflict`."""
        return self._one(Job, "POST", f"models/jobs/{id}/retry")

    def delete(self, id: str) -> None:
        """Forget it, with the files that an export has written."""
        self._transport.json("DELETE", f"models/jobs/{id}")

    def files(self, id: str) -> Iterator[bytes]:
        """What an export has written, in pieces: its one file, or a zip of several."""
        return self._transport.pieces(f"models/jobs/{id}/download")

    def _begun(self, path: str, body: dict[str, Any], key: str) -> Job:
        headers = {"Idempotency-Key": key or new_id()}
        return self._one(Job, "POST", path, body=body, headers=headers, timeout=_SLOW)
