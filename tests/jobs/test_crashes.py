"""What is left when something is killed, full, late or twice there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jupyter_persian_ai.jobs import lease, metrics_curve, metrics_file, spool
from jupyter_persian_ai.jobs.ledger import Report
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.events import Emitted, EventType
from jupyter_persian_ai.protocol.jobs import JobState
from jupyter_persian_ai.store import jobs

HERE = Path(__file__).parent


def server(place) -> subprocess.Popen[str]:
    """Another process that supervises the same data root."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server_for_tests.py"), str(place.settings.data_dir)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "supervising\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    process.stdout.close()


def assert_whole(place, job_id: str) -> None:
    """Every event once and in order; every point of every attempt told of once."""
    found = place.events(job_id)
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    told: dict[int, int] = {}
    for event in found:
        if event.type is EventType.METRICS:
            attempt = event.data["attempt"]
            assert event.data["first"] == told.get(attempt, 0)
            told[attempt] = event.data["first"] + event.data["count"]
    for attempt, count in told.items():
        assert count == metrics_file.count(place.folder(job_id, attempt))


def test_kill_9_of_the_worker_goes_on_from_the_checkpoint_by_itself(place):
    place.supervise()
    job_id = place.submit("count", steps=40, delay=0.05, every=5)
    worker = place.worker(job_id)
    place.until(lambda: place.job(job_id).progress.done >= 12)
    worker.kill()
    job = place.wait(job_id, "completed")
    assert job.attempt == 2
    begins = [line for line in place.logs(job_id) if line.startswith("from step")]
    assert int(begins[1].split()[-1]) >= 10
    assert ("starting", 2, "restarted") in place.changes
    assert any("SIGKILL" in line and "attempt 2" in line for line in place.logs(job_id))
    assert_whole(place, job_id)
    extents, _ = place.store.read(lambda s: jobs.metric_extents(s, place.user, job_id))
    curves = {one.name: one for one in metrics_curve.curve(extents, ["loss"], 1000)}
    assert curves["loss"].steps == list(range(1, 41))


def test_kill_9_of_the_server_leaves_the_worker_and_loses_nothing(place):
    first = server(place)
    job_id = place.submit("burst", lines=150, delay=0.02)
    worker = place.worker(job_id)
    place.until(lambda: len(place.logs(job_id)) > 10)
    end(first)
    seen = len(place.logs(job_id))
    place.until(lambda: spool.size(place.folder(job_id)) > 100 * seen)
    assert worker.is_running()
    second = server(place)
    try:
        job = place.wait(job_id, "completed")
        assert job.attempt == 1
        assert place.logs(job_id) == [f"line {n}" for n in range(150)]
        assert_whole(place, job_id)
    finally:
        end(second)


def test_many_kills_of_the_server_lose_nothing(place):
    job_id = place.submit("burst", lines=250, delay=0.01)
    kills = 0
    while not place.job(job_id).state.ended:
        process = server(place)
        known = len(place.events(job_id))
        place.until(
            lambda known=known: (
                place.job(job_id).state.ended or len(place.events(job_id)) > known + 5
            )
        )
        end(process)
        kills += 1
    assert kills >= 2
    assert place.job(job_id).state is JobState.COMPLETED
    assert place.job(job_id).attempt == 1
    assert place.logs(job_id) == [f"line {n}" for n in range(250)]
    assert_whole(place, job_id)


def test_a_worker_that_ended_while_no_server_was_there_is_taken_in(place):
    first = place.supervise()
    job_id = place.submit("burst", lines=100, delay=0.01)
    worker = place.worker(job_id)
    place.leave(first)
    psutil.wait_procs([worker], timeout=60)
    assert not place.job(job_id).state.ended
    place.supervise()
    place.wait(job_id, "completed")
    assert place.logs(job_id) == [f"line {n}" for n in range(100)]
    assert_whole(place, job_id)


def test_a_worker_that_died_while_no_server_was_there_is_started_again(place):
    first = place.supervise()
    job_id = place.submit("count", steps=30, delay=0.05, every=5)
    worker = place.worker(job_id)
    place.until(lambda: place.job(job_id).progress.done >= 6)
    place.leave(first)
    worker.kill()
    place.supervise()
    job = place.wait(job_id, "completed")
    assert job.attempt == 2
    assert_whole(place, job_id)


