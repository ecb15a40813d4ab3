"""The service's routes as typed methods, one class an area.

Every method is one request; answers are the models of `protocol`. Fields that a newer service
adds are ignored. Must not keep state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from ..protocol.base import Page, Wire, new_id
from ..protocol.chat import Conversation, ConversationDetail, Engine
from ..protocol.data import (
    Dataset,
    DatasetShape,
    Model,
    Rows,
    SampleInfo,
)
from ..protocol.gate import Rehearsal
from ..protocol.jobs import Checkpoint, Estimate, Fit, Job, LogLine, Metrics, Sample
from ..protocol.recipes import Recipe
from ..protocol.service import (
    ApiMetrics,
    Health,
    Me,
    Notification,
    System,
    UserSettings,
)
from .transport import Transport

Word = TypeVar("Word", bound=Wire)

#: Seconds for what loads and measures a model before it answers.
_SLOW = 660.0

#: What is asked: the protocol's model, or its JSON as it is. The service judges either.
Asked = BaseModel | Mapping[str, Any]


def _sent(ask: Asked) -> dict[str, Any]:
    if isinstance(ask, BaseModel):
        return ask.model_dump(mode="json", exclude_unset=True)
    return dict(ask)


class Area:
    """What every area has: the way to the service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _one(self, word: type[Word], method: str, path: str, **request: Any) -> Word:
        return word.model_validate(self._transport.json(method, path, **request), extra="ignore")

    def _list(self, word: type[Word], path: str, **params: Any) -> list[Word]:
        """A list that is one page."""
        answer = self._transport.json("GET", path, params=params)
        items = answer["items"] if isinstance(answer, dict) else answer
        return [word.model_validate(item, extra="ignore") for item in items]

    def _pages(self, word: type[Word], path: str, **params: Any) -> Iterator[Word]:
        """Everything of a list, page by page."""
        cursor: str | None = None
        while True:
            asked = {name: value for name, value in params.items() if value is not None}
            if cursor is not None:
                asked["cursor"] = cursor
            answer = self._transport.json("GET", path, params=asked)
            page = Page[word].model_validate(answer, extra="ignore")  # type: ignore[valid-type]
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return


class DatasetsArea(Area):
    """`datasets`."""

    def all(self) -> list[Dataset]:
        """Every dataset, newest first."""
        return list(self._pages(Dataset, "datasets", limit=200))

    def get(self, id: str) -> Dataset:
        """One dataset. Raises `NotFound`."""
        return self._one(Dataset, "GET", f"datasets/{id}")

    def add_path(self, ask: Asked) -> Dataset:
        """Import a file of the service’s machine (`DatasetAsk`). Raises `DatasetProblem`s."""
        return self._one(Dataset, "POST", "datasets", body=_sent(ask), timeout=3600.0)

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
        """Send a file of this machine and import it. Raises `DatasetProblem`s."""
        sent = {
            "name": name,
            "shape": shape or "",
            "shapes": ",".join(shapes),
            "fields": json.dumps(dict(fields or {})),
        }
        with path.open("rb") as file:
            answer = self._transport.upload("datasets", path.name, file, sent)
        return Dataset.model_validate(answer, extra="ignore")

    def rows(self, id: str, *, offset: int = 0, limit: int = 20, query: str = "") -> Rows:
        """Some rows, in the order of the file."""
        params: dict[str, Any] = {"offset": offset, "limit": limit}
        if query:
            params["q"] = query
        return self._one(Rows, "GET", f"datasets/{id}/preview", params=params)

    def rename(self, id: str, name: str) -> Dataset:
        """Change its name."""
        return self._one(Dataset, "PATCH", f"datasets/{id}", body={"name": name})

    def delete(self, id: str) -> None:
        """Delete it. Raises `Conflict` while a job reads it."""
        self._transport.json("DELETE", f"datasets/{id}")


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


