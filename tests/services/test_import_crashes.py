"""An import whose server or worker is killed: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from jupyter_persian_ai.jobs import lease, processes
from jupyter_persian_ai.jobs.root import root_id
from jupyter_persian_ai.protocol.base import new_id
from jupyter_persian_ai.protocol.versions import ImportAsk
from jupyter_persian_ai.services.contents import Contents
from jupyter_persian_ai.services.dataset_imports import Imports
from jupyter_persian_ai.services.hub_settings import HubWay
from jupyter_persian_ai.services.hub_threads import HubThreads
from jupyter_persian_ai.services.queueing import Queue
from jupyter_persian_ai.services.uploads import Uploads
from jupyter_persian_ai.services.user_file import UserFiles
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import Store, datasets, jobs, users, versions

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
ROWS = 20_000


def until_gone(process):
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "its end")


def until(condition, what):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"still not: {what}")


@pytest.fixture
def place(tmp_path):
    """A data root, a user, a file to import, and servers that can be killed."""
    settings = Settings(data_dir=tmp_path / "root", disk_reserve_bytes=0)
    settings.data_dir.mkdir()
    store = Store.open(settings.url)
    user = store.write(lambda s: users.ensure(s, "سارا"))
    file = tmp_path / "a.jsonl"
    text = "".join(json.dumps({"text": f"سطر شمارهٔ {n} " * 20}) + "\n" for n in range(ROWS))
    file.write_text(text)
    root = settings.data_dir
    way = HubWay(UserFiles(root / "ways"), UserFiles(root / "secrets"), root / "hub", HubThreads())
    queue = Queue(store, SimpleNamespace(poke=lambda: None), root_id(root))
    imports = Imports(store, settings, queue, Uploads(settings), Contents(settings), way)
    servers = []

    def serve():
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("service_for_tests.py"), settings.data_dir],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        servers.append(process)
        assert process.stdout.readline() == "open\n"
        return process

    def submit(**asked):
        ask = ImportAsk(path=str(file), **asked)
        return asyncio.run(imports.submit(user, ask, new_id()))[0].id

    def job(job_id):
        return store.read(lambda s: jobs.get(s, user, job_id))

    def folder(job_id, attempt=1):
        return settings.data_dir / "jobs" / job_id / str(attempt)

    def worker(job_id, attempt=1):
        """The worker, and the confined child that reads, held in the middle of its work."""
        holder = until(lambda: lease.alive(folder(job_id, attempt)), "a living worker")
        found = psutil.Process(holder.pid)
        child = until(lambda: next(iter(found.children()), None), "a child that reads")
        child.suspend()
        return found, child

    def kept():
        return store.read(lambda s: datasets.page(s, user).items)

    yield SimpleNamespace(**locals())
    for process in servers:
        end(process)
    for path in settings.data_dir.glob("jobs/*/*"):
        with suppress(psutil.Error):
            processes.kill(path)
    store.close()


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()


def assert_whole(place, job_id):
    job = place.job(job_id)
    assert job.state.value == "completed", job.error
    (dataset,) = place.kept()
    assert (dataset.id, dataset.report.stats.rows) == (job.result["dataset_id"], ROWS)
    version, path = place.store.read(lambda s: versions.get(s, place.user, dataset.id))
    assert version.number == 1
    with (Path(path) / "rows.jsonl").open("rb") as rows:
        assert sum(1 for _ in rows) == ROWS
    assert [one.name for one in (place.settings.data_dir / "datasets").iterdir()] == [
        dataset.sha256
    ]


def test_kill_9_of_the_server_in_the_middle(place):
    server = place.serve()
    job_id = place.submit(keep=True)
    _, child = place.worker(job_id)
    end(server)
    child.resume()
    place.serve()
    until(lambda: place.job(job_id).state.ended, "an end")
    assert place.job(job_id).attempt == 1
    assert_whole(place, job_id)


def test_an_import_that_ended_while_no_server_was_there(place):
    server = place.serve()
    job_id = place.submit(keep=True)
    worker, child = place.worker(job_id)
    end(server)
    child.resume()
    until_gone(worker)
    assert place.kept() == []
    place.serve()
    until(lambda: place.job(job_id).state.ended, "an end")
    assert_whole(place, job_id)


def test_kill_9_of_the_worker_takes_its_reader_along_and_begins_again(place):
    place.serve()
    job_id = place.submit(keep=True)
    worker, child = place.worker(job_id)
    worker.send_signal(signal.SIGKILL)
    child.resume()
    until_gone(child)
    until(lambda: place.job(job_id).state.ended, "an end")
    assert place.job(job_id).attempt == 2
    assert_whole(place, job_id)
    assert not (place.folder(job_id) / "rows").exists()


def test_content_that_was_moved_but_not_told_of(place):
    """The server dies after the rename and before the commit: the last word is taken again."""
    server = place.serve()
    job_id = place.submit(keep=True)
    worker, child = place.worker(job_id)
    end(server)
    child.resume()
    until_gone(worker)
    lines = (place.folder(job_id) / "spool.jsonl").read_text().splitlines()
    sha256 = json.loads(lines[-1])["data"]["result"]["sha256"]
    (place.folder(job_id) / "rows").rename(place.settings.data_dir / "datasets" / sha256)
    place.serve()
    until(lambda: place.job(job_id).state.ended, "an end")
    assert_whole(place, job_id)


def test_a_stop_ends_the_reader_and_keeps_nothing(place):
    place.serve()
    job_id = place.submit(keep=True)
    _, child = place.worker(job_id)
    place.store.write(lambda s: jobs.request_stop(s, place.user, job_id))
    until(lambda: place.job(job_id).state.ended, "an end")
    assert place.job(job_id).state.value == "stopped"
    until_gone(child)
    assert place.kept() == []
    place.store.write(lambda s: jobs.retry(s, place.user, job_id))
    until(lambda: place.job(job_id).state.value == "completed", "completed")
    assert_whole(place, job_id)