def test_a_server_that_died_between_deciding_and_launching(place):
    """The ledger says `starting`, but there is neither folder nor process."""
    job_id = place.submit("count", steps=3)
    supervisor_id = (place.settings.data_dir / "root.id").read_text()
    ledger = place.store.ledger(supervisor_id, place.settings.data_dir / "jobs")
    assert ledger.start(job_id).spec.attempt == 1
    place.supervise()
    assert place.wait(job_id, "completed").attempt == 2


def test_a_worker_that_gets_nowhere_is_not_started_for_ever(make_place):
    place = make_place(automatic_restarts=2)
    place.supervise()
    job = place.wait(place.submit("dies"), "failed")
    assert job.error.code == "worker_died"
    assert job.error.message_fa
    assert job.attempt == 3
    resumed = place.ask(jobs.resume, job.id)
    assert resumed.error is None
    assert place.wait(job.id, "failed").attempt == 6


def test_a_forced_stop_leaves_no_orphan(place):
    place.supervise()
    job_id = place.submit("stubborn")
    said = place.until(lambda: [line for line in place.logs(job_id) if line.startswith("pids")])
    family = [psutil.Process(int(pid)) for pid in said[0].split()[1:]]
    assert len(family) == 3
    place.ask(jobs.request_stop, job_id)
    job = place.wait(job_id, "stopped")
    assert job.attempt == 1
    assert not psutil.wait_procs(family, timeout=20)[1]


def test_a_stopped_process_can_be_stopped(place):
    place.supervise()
    job_id = place.submit("count", steps=5000, delay=0.01)
    worker = place.worker(job_id)
    place.wait(job_id, "running")
    worker.suspend()
    place.ask(jobs.request_stop, job_id)
    place.wait(job_id, "stopped")
    psutil.wait_procs([worker], timeout=20)
    assert not worker.is_running()


def test_children_of_a_dead_worker_die_before_the_next_attempt(place):
    place.supervise()
    job_id = place.submit("stubborn")
    said = place.until(lambda: [line for line in place.logs(job_id) if line.startswith("pids")])
    family = [psutil.Process(int(pid)) for pid in said[0].split()[1:]]
    family[0].kill()
    place.until(lambda: place.job(job_id).attempt == 2)
    assert not psutil.wait_procs(family, timeout=20)[1]
    place.ask(jobs.request_stop, job_id)
    place.wait(job_id, "stopped")


def test_only_one_of_two_supervisors_supervises_and_the_other_takes_over(place):
    first = place.supervise()
    place.until(lambda: first.supervising)
    second = place.supervise()
    job_id = place.submit("burst", lines=100, delay=0.02)
    place.wait(job_id, "running")
    assert first.supervising
    assert not second.supervising
    assert (first.worker_count, second.worker_count) == (1, 0)
    place.leave(first)
    place.wait(job_id, "completed")
    assert second.supervising
    assert place.logs(job_id) == [f"line {n}" for n in range(100)]
    assert_whole(place, job_id)


def test_a_late_attempt_is_refused_and_fenced_off(place):
    supervisor = place.supervise()
    job_id = place.submit("count", steps=5000, delay=0.02)
    late = place.worker(job_id)
    place.wait(job_id, "running")
    late.suspend()
    place.leave(supervisor)
    # Another server, on a disk whose locks and process ids lie, believes it dead.
    ledger = place.store.ledger(supervisor.root_id, place.settings.data_dir / "jobs")
    start = ledger.died(job_id, 1, "believed dead", 3, None)
    assert start.spec.attempt == 2
    line = Emitted(n=10_000, time=now(), type=EventType.LOG, data={"message": "late"})
    answer = ledger.ingest(Report(job_id, 1, 0, 50, [line], 0, [("loss", 1, 0.0)]))
    assert answer.refused
    assert "late" not in place.logs(job_id)
    assert place.job(job_id).latest.get("loss") != 0.0
    (place.folder(job_id) / "fence").touch()
    late.resume()
    psutil.wait_procs([late], timeout=20)
    assert not late.is_running()