class TrainingArea(Area):
    """`training`."""

    def recipes(self) -> list[Recipe]:
        """What can be run, with the JSON Schema of its options."""
        return self._list(Recipe, "training/recipes")

    def estimate(self, ask: Asked) -> Estimate:
        """Memory, time and tokens of a run (`TrainingAsk`), before it starts."""
        return self._one(Estimate, "POST", "training/estimate", body=_sent(ask))

    def fit(self, ask: Asked) -> Fit:
        """Options under which a run (`TrainingAsk`) fits the service's machine, and why."""
        return self._one(Fit, "POST", "training/fit", body=_sent(ask), timeout=_SLOW)

    def rehearse(self, ask: Asked) -> Rehearsal:
        """One real step of a run (`TrainingAsk`), measured; nothing is started or kept.

        Raises `LaunchRefused`, `DiskFull`, `Busy`, `TooSlowToTry`. A step that does not fit is
        no error: its `check` says so, with the change that would.
        """
        return self._one(Rehearsal, "POST", "training/rehearsal", body=_sent(ask), timeout=_SLOW)

    def submit(self, ask: Asked, *, idempotency_key: str = "") -> Job:
        """Start a run (`TrainingAsk`); a repeated key gives the same job.

        Raises `InvalidField`, `TooLittleMemory`, `DiskFull`, `LaunchRefused`, `NotFound`,
        `IdempotencyMismatch`: nothing is started then.
        """
        headers = {"Idempotency-Key": idempotency_key or new_id()}
        return self._one(Job, "POST", "training/jobs", body=_sent(ask), headers=headers)

    def all(self) -> list[Job]:
        """Every training job, newest first."""
        return list(self._pages(Job, "training/jobs", limit=200))

    def get(self, id: str) -> Job:
        """One job. Raises `NotFound`."""
        return self._one(Job, "GET", f"training/jobs/{id}")

    def stop(self, id: str) -> Job:
        """Ask it to save a checkpoint and end. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"training/jobs/{id}/stop")

    def pause(self, id: str) -> Job:
        """As `stop`, but shown as paused: to be resumed. Raises `Conflict` when it has ended."""
        return self._one(Job, "POST", f"training/jobs/{id}/pause")

    def resume(self, id: str) -> Job:
        """Go on from its newest valid checkpoint. Raises `Conflict`."""
        return self._one(Job, "POST", f"training/jobs/{id}/resume")

    def retry(self, id: str) -> Job:
        """Start a failed job again. Raises `Conflict`."""
        return self._one(Job, "POST", f"training/jobs/{id}/retry")

    def metrics(
        self, id: str, *, names: list[str] | None = None, max_points: int = 50_000
    ) -> Metrics:
        """Curves; every point of those that have no more than `max_points` (at most 50,000)."""
        params: dict[str, Any] = {"max_points": max_points}
        if names is not None:
            params["names"] = ",".join(names)
        return self._one(Metrics, "GET", f"training/jobs/{id}/metrics", params=params)

    def csv(self, id: str) -> Iterator[bytes]:
        """Every point of its metrics as CSV, in pieces: one line a step, one column a metric."""
        return self._transport.pieces(f"training/jobs/{id}/metrics.csv")

    def tensorboard(self, id: str) -> Iterator[bytes]:
        """Every point of its metrics for TensorBoard, in pieces: a zip of one run's folder."""
        return self._transport.pieces(f"training/jobs/{id}/tensorboard")

    def logs(self, id: str) -> list[LogLine]:
        """Its log, oldest line first."""
        lines: list[LogLine] = []
        while True:
            after = lines[-1].seq if lines else 0
            more = self._list(LogLine, f"training/jobs/{id}/logs", after=after, limit=5000)
            if not more:
                return lines
            lines += more

    def samples(self, id: str) -> list[Sample]:
        """What the model wrote at each evaluation, by step."""
        return self._list(Sample, f"training/jobs/{id}/samples")

    def checkpoints(self, id: str) -> list[Checkpoint]:
        """Its checkpoints that are still kept."""
        return self._list(Checkpoint, f"training/jobs/{id}/checkpoints")


class ChatArea(Area):
    """`chat`."""

    def conversations(self) -> list[Conversation]:
        """Every conversation, latest first."""
        return list(self._pages(Conversation, "chat/conversations", limit=200))

    def create(self, ask: Asked) -> Conversation:
        """Begin one (`ConversationAsk`). Raises `NotFound` for an unknown model."""
        return self._one(Conversation, "POST", "chat/conversations", body=_sent(ask))

    def get(self, id: str) -> ConversationDetail:
        """One with its messages."""
        return self._one(ConversationDetail, "GET", f"chat/conversations/{id}")

    def delete(self, id: str) -> None:
        """Delete one with its messages."""
        self._transport.json("DELETE", f"chat/conversations/{id}")

    def say(self, id: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Send a message; yields the events of the answer (see `protocol.chat`) as they come."""
        path = f"chat/conversations/{id}/messages"
        yield from self._transport.events("POST", path, body={"text": text})

    def stop(self, id: str) -> None:
        """Stop the answer that is being written; what is written stays."""
        self._transport.json("POST", f"chat/conversations/{id}/stop")

    def engines(self) -> list[Engine]:
        """Models in memory."""
        return self._list(Engine, "chat/engines")


class ServiceArea(Area):
    """`me`, `health`, `settings`, `monitoring`, `notifications`."""

    def me(self) -> Me:
        """Who we are there."""
        return self._one(Me, "GET", "me", timeout=10.0)

    def health(self) -> Health:
        """How the parts are."""
        return self._one(Health, "GET", "health")

    def settings(self) -> UserSettings:
        """What the user has chosen."""
        return self._one(UserSettings, "GET", "settings")

    def change_settings(self, **changed: Any) -> UserSettings:
        """Change what is named. Raises `InvalidField`."""
        return self._one(UserSettings, "PATCH", "settings", body=changed)

    def system(self) -> System:
        """The machine of the service, now."""
        return self._one(System, "GET", "monitoring/system")

    def api_metrics(self) -> ApiMetrics:
        """Requests and their times since the service started."""
        return self._one(ApiMetrics, "GET", "monitoring/metrics")

    def notifications(self, *, unread: bool = False) -> list[Notification]:
        """Stored notices, newest first."""
        asked = "true" if unread else None
        return list(self._pages(Notification, "notifications", unread=asked, limit=200))
