"""A model of the jobs walks at random; the store must agree with the table of legal moves."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_persian_ai.errors import Conflict
from jupyter_persian_ai.jobs import states
from jupyter_persian_ai.jobs.ledger import Report
from jupyter_persian_ai.protocol.base import new_id, now
from jupyter_persian_ai.protocol.events import Emitted, EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.store import Store, events, jobs, users

RESTARTS = 2
#: Now and then, news of an attempt that is over.
LATE = st.sampled_from([False, False, False, True])
#: Few enough that rules meet again at the same job.
MOST_JOBS = 3


def test_the_table_is_the_contract():
    """queued -> starting -> loading -> running -> completed | failed | stopped."""
    path = [JobState.QUEUED, JobState.STARTING, JobState.LOADING, JobState.RUNNING]
    assert all(states.legal(a, b) for a, b in itertools.pairwise(path))
    for end in (JobState.COMPLETED, JobState.FAILED, JobState.STOPPED):
        assert states.legal(JobState.RUNNING, end)
    assert states.MOVES[JobState.COMPLETED] == frozenset()
    for before in JobState:
        assert set(states.MOVES) == set(JobState)
        assert not states.legal(before, before) or before is JobState.STARTING
        if before is not JobState.RUNNING:
            assert not states.legal(before, JobState.COMPLETED)


class Model:
    """What we believe of one job."""

    def __init__(self) -> None:
        self.state = JobState.QUEUED
        self.attempt = 0
        self.stopping = False
        self.pausing = False
        self.reason = ""
        self.lines = 0
        self.fruitless = 0
        self.advanced = False
        self.furthest = 0


class Jobs(RuleBasedStateMachine):
    """Every verb of user, worker and supervisor, in any order, on any job."""

    store: Store
    job_ids = Bundle("job_ids")

    def __init__(self) -> None:
        super().__init__()
        self.root = new_id()
        self.ledger = self.store.ledger(self.root, Path("jobs"), [self.hook])
        self.user = self.store.write(lambda s: users.ensure(s, new_id()))
        self.models: dict[str, Model] = {}
        self.hooked: list[str] = []

    def hook(self, session: Any, job: Any) -> None:
        self.hooked.append(job.state.value)

    @precondition(lambda self: len(self.models) < MOST_JOBS)
    @rule(target=job_ids)
    def submit(self) -> str:
        job, created = self.store.write(
            lambda s: jobs.submit(
                s,
                self.user,
                kind="training",
                recipe="r",
                name="n",
                options={},
                inputs={},
                idempotency_key=None,
                root_id=self.root,
            )
        )
        assert created
        self.models[job.id] = Model()
        return job.id

    @rule(job_id=job_ids)
    def launch(self, job_id: str) -> None:
        model = self.models[job_id]
        start = self.ledger.start(job_id)
        assert (start is not None) == (model.state is JobState.QUEUED)
        if start is not None:
            self.begin(model)
            assert start.spec.attempt == model.attempt

    @staticmethod
    def begin(model: Model) -> None:
        model.state = JobState.STARTING
        model.attempt += 1
        model.lines = 0
        model.advanced = False

    @rule(job_id=job_ids, late=LATE, state=st.sampled_from(list(JobState)))
    def worker_says(self, job_id: str, late: bool, state: JobState) -> None:
        model = self.models[job_id]
        attempt = model.attempt - late
        data: dict[str, Any] = {"state": state.value}
        if state is JobState.FAILED:
            data["error"] = {"code": "c", "message": "m", "message_fa": "م"}
        answer = self.report(job_id, attempt, EventType.STATE, data)
        refused = late or not model.state.active
        assert answer.refused == refused
        if refused:
            return
        model.lines += 1
        if state is not JobState.STARTING and states.legal(model.state, state):
            model.state = state
            if state.ended:
                paused = state is JobState.STOPPED and model.pausing
                model.reason = "paused" if paused else ""
                model.stopping = model.pausing = False
        assert answer.state is model.state

    @rule(job_id=job_ids, done=st.integers(1, 4))
    def worker_advances(self, job_id: str, done: int) -> None:
        model = self.models[job_id]
        answer = self.report(job_id, model.attempt, EventType.PROGRESS, {"done": done})
        assert answer.refused == (not model.state.active)
        if not answer.refused:
            model.lines += 1
            if done > model.furthest:
                model.furthest, model.advanced = done, True

    def report(self, job_id: str, attempt: int, type: EventType, data: dict[str, Any]) -> Any:
        before = self.models[job_id].lines
        line = Emitted(n=before + 1, time=now(), type=type, data=data)
        return self.ledger.ingest(Report(job_id, attempt, before, before + 1, [line], 0, []))

    @rule(job_id=job_ids, late=LATE, times=st.integers(1, RESTARTS + 2))
    def worker_dies(self, job_id: str, late: bool, times: int) -> None:
        for _ in range(times):
            self.dies(job_id, late)

    def dies(self, job_id: str, late: bool) -> None:
        model = self.models[job_id]
        start = self.ledger.died(job_id, model.attempt - late, "killed", RESTARTS, None)
        if late or not model.state.active:
            assert start is None
            return
        if model.stopping:
            model.state, model.stopping = JobState.STOPPED, False
            model.reason = "paused" if model.pausing else "requested"
            model.pausing = False
            assert start is None
            return
        model.fruitless = 0 if model.advanced else model.fruitless + 1
        if model.fruitless > RESTARTS:
            model.state = JobState.FAILED
            assert start is None
            return
        assert start is not None
        self.begin(model)

    @rule(job_id=job_ids, pause=st.booleans())
    def stop_or_pause(self, job_id: str, pause: bool) -> None:
        model = self.models[job_id]
        if self.asked(jobs.request_pause if pause else jobs.request_stop, job_id, states.STOPPABLE):
            if model.state is JobState.QUEUED:
                model.state = JobState.STOPPED
                model.reason = "paused" if pause else "requested"
            else:  # a pause may become a stop, but not the other way round
                model.pausing = pause and (model.pausing or not model.stopping)
                model.stopping = True

    @rule(job_id=job_ids, fresh=st.booleans())
    def resume_or_retry(self, job_id: str, fresh: bool) -> None:
        model = self.models[job_id]
        if self.asked(jobs.retry if fresh else jobs.resume, job_id, states.RESUMABLE):
            model.state = JobState.QUEUED
            model.fruitless = 0
            model.furthest = 0 if fresh else model.furthest

    @rule(target=job_ids, job_id=consumes(job_ids))
    def delete(self, job_id: str) -> Any:
        if not self.asked(jobs.delete, job_id, states.DELETABLE):
            return job_id
        del self.models[job_id]
        return multiple()

    def asked(self, verb: Any, job_id: str, allowed: frozenset[JobState]) -> bool:
        before = self.models[job_id].state
        try:
            self.store.write(lambda s: verb(s, self.user, job_id))
        except Conflict:
            assert before not in allowed
            return False
        assert before in allowed
        return True

    @invariant()
    def the_store_agrees(self) -> None:
        page = self.store.read(lambda s: jobs.page(s, self.user, limit=500))
        found = {job.id: job for job in page.items}
        assert set(found) == set(self.models)
        for job_id, model in self.models.items():
            job = found[job_id]
            assert (job.state, job.attempt, job.stopping) == (
                model.state,
                model.attempt,
                model.stopping,
            )
            assert job.pausing == model.pausing
            if model.state is JobState.STOPPED:
                assert job.reason == model.reason
            assert (job.ended is not None) == model.state.ended
            assert (job.error is not None) == (model.state is JobState.FAILED)
        waiting = [one.job_id for one in self.ledger.waiting()]
        assert [found[job_id].queue_position for job_id in waiting] == list(
            range(1, len(waiting) + 1)
        )
        assert all(job.queue_position is None for job in found.values() if job.id not in waiting)
        active = {one.job_id for one in self.ledger.active()}
        assert active == {j for j, model in self.models.items() if model.state.active}

    def teardown(self) -> None:
        """What was told is what happened: each job's states follow the table."""
        for job_id, model in self.models.items():
            told = self.store.read(
                lambda s, j=job_id: events.after(s, self.user, 0, [f"job:{j}"], 10_000)
            )
            path = [JobState.QUEUED]
            for event in told:
                if event.type is EventType.STATE:
                    state = JobState(event.data["state"])
                    new_attempt = state is JobState.STARTING and not event.data["stopping"]
                    if state is not path[-1] or new_attempt:
                        assert states.legal(path[-1], state)
                        path.append(state)
            assert path[-1] is model.state


@pytest.mark.timeout(200)
def test_states_agree_with_the_table(store: Store) -> None:
    machine = type("JobsHere", (Jobs,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25 if store.dialect == "sqlite" else 10,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