def test_a_report_counts_once_even_when_it_is_sent_twice(place):
    job_id = place.submit("count")
    ledger = place.store.ledger(
        (place.settings.data_dir / "root.id").read_text(), place.settings.data_dir / "jobs"
    )
    ledger.start(job_id)
    lines = [
        Emitted(n=1, time=now(), type=EventType.STATE, data={"state": "loading"}),
        Emitted(n=2, time=now(), type=EventType.LOG, data={"message": "once"}),
    ]
    report = Report(job_id, 1, 0, 100, lines, 0, [("loss", 1, 0.5)])
    first, again = ledger.ingest(report), ledger.ingest(report)
    assert (first.offset, first.metrics_count) == (again.offset, again.metrics_count) == (100, 1)
    assert place.logs(job_id) == ["once"]
    assert sum(event.type is EventType.METRICS for event in place.events(job_id)) == 1
    # Lines that were taken before are known by their number, wherever they are read from.
    ledger.ingest(Report(job_id, 1, 100, 200, lines, 1, []))
    assert place.logs(job_id) == ["once"]


def test_a_worker_cannot_break_its_own_ingest(place):
    job_id = place.submit("count")
    ledger = place.store.ledger(
        (place.settings.data_dir / "root.id").read_text(), place.settings.data_dir / "jobs"
    )
    ledger.start(job_id)
    bad = [
        (EventType.STATE, {"state": "nonsense"}),
        (EventType.STATE, {}),
        (EventType.STATE, {"state": "queued"}),
        (EventType.STATE, {"state": "completed"}),
        (EventType.STATE, {"state": "failed", "error": {"oops": 1}}),
        (EventType.PROGRESS, {"done": "much"}),
        (EventType.SAMPLE, {"text": 3}),
        (EventType.CHECKPOINT, {"step": None}),
        (EventType.LOG, {"message": "\x00 \ud800"}),
        (EventType.CREATED, {"id": "other"}),
        (EventType.LOG, {"message": "still here"}),
    ]
    lines = [Emitted(n=n, time=now(), type=t, data=d) for n, (t, d) in enumerate(bad, 1)]
    answer = ledger.ingest(Report(job_id, 1, 0, 10, lines, 0, [("loss", 1, None)]))
    assert (answer.refused, answer.state) == (False, JobState.STARTING)
    assert place.logs(job_id)[-1] == "still here"
    assert place.job(job_id).latest == {"loss": None}


def test_a_hook_with_a_bug_does_not_keep_a_job_from_ending(place, caplog):
    def bad(session, job):
        raise RuntimeError("a bug in a service")

    place.supervise(on_change=[bad, place.note])
    place.wait(place.submit("count", steps=2), "completed")
    assert place.changes[-1][0] == "completed"
    assert "a hook failed" in caplog.text


def test_a_torn_line_is_not_there_yet(tmp_path):
    writer = spool.Writer(tmp_path)
    writer.append(EventType.LOG, {"message": "یک‌خط"})
    whole = spool.size(tmp_path)
    with (tmp_path / spool.FILE).open("ab") as file:
        file.write(b'{"n":2,"time":"2026-01-01T00:00:00Z","type":"lo')
    batch = spool.read(tmp_path, 0)
    assert [event.n for event in batch.events] == [1]
    assert batch.events[0].data["message"] == "یک‌خط"
    assert batch.offset == whole
    assert spool.read(tmp_path, whole).offset == whole
    writer.close()


def test_a_worker_killed_in_the_middle_of_a_line(place):
    """The torn line is ignored, the next attempt goes on."""
    place.supervise()
    job_id = place.submit("count", steps=20, delay=0.05, every=5)
    worker = place.worker(job_id)
    place.until(lambda: place.job(job_id).progress.done >= 6)
    worker.suspend()
    with (place.folder(job_id) / spool.FILE).open("ab") as file:
        file.write(b'{"n":9999,"time":"2026-01-0')
    worker.kill()
    assert place.wait(job_id, "completed").attempt == 2
    assert_whole(place, job_id)


def test_damage_in_the_middle_of_a_spool_is_skipped(tmp_path):
    writer = spool.Writer(tmp_path)
    writer.append(EventType.LOG, {"message": "a"})
    with (tmp_path / spool.FILE).open("ab") as file:
        file.write(b"\x00\x00\x00\n")
    writer.append(EventType.LOG, {"message": "b"})
    writer.close()
    batch = spool.read(tmp_path, 0)
    assert ([event.data["message"] for event in batch.events], batch.damaged) == (["a", "b"], 1)


