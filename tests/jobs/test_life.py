"""The ordinary life of a job, with real workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_persian_ai.jobs import metrics_curve, metrics_file
from jupyter_persian_ai.protocol.events import EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.store import jobs


def test_a_job_runs_to_its_end_and_tells_everything(place):
    place.supervise()
    job_id = place.submit("count", steps=20)
    job = place.wait(job_id, "completed")
    assert place.states(job_id) == ["starting", "loading", "running", "completed"]
    assert [change[0] for change in place.changes] == place.states(job_id)
    assert job.progress.done == 20
    assert job.latest["loss"] == pytest.approx(0.05)
    assert job.best["loss"] == pytest.approx(0.05)
    assert job.sample.prompt == "بنی‌آدم"
    assert job.result["figures"] == {"loss": 0.05}
    assert job.started <= job.ended
    kept = place.store.read(lambda s: jobs.checkpoints(s, place.user, job_id))
    assert [one.step for one in kept] == [5, 10, 15, 20]
    assert [one.best for one in kept] == [False, False, False, True]
    seqs = [event.seq for event in place.events(job_id)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_points_of_events_and_curve_are_the_same(place):
    place.supervise()
    job_id = place.submit("count", steps=30)
    place.wait(job_id, "completed")
    shown = []
    for event in place.events(job_id):
        if event.type is EventType.METRICS:
            folder = place.folder(job_id, event.data["attempt"])
            shown += metrics_file.read(folder, event.data["first"], event.data["count"])
    assert [step for name, step, _ in shown if name == "loss"] == list(range(1, 31))
    extents, seq = place.store.read(lambda s: jobs.metric_extents(s, place.user, job_id))
    curves = {one.name: one for one in metrics_curve.curve(extents, None, 1000)}
    assert curves["loss"].steps == list(range(1, 31))
    assert seq == place.job(job_id).seq


def test_failures_come_in_both_languages(place):
    place.supervise()
    diverged = place.wait(place.submit("diverges"), "failed")
    assert diverged.error.code == "training_diverged"
    assert diverged.error.message_fa
    broken = place.wait(place.submit("broken"), "failed")
    assert broken.error.code == "internal_error"
    assert broken.error.details["exception"] == "ValueError"
    printed = (place.folder(broken.id) / "worker.log").read_text()
    assert "Traceback" in printed


def test_a_cooperative_stop_and_a_resume_from_the_checkpoint(place):
    place.supervise()
    job_id = place.submit("count", steps=60, delay=0.05, every=5)
    place.wait(job_id, "running")
    place.until(lambda: place.job(job_id).progress.done >= 7)
    asked = place.ask(jobs.request_stop, job_id)
    assert asked.stopping
    stopped = place.wait(job_id, "stopped")
    assert not stopped.stopping
    assert stopped.attempt == 1
    resumed = place.ask(jobs.resume, job_id)
    assert resumed.state in {JobState.QUEUED, JobState.STARTING}
    done = place.wait(job_id, "completed")
    assert done.attempt == 2
    begins = [line for line in place.logs(job_id) if line.startswith("from step")]
    assert begins[0] == "from step 0"
    assert int(begins[1].split()[-1]) >= 5


def test_a_pause_ends_as_paused_and_a_resume_goes_on(place):
    place.supervise()
    job_id = place.submit("count", steps=60, delay=0.05, every=5)
    place.wait(job_id, "running")
    place.until(lambda: place.job(job_id).progress.done >= 7)
    assert place.ask(jobs.request_pause, job_id).pausing
    paused = place.wait(job_id, "stopped")
    assert (paused.reason, paused.pausing, paused.stopping) == ("paused", False, False)
    place.ask(jobs.resume, job_id)
    done = place.wait(job_id, "completed")
    assert (done.attempt, done.reason, done.progress.done) == (2, "", 60)


def test_evaluations_of_any_size_and_notices_reach_the_job(place):
    place.supervise()
    job_id = place.submit("tells_labels_apart", labels=1500)
    job = place.wait(job_id, "completed")
    assert (len(job.evaluation.labels), job.evaluation.others) == (20, 1480)
    assert len(job.evaluation.confusion) == 21
    assert sum(map(sum, job.evaluation.confusion)) == 9 * 1500 + 4
    (notice,) = job.notices
    assert (notice.code, notice.step, notice.attempt) == ("divergence", 5, 1)
    assert (notice.message.en, notice.message.fa) == ("line one line two", "خطا بالا رفت")


def test_a_retry_starts_over_and_keeps_the_files(place):
    place.supervise()
    job_id = place.submit("count", steps=10, kill_at={"1": 8, "2": 8, "3": 8, "4": 8, "5": 8})
    place.wait(job_id, "failed")
    place.ask(jobs.retry, job_id)
    job = place.wait(job_id, "completed")
    begins = [line for line in place.logs(job_id) if line.startswith("from step")]
    assert begins[-1] == "from step 0"
    kept = place.store.read(lambda s: jobs.checkpoints(s, place.user, job_id))
    assert {one.attempt for one in kept} == {job.attempt}
    assert list(Path(place.folder(job_id)).glob("checkpoints-before-*/step-*"))


def test_the_queue_and_its_places(place):
    place.supervise()
    first = place.submit("count", steps=2000, delay=0.01)
    place.wait(first, "running")
    others = [place.submit("count", steps=3) for _ in range(3)]
    assert [place.job(one).queue_position for one in others] == [1, 2, 3]
    place.ask(jobs.request_stop, others[0])
    assert place.job(others[0]).state is JobState.STOPPED
    assert [place.job(one).queue_position for one in others] == [None, 1, 2]
    told = [e.data["queue_position"] for e in place.events(others[2]) if e.type is EventType.STATE]
    assert told == [2]
    place.ask(jobs.request_stop, first)
    for one in others[1:]:
        assert place.wait(one, "completed").queue_position is None
    assert place.job(others[1]).ended <= place.job(others[2]).started


def test_downloads_at_once_are_as_many_as_the_user_chose(place):
    from jupyter_persian_ai.protocol.jobs import JobKind

    chosen = {JobKind.DOWNLOAD: 1}
    supervisor = place.supervise(at_once=lambda user_id, kind: chosen.get(kind))
    first, second = (
        place.submit("count", kind="download", steps=2000, delay=0.01) for _ in range(2)
    )
    place.wait(first, "running")
    assert place.job(second).state is JobState.QUEUED
    training = place.submit("count", steps=2)
    place.wait(training, "completed")
    assert place.job(second).state is JobState.QUEUED
    chosen[JobKind.DOWNLOAD] = 2
    supervisor.poke()
    place.wait(second, "running")
    for one in (first, second):
        place.ask(jobs.request_stop, one)
        place.wait(one, "stopped")


def test_more_at_once_when_the_user_chose_so(place):
    from jupyter_persian_ai.protocol.service import UserSettingsPatch
    from jupyter_persian_ai.store import users

    place.store.write(
        lambda s: users.patch_settings(s, place.user, UserSettingsPatch(concurrent_jobs=2))
    )
    place.supervise()
    both = [place.submit("count", steps=2000, delay=0.01) for _ in range(2)]
    for one in both:
        place.wait(one, "running")
    third = place.submit("count", steps=1)
    assert place.job(third).queue_position == 1
    download = place.submit("count", kind="download", steps=2)
    place.wait(download, "completed")
    for one in both:
        place.ask(jobs.request_stop, one)
    place.wait(third, "completed")
