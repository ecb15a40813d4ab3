"""Jobs as a user asks for them: submit, queue, stop, resume, retry, delete, look."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_persian_ai.errors import Conflict, IdempotencyMismatch, InvalidRequest, NotFound
from jupyter_persian_ai.jobs.ledger import Report
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.events import Emitted, EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.store import events, jobs, models

REQUEST = {
    "kind": "training",
    "recipe": "pretrain",
    "name": "حافظ",
    "options": {"epochs": 3},
    "inputs": {"dataset_id": "d1", "dataset_sha256": "ab"},
    "root_id": "root",
}


def submit(store, user, *, key=None, **changes):
    return store.write(
        lambda s: jobs.submit(s, user, **{**REQUEST, **changes}, idempotency_key=key)
    )


def ledger(store):
    return store.ledger("root", Path("nowhere"))


def emit(store, job_id, attempt, *lines, before=0, points=(), points_before=0):
    """Report some lines as a supervisor does; offsets count lines here."""
    emitted = [
        Emitted(n=before + n, time=now(), type=kind, data=data)
        for n, (kind, data) in enumerate(lines, 1)
    ]
    report = Report(
        job_id, attempt, before, before + len(lines), emitted, points_before, list(points)
    )
    return ledger(store).ingest(report)


def run(store, job_id):
    """Bring a queued job to `running`; gives the attempt."""
    start = ledger(store).start(job_id)
    states = [(EventType.STATE, {"state": "loading"}), (EventType.STATE, {"state": "running"})]
    emit(store, job_id, start.spec.attempt, *states)
    return start.spec.attempt


def end(store, job_id, attempt, state="completed", before=2, **data):
    return emit(store, job_id, attempt, (EventType.STATE, {"state": state, **data}), before=before)


def test_one_key_is_one_job_from_many_threads(store, sara):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: submit(store, sara, key="k"), range(32)))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    assert len(store.read(lambda s: jobs.page(s, sara)).items) == 1
    found = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 100))
    assert [event.type for event in found] == [EventType.CREATED]


def test_one_key_for_another_request_is_refused(store, sara, omid):
    job, _ = submit(store, sara, key="k")
    with pytest.raises(IdempotencyMismatch) as caught:
        submit(store, sara, key="k", options={"epochs": 4})
    assert caught.value.details["job_id"] == job.id
    assert submit(store, omid, key="k")[1]  # another user's key is another key
    assert submit(store, sara)[1]
    assert submit(store, sara)[1]  # without a key, every request is a new one


def test_a_job_of_another_user_is_not_found(store, sara, omid):
    job, _ = submit(store, sara)
    for look in (
        jobs.get,
        jobs.logs,
        jobs.checkpoints,
        jobs.metric_extents,
        jobs.request_stop,
        jobs.resume,
        jobs.retry,
        jobs.delete,
    ):
        for user, job_id in ((omid, job.id), (sara, "0000"), (sara, "' OR 1=1 --")):
            with pytest.raises(NotFound):
                store.write(lambda s, f=look, u=user, j=job_id: f(s, u, j))
    assert store.read(lambda s: jobs.page(s, omid)).items == []
    assert store.read(lambda s: jobs.get(s, sara, job.id)).state is JobState.QUEUED
    seen = store.read(lambda s: events.after(s, omid, 0, ["jobs", f"job:{job.id}"], 100))
    assert seen == []


def test_snapshot_and_events_fit_together(store, sara):
    job, _ = submit(store, sara)
    assert job.seq == 1
    run(store, job.id)
    snapshot = store.read(lambda s: jobs.get(s, sara, job.id))
    page = store.read(lambda s: jobs.page(s, sara))
    last = store.read(lambda s: events.last(s, sara))
    assert snapshot.seq == page.seq == page.items[0].seq == last
    end(store, job.id, 1, result={"model_path": "m"})
    later = store.read(lambda s: events.after(s, sara, snapshot.seq, [f"job:{job.id}"], 10))
    assert [event.data["state"] for event in later] == ["completed"]
    (listed,) = store.read(lambda s: events.after(s, sara, snapshot.seq, ["jobs"], 10))
    assert listed.data["state"] == "completed"
    assert listed.data["seq"] == listed.seq
    assert listed.data["result"] == {"model_path": "m"}


def test_pages_by_cursor(store, sara):
    made = [submit(store, sara)[0].id for _ in range(7)]
    found, cursor = [], None
    while True:
        page = store.read(lambda s, c=cursor: jobs.page(s, sara, limit=3, cursor=c))
        found += [job.id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        submit(store, sara, kind="download")  # what is new comes before, not in between
    assert found == made[::-1]
    assert len(store.read(lambda s: jobs.page(s, sara, kind="download")).items) == 2
    assert store.read(lambda s: jobs.page(s, sara, state="running")).items == []
    for bad in ("", "x", "AAAA", "////", "۱۲", "MjAyNg"):
        with pytest.raises(InvalidRequest):
            store.read(lambda s, c=bad: jobs.page(s, sara, cursor=c))


def test_stop_resume_retry_delete_only_where_they_make_sense(store, sara):
    job, _ = submit(store, sara)
    for verb in (jobs.resume, jobs.retry, jobs.delete):
        with pytest.raises(Conflict) as caught:
            store.write(lambda s, f=verb: f(s, sara, job.id))
        assert "در صف" in caught.value.body.message_fa
    stopped = store.write(lambda s: jobs.request_stop(s, sara, job.id))
    assert (stopped.state, stopped.queue_position) == (JobState.STOPPED, None)
    with pytest.raises(Conflict):
        store.write(lambda s: jobs.request_stop(s, sara, job.id))
    resumed = store.write(lambda s: jobs.resume(s, sara, job.id))
    assert (resumed.state, resumed.queue_position, resumed.ended) == (JobState.QUEUED, 1, None)
    attempt = run(store, job.id)
    asked = store.write(lambda s: jobs.request_stop(s, sara, job.id))
    assert (asked.state, asked.stopping) == (JobState.RUNNING, True)
    again = store.write(lambda s: jobs.request_stop(s, sara, job.id))
    assert again.seq == asked.seq  # twice is once
    end(store, job.id, attempt, "stopped")
    store.write(lambda s: jobs.delete(s, sara, job.id))
    with pytest.raises(NotFound):
        store.read(lambda s: jobs.get(s, sara, job.id))
    last = store.read(lambda s: events.after(s, sara, 0, ["jobs"], 100))[-1]
    assert (last.type, last.data) == (EventType.DELETED, {"id": job.id})


def test_queue_places_and_who_is_told(store, sara, omid):
    mine = [submit(store, sara)[0].id for _ in range(3)]
    submit(store, omid)
    submit(store, sara, kind="download")
    before = store.read(lambda s: events.last(s, sara))
    ledger(store).start(mine[0])
    places = [store.read(lambda s, j=j: jobs.get(s, sara, j)).queue_position for j in mine]
    assert places == [None, 1, 2]
    topics = [f"job:{job_id}" for job_id in mine[1:]]
    told = store.read(lambda s: events.after(s, sara, before, topics, 100))
    assert [(e.topic, e.data["queue_position"]) for e in told] == [(topics[0], 1), (topics[1], 2)]
    waiting = ledger(store).waiting()
    assert [one.job_id for one in waiting if one.user_id == sara][:2] == mine[1:]
    assert store.ledger("another root", Path()).waiting() == []


def test_figures_of_metrics_checkpoints_and_sample(store, sara):
    job, _ = submit(store, sara)
    run(store, job.id)
    points = [("loss", 1, 3.0), ("loss", 2, 1.0), ("loss", 3, 2.0), ("grad_norm", 3, None)]
    checkpoint = {"job_id": "x", "attempt": 9, "step": 3, "bytes": 5, "created": now(), "best": 1}
    emit(
        store,
        job.id,
        1,
        (EventType.CHECKPOINT, checkpoint),
        (EventType.CHECKPOINT, {**checkpoint, "step": 6}),
        (EventType.SAMPLE, {"step": 3, "prompt": "می\u200cخواهم", "text": "نه"}),
        before=2,
        points=points,
    )
    seen = store.read(lambda s: jobs.get(s, sara, job.id))
    assert seen.latest == {"loss": 2.0, "grad_norm": None}
    assert seen.best == {"loss": 1.0, "grad_norm": None}
    assert seen.sample.prompt == "می\u200cخواهم"
    kept = store.read(lambda s: jobs.checkpoints(s, sara, job.id))
    assert [(one.job_id, one.attempt, one.step, one.best) for one in kept] == [
        (job.id, 1, 3, False),
        (job.id, 1, 6, True),
    ]
    extents, seq = store.read(lambda s: jobs.metric_extents(s, sara, job.id))
    assert [(one.attempt, one.points, one.first_step) for one in extents] == [(1, 4, 1)]
    assert seq == seen.seq
    (event,) = [
        event
        for event in store.read(lambda s: events.after(s, sara, 0, [f"job:{job.id}"], 100))
        if event.type is EventType.METRICS
    ]
    assert event.data == {"attempt": 1, "first": 0, "count": 4}


def test_progress_reaches_the_job_at_once_and_the_list_now_and_then(store, sara):
    job, _ = submit(store, sara)
    run(store, job.id)
    before = store.read(lambda s: events.last(s, sara))
    for n in range(10):
        line = (EventType.PROGRESS, {"done": n, "total": 10})
        emit(store, job.id, 1, line, before=2 + n)
    assert store.read(lambda s: jobs.get(s, sara, job.id)).progress.done == 9
    topic = f"job:{job.id}"
    assert len(store.read(lambda s: events.after(s, sara, before, [topic], 100))) == 10
    assert len(store.read(lambda s: events.after(s, sara, before, ["jobs"], 100))) < 5


def test_a_worker_that_gets_further_is_started_again_and_one_that_does_not_is_not(store, sara):
    job, _ = submit(store, sara)
    attempt = run(store, job.id)
    for step in range(1, 8):  # each attempt gets one step further: no end to it
        progress = (EventType.PROGRESS, {"done": step, "total": 100})
        emit(store, job.id, attempt, progress, before=2)
        start = ledger(store).died(job.id, attempt, "killed", 2, None)
        assert start.spec.attempt == attempt + 1
        attempt = start.spec.attempt
        states = [(EventType.STATE, {"state": "loading"}), (EventType.STATE, {"state": "running"})]
        emit(store, job.id, attempt, *states)
    assert ledger(store).died(job.id, attempt - 1, "late news", 2, None) is None
    for _ in range(2):
        attempt = ledger(store).died(job.id, attempt, "killed", 2, None).spec.attempt
    assert ledger(store).died(job.id, attempt, "killed", 2, None) is None
    failed = store.read(lambda s: jobs.get(s, sara, job.id))
    assert (failed.state, failed.error.code) == (JobState.FAILED, "worker_died")
    assert failed.ended is not None


def test_no_automatic_restart_when_it_is_switched_off(store, sara):
    job, _ = submit(store, sara)
    attempt = run(store, job.id)
    emit(store, job.id, attempt, (EventType.PROGRESS, {"done": 5}), before=2)
    assert ledger(store).died(job.id, attempt, "killed", 0, None) is None
    assert store.read(lambda s: jobs.get(s, sara, job.id)).state is JobState.FAILED


def test_two_supervisors_cannot_take_one_job_twice(store, sara):
    job, _ = submit(store, sara)
    with ThreadPoolExecutor(8) as pool:
        starts = list(pool.map(lambda _: ledger(store).start(job.id), range(8)))
    assert len([start for start in starts if start]) == 1
    other = store.ledger("another root", Path())
    assert other.start(submit(store, sara)[0].id) is None
    assert other.active() == []


def test_a_deleted_job_takes_its_rows_along_but_not_its_model(store, sara, model):
    job, _ = submit(store, sara)
    run(store, job.id)
    end(store, job.id, 1)
    made = model.model_copy(update={"job_id": job.id})
    store.write(lambda s: models.insert(s, sara, made))
    store.write(lambda s: jobs.delete(s, sara, job.id))
    assert store.read(lambda s: events.after(s, sara, 0, [f"job:{job.id}"], 100)) == []
    assert store.read(lambda s: models.by_job(s, sara, job.id))[0].id == made.id


def test_counting_who_works(store, sara):
    assert not store.read(jobs.unfinished)
    job, _ = submit(store, sara)
    assert (store.read(jobs.unfinished), store.read(jobs.active_count)) == (True, 0)
    run(store, job.id)
    assert store.read(jobs.active_count) == 1
    assert store.read(lambda s: jobs.owner(s, job.id)) == sara
    with pytest.raises(NotFound):
        store.read(lambda s: jobs.owner(s, "none"))


def test_samples_of_a_resumed_job_are_replaced_from_its_checkpoint_on(store, sara, omid):
    job, _ = submit(store, sara)
    written = [(10, "یک"), (20, "دو"), (30, "سه"), (20, "دوباره دو")]

    def write(session):
        for step, text in written:
            data = {"step": step, "prompt": "", "text": text, "temperature": 0.8}
            events.append(session, sara, f"job:{job.id}", EventType.SAMPLE, data)

    store.write(write)
    found = store.read(lambda s: jobs.samples(s, sara, job.id))
    assert [(one.step, one.text) for one in found] == [(10, "یک"), (20, "دوباره دو")]
    with pytest.raises(NotFound):
        store.read(lambda s: jobs.samples(s, omid, job.id))