def test_a_full_disk_fails_the_job_and_keeps_its_checkpoints(place):
    place.supervise()
    job = place.wait(place.submit("fills_disk"), "failed")
    assert job.error.code == "disk_full"
    assert [p.name for p in place.folder(job.id).glob("checkpoints/*")] == ["step-00000005"]
    assert place.job(job.id).attempt == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_disk_too_full_even_to_say_so(place):
    place.supervise()
    job = place.wait(place.submit("no_room_to_speak"), "failed")
    assert job.error.code == "disk_full"
    assert [p.name for p in place.folder(job.id).glob("checkpoints/*")] == ["step-00000005"]
    assert place.logs(job.id)[0] == "from step 0"


def test_nothing_starts_on_a_disk_that_is_nearly_full(make_place):
    place = make_place(disk_reserve_bytes=2**60)
    place.supervise()
    job = place.wait(place.submit("count"), "failed")
    assert job.error.code == "disk_full"
    assert job.attempt == 1


def test_a_write_that_does_not_fit_leaves_nothing_behind(tmp_path):
    """A file size limit makes writes fail in the middle, as a full disk does."""
    script = f"""
import resource, signal, sys
from pathlib import Path
from jupyter_persian_ai.errors import DiskFull
from jupyter_persian_ai.jobs.emitter import Emitter
from jupyter_persian_ai.protocol.events import EventType
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
emit = Emitter(Path({str(tmp_path)!r}))
full = 0
for n in range(1000):
    for type, data in (
        (EventType.LOG, {{"message": "x" * (n % 90)}}),
        (EventType.METRICS, {{"step": n, "values": {{"a": 1.0, "b": 2.0, "c": 3.0}}}}),
    ):
        try:
            emit(type, data)
        except DiskFull:
            full += 1
print(full)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 500
    batch = spool.read(tmp_path, 0)
    assert batch.damaged == 0
    assert batch.offset == spool.size(tmp_path)
    assert [event.n for event in batch.events] == list(range(1, len(batch.events) + 1))
    assert (tmp_path / "metrics.bin").stat().st_size % (3 * 16) == 0


def test_a_lease_is_for_one_and_dies_with_its_holder(tmp_path):
    script = f"""
import time
from pathlib import Path
from jupyter_persian_ai.jobs import lease
held = lease.take(Path({str(tmp_path)!r}), 1)
print("held", flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        assert lease.alive(tmp_path).pid == process.pid
        with pytest.raises(lease.LeaseTaken):
            lease.take(tmp_path, 1)
        # Where locks silently do nothing, the living process still counts.
        (tmp_path / lease.LOCK).unlink()
        with pytest.raises(lease.LeaseTaken):
            lease.take(tmp_path, 1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert lease.alive(tmp_path) is None
    finally:
        end(process)
    lease.take(tmp_path, 2).release()


def test_a_process_id_that_is_used_again_is_not_the_holder(tmp_path):
    (tmp_path / lease.FILE).write_text(f'{{"pid": {os.getpid()}, "started": 1.0, "attempt": 1}}')
    assert lease.holder(tmp_path).pid == os.getpid()
    assert lease.alive(tmp_path) is None


def test_a_clock_that_was_set_does_not_make_a_living_worker_dead(place):
    supervisor = place.supervise()
    job_id = place.submit("burst", lines=100, delay=0.02)
    place.worker(job_id)
    place.leave(supervisor)
    held = place.folder(job_id) / lease.FILE
    wrong = lease.holder(place.folder(job_id))._replace(started=1.0)
    held.write_text(json.dumps(wrong._asdict()))
    place.supervise()
    assert place.wait(job_id, "completed").attempt == 1
    assert place.logs(job_id) == [f"line {n}" for n in range(100)]


def test_a_job_folder_that_was_removed_by_hand(place):
    place.supervise()
    job_id = place.submit("count", steps=5000, delay=0.02)
    worker = place.worker(job_id)
    place.wait(job_id, "running")
    worker.suspend()
    shutil.rmtree(place.folder(job_id))
    worker.resume()
    place.ask(jobs.request_stop, job_id)
    place.wait(job_id, "stopped", "failed")
