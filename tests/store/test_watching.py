"""What is told of a training on its way: evaluations, notices, pauses; and a stream kept short."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text

from jupyter_persian_ai.jobs.ledger import Report
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.events import Emitted, EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.services import stream
from jupyter_persian_ai.store import Store, events, jobs, users
from jupyter_persian_ai.store.engine import open_engine
from jupyter_persian_ai.store.schema import EventRow

EVALUATION = {
    "step": 7,
    "labels": ["مثبت", "منفی"],
    "confusion": [[8, 2], [1, 9]],
    "per_label": [
        {"label": "مثبت", "precision": 0.89, "recall": 0.8, "f1": 0.84, "support": 10},
        {"label": "منفی", "precision": 0.82, "recall": 0.9, "f1": 0.86, "support": 10},
    ],
}


def running(store, user):
    """A job that runs; gives its id and a way to report for its present attempt."""
    job, _ = store.write(
        lambda s: jobs.submit(
            s,
            user,
            kind="training",
            recipe="classify",
            name="نظرها",
            options={},
            inputs={},
            idempotency_key=None,
            root_id="root",
        )
    )
    ledger = store.ledger("root", Path("nowhere"))

    def start():
        attempt, lines = ledger.start(job.id).spec.attempt, 0

        def report(type, data):
            nonlocal lines
            lines += 1
            line = Emitted(n=lines, time=now(), type=type, data=data)
            return ledger.ingest(Report(job.id, attempt, lines - 1, lines, [line], 0, []))

        report(EventType.STATE, {"state": "loading"})
        report(EventType.STATE, {"state": "running"})
        return report

    return job.id, start


def told(store, user, job_id, kind):
    found = store.read(lambda s: events.after(s, user, 0, [f"job:{job_id}"], 10_000))
    return [event.data for event in found if event.type is kind]


def notice(step):
    return {"code": "plateau", "step": step, "message": {"en": "No better.", "fa": "بهتر نمی‌شود."}}


def test_the_latest_evaluation_is_the_jobs(store, sara):
    job_id, start = running(store, sara)
    report = start()
    report(EventType.EVALUATION, {**EVALUATION, "step": 3})
    report(EventType.EVALUATION, EVALUATION)
    seen = store.read(lambda s: jobs.get(s, sara, job_id)).evaluation
    assert (seen.step, seen.labels, seen.others) == (7, ["مثبت", "منفی"], 0)
    assert [row.f1 for row in seen.per_label] == [0.84, 0.86]
    assert [data["step"] for data in told(store, sara, job_id, EventType.EVALUATION)] == [3, 7]


def test_a_matrix_that_is_not_square_is_told_of_and_skipped(store, sara):
    job_id, start = running(store, sara)
    answer = start()(EventType.EVALUATION, {**EVALUATION, "confusion": [[1, 2]]})
    assert not answer.refused
    assert store.read(lambda s: jobs.get(s, sara, job_id)).evaluation is None
    assert "makes no sense" in store.read(lambda s: jobs.logs(s, sara, job_id))[-1].message


def test_the_last_twenty_notices_stay_with_when_and_where(store, sara):
    job_id, start = running(store, sara)
    report = start()
    for step in range(25):
        report(EventType.NOTICE, notice(step))
    seen = store.read(lambda s: jobs.get(s, sara, job_id)).notices
    assert [one.step for one in seen] == list(range(5, 25))
    assert seen[-1].message.fa == "بهتر نمی‌شود."
    assert seen[-1].attempt == 1
    assert seen[-1].time is not None
    assert len(told(store, sara, job_id, EventType.NOTICE)) == 25


def test_lists_do_not_carry_what_only_the_jobs_own_page_shows(store, sara):
    job_id, start = running(store, sara)
    report = start()
    report(EventType.EVALUATION, EVALUATION)
    report(EventType.NOTICE, notice(1))
    report(EventType.STATE, {"state": "completed"})
    (listed,) = store.read(lambda s: jobs.page(s, sara)).items
    assert (listed.evaluation, listed.notices) == (None, [])
    last = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 10_000))[-1]
    assert (last.data["evaluation"], last.data["notices"]) == (None, [])
    assert store.read(lambda s: jobs.get(s, sara, job_id)).evaluation is not None


def test_starting_over_forgets_them_and_resuming_does_not(store, sara):
    job_id, start = running(store, sara)
    report = start()
    report(EventType.EVALUATION, EVALUATION)
    report(EventType.NOTICE, notice(1))
    report(EventType.STATE, {"state": "stopped", "reason": "requested"})
    resumed = store.write(lambda s: jobs.resume(s, sara, job_id))
    assert resumed.evaluation is not None
    assert len(resumed.notices) == 1
    store.write(lambda s: jobs.request_stop(s, sara, job_id))
    again = store.write(lambda s: jobs.retry(s, sara, job_id))
    assert (again.evaluation, again.notices) == (None, [])


@pytest.mark.parametrize("dies", [False, True])
def test_a_pause_ends_as_paused_and_goes_on(store, sara, dies):
    job_id, start = running(store, sara)
    report = start()
    asked = store.write(lambda s: jobs.request_pause(s, sara, job_id))
    assert (asked.state, asked.stopping, asked.pausing) == (JobState.RUNNING, True, True)
    assert store.write(lambda s: jobs.request_pause(s, sara, job_id)).seq == asked.seq
    if dies:  # killed while it saved its checkpoint
        assert store.ledger("root", Path()).died(job_id, 1, "killed", 2, None) is None
    else:
        report(EventType.STATE, {"state": "stopped", "reason": "requested"})
    paused = store.read(lambda s: jobs.get(s, sara, job_id))
    assert (paused.state, paused.reason) == (JobState.STOPPED, "paused")
    assert not paused.pausing
    assert told(store, sara, job_id, EventType.STATE)[-1]["reason"] == "paused"
    assert store.write(lambda s: jobs.resume(s, sara, job_id)).state is JobState.QUEUED
    start()
    assert store.read(lambda s: jobs.get(s, sara, job_id)).attempt == 2


def test_a_pause_may_become_a_stop_but_a_stop_stays_one(store, sara):
    job_id, start = running(store, sara)
    report = start()
    store.write(lambda s: jobs.request_pause(s, sara, job_id))
    stopping = store.write(lambda s: jobs.request_stop(s, sara, job_id))
    assert (stopping.stopping, stopping.pausing) == (True, False)
    assert not store.write(lambda s: jobs.request_pause(s, sara, job_id)).pausing
    report(EventType.STATE, {"state": "stopped", "reason": "requested"})
    assert store.read(lambda s: jobs.get(s, sara, job_id)).reason == "requested"


def test_the_stream_keeps_itself_short_and_records_stay(store, sara, omid, monkeypatch):
    monkeypatch.setattr(events, "KEPT", 200)
    monkeypatch.setattr(events, "SWEEP", 10)

    def write(session):
        for n in range(1000):
            kind = EventType.LOG if n % 100 == 0 else EventType.METRICS
            events.append(session, sara, "job:a", kind, {"n": n})
        events.append(session, omid, "job:b", EventType.PROGRESS, {})

    store.write(write)
    left = store.read(lambda s: events.after(s, sara, 0, ["job:a"], 10_000))
    kept = [event.seq for event in left if event.type is EventType.METRICS]
    assert kept[0] > 1000 - 200 - 10
    assert all(b - a <= 2 for a, b in pairwise(kept))  # nothing newer is missing
    assert kept[-1] == 1000
    assert len([event for event in left if event.type is EventType.LOG]) == 10
    assert len(store.read(lambda s: events.after(s, omid, 0, ["job:b"], 10))) == 1


def test_whoever_could_meet_the_hole_is_told_to_take_a_snapshot():
    assert stream.LAG + events.SWEEP < events.KEPT


def test_the_backlog_of_an_older_store_is_cleared_once(url):
    Store.open(url).close()
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", "jupyter_persian_ai.store:migrations")
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        moment = now()
        connection.execute(
            text("INSERT INTO users VALUES ('u', 'u', 'u', 100000, :now)"),
            {"now": moment},
        )
        rows = [
            {"user_id": "u", "seq": seq, "time": moment, "topic": "job:a", "type": kind, "data": {}}
            for seq, kind in [(1, "log"), (2, "metrics"), (60_000, "progress"), (60_001, "metrics")]
        ]
        connection.execute(EventRow.__table__.insert(), rows)
        command.upgrade(config, "head")
    engine.dispose()
    store = Store.open(url)
    left = store.read(lambda s: list(s.scalars(select(EventRow.seq).order_by(EventRow.seq))))
    assert left == [1, 60_001]
    assert store.read(lambda s: s.scalar(select(func.count()).select_from(users.User))) == 1
    store.close()
