"""A data root with a store and supervisors, for tests of the job engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_persian_ai.jobs import launcher, processes
from jupyter_persian_ai.jobs.supervisor import Supervisor
from jupyter_persian_ai.protocol.events import Event, EventType
from jupyter_persian_ai.protocol.jobs import Job, JobState
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import Store, events, jobs, users

HERE = Path(__file__).parent
RECIPES = [
    "count",
    "burst",
    "stubborn",
    "tells_labels_apart",
    "dies",
    "diverges",
    "broken",
    "fills_disk",
]
RECIPES += ["no_room_to_speak", "environment"]
ENTRY_POINTS = {("training", name): f"recipes_for_tests:{name}" for name in RECIPES} | {
    ("download", name): f"recipes_for_tests:{name}" for name in RECIPES
}
PATIENCE = 60.0


def until(condition: Callable[[], Any], what: str = "") -> Any:
    """Wait for a condition, generously; its value."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still not: {what or condition}")
        time.sleep(0.02)


class Place:
    """One data root, one store, one user, and the supervisors that a test starts."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.settings = Settings(
            data_dir=root, **{"disk_reserve_bytes": 0, "stop_grace_seconds": 1.0, **settings}
        )
        self.store = Store.open(self.settings.url)
        self.user = self.store.write(lambda s: users.ensure(s, "سارا"))
        self.supervisors: list[Supervisor] = []
        self.changes: list[tuple[str, int, str]] = []

    until = staticmethod(until)

    def note(self, session: Any, job: Job) -> None:
        self.changes.append((job.state.value, job.attempt, job.reason))

    def supervise(self, **options: Any) -> Supervisor:
        supervisor = Supervisor(
            self.store,
            self.settings,
            **{"entry_points": ENTRY_POINTS, "on_change": [self.note], **options},
        )
        asyncio.run(supervisor.start())
        self.supervisors.append(supervisor)
        return supervisor

    def leave(self, supervisor: Supervisor) -> None:
        asyncio.run(supervisor.stop())
        self.supervisors.remove(supervisor)

    def submit(self, recipe: str, *, kind: str = "training", **options: Any) -> str:
        from jupyter_persian_ai.jobs.root import root_id

        job, _ = self.store.write(
            lambda s: jobs.submit(
                s,
                self.user,
                kind=kind,
                recipe=recipe,
                name=recipe,
                options=options,
                inputs={},
                idempotency_key=None,
                root_id=root_id(self.settings.data_dir),
            )
        )
        for supervisor in self.supervisors:
            supervisor.poke()
        return job.id

    def ask(self, verb: Any, job_id: str) -> Job:
        job = self.store.write(lambda s: verb(s, self.user, job_id))
        for supervisor in self.supervisors:
            supervisor.poke()
        return job

    def job(self, job_id: str) -> Job:
        return self.store.read(lambda s: jobs.get(s, self.user, job_id))

    def wait(self, job_id: str, *states: str) -> Job:
        def reached() -> Job | None:
            job = self.job(job_id)
            if job.state.ended and job.state.value not in states:
                raise AssertionError(f"{job.state}: {job.error}")
            return job if job.state.value in states else None

        return until(reached, f"{job_id} in {states}")

    def wait_ended(self, job_id: str) -> Job:
        return self.wait(job_id, *(state.value for state in JobState if state.ended))

    def events(self, job_id: str) -> list[Event]:
        topics = ["jobs", "downloads", f"job:{job_id}"]
        return self.store.read(lambda s: events.after(s, self.user, 0, topics, 1_000_000))

    def logs(self, job_id: str) -> list[str]:
        lines = self.store.read(lambda s: jobs.logs(s, self.user, job_id, limit=1_000_000))
        return [line.message for line in lines]

    def states(self, job_id: str) -> list[str]:
        found = [e for e in self.events(job_id) if e.type is EventType.STATE]
        return [event.data["state"] for event in found]

    def folder(self, job_id: str, attempt: int = 1) -> Path:
        return self.settings.data_dir / "jobs" / job_id / str(attempt)

    def worker(self, job_id: str, attempt: int = 1) -> psutil.Process:
        """The worker's process, once it has its lease."""
        from jupyter_persian_ai.jobs import lease

        holder = until(lambda: lease.alive(self.folder(job_id, attempt)), "a living worker")
        return psutil.Process(holder.pid)

    def close(self) -> None:
        for supervisor in tuple(self.supervisors):
            self.leave(supervisor)
        for folder in self.settings.data_dir.glob("jobs/*/*"):
            with suppress(psutil.Error):
                processes.kill(folder)
        launcher.reap()
        self.store.close()


@pytest.fixture
def make_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Place]]:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    made: list[Place] = []

    def make(**settings: Any) -> Place:
        place = Place(tmp_path / "root", **settings)
        made.append(place)
        return place

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    return make_place()
