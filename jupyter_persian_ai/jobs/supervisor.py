"""The supervisor: starts workers, watches them, takes what they report, and lets them be.

A thread of the server's process. It owns no job's state, only what it has seen of the running
ones; everything that matters is in the ledger and in the attempt folders, so it may be killed at
any moment, and the next one adopts the workers that went on. Only the holder of
`supervisor.lock` in the data root supervises; the others keep asking for it.

It must not wait for a worker, and a failure with one job must not keep it from the others.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from filelock import FileLock, Timeout

from ..errors import Busy, DiskFull, PersianAIError
from ..paths import private_folder
from ..protocol.jobs import JobKind, JobSpec
from ..settings import Settings
from . import launcher
from .ledger import Ledger, LedgerMaker, Start
from .root import root_id
from .run import Run

log = logging.getLogger(__name__)

LOCK = "supervisor.lock"
#: How often the tables are read without being poked: other servers may have written.
REFRESH_SECONDS = 1.0
#: How many jobs of one user work at once, of kinds for which nobody chooses: they wait neither
#: for trainings nor for each other's kind.
CONCURRENT = {JobKind.DOWNLOAD: 2, JobKind.DATASET: 2, JobKind.MODEL: 1, JobKind.BUNDLE: 1}
#: Longest wait before the next attempt of a job whose attempts get nowhere.
MAX_BACKOFF_SECONDS = 8.0

#: One line for the stdin of this job's worker, such as a Hub token; None for nothing.
Secret = Callable[[str, JobSpec], str | None]
#: How many jobs of a kind a user lets work at once; None for the default.
AtOnce = Callable[[str, JobKind], int | None]


class Supervisor:
    """Supervises the jobs of one data root. `start` and `stop` it once."""

    def __init__(
        self,
        store: LedgerMaker,
        settings: Settings,
        *,
        on_change: Sequence[Any] = (),
        entry_points: Mapping[tuple[str, str], str] | None = None,
        secret: Secret | None = None,
        at_once: AtOnce | None = None,
    ) -> None:
        """`on_change(session, job)` runs in the transaction of each change of state.

        `entry_points` adds recipes (`(kind, recipe)` to `module:function`) that workers can
        import; `secret` is asked at each launch, `at_once` in each round.
        """
        self._settings = settings
        self._entry_points = dict(entry_points or {})
        self._secret = secret
        self._at_once = at_once
        self._jobs_dir = settings.data_dir / "jobs"
        private_folder(settings.data_dir)
        self.root_id = root_id(settings.data_dir)
        self._ledger: Ledger = store.ledger(self.root_id, self._jobs_dir, on_change)
        self._lock = FileLock(settings.data_dir / LOCK, thread_local=False)
        self._runs: dict[str, Run] = {}
        self._fruitless: dict[str, int] = {}
        self._wake = threading.Event()
        self._closing = False
        self._look = True
        self._looked_at = float("-inf")
        self._thread: threading.Thread | None = None
        #: Why the last round failed; None when it went well.
        self.trouble: PersianAIError | None = None

    @property
    def supervising(self) -> bool:
        """Whether this one holds the data root's lock."""
        return self._lock.is_locked

    @property
    def worker_count(self) -> int:
        """How many jobs this supervisor has workers for."""
        return len(self._runs)

    async def start(self) -> None:
        """Begin to supervise, or to wait for the present supervisor to go."""
        launcher.reap()
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Stop supervising. Workers go on; the next supervisor adopts them."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        for run in self._runs.values():
            run.leave()
        self._runs.clear()
        self._lock.release(force=True)

    def poke(self) -> None:
        """Look at the tables now: something was submitted, stopped, or set. Any thread."""
        self._look = True
        self._wake.set()

    def _loop(self) -> None:
        while not self._closing:
            wait = REFRESH_SECONDS
            try:
                if self._take_lock():
                    self._round()
                    if self._runs:
                        wait = self._settings.poll_seconds
                self.trouble = None
            except (Busy, DiskFull) as error:  # workers go on; their spools keep everything
                if self.trouble is None:
                    log.warning("supervising pauses: %s", error)
                self.trouble = error
            except Exception as error:
                log.exception("a round of supervising failed")
                self.trouble = PersianAIError(reason=str(error))
            self._wake.wait(wait)
            self._wake.clear()

    def _take_lock(self) -> bool:
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        self._look = True
        return True

    def _round(self) -> None:
        moment = time.monotonic()
        if self._look or moment - self._looked_at >= REFRESH_SECONDS:
            self._look, self._looked_at = False, moment
            self._adopt()
            self._launch_waiting()
        for run in tuple(self._runs.values()):
            try:
                self._attend(run)
            except OSError:  # a folder that was removed, a disk that fails: its own trouble
                log.exception("job %s cannot be attended to", run.job_id)

    def _attend(self, run: Run) -> None:
        run.take()
        if run.over:
            if run.gone():
                self._forget(run)
        elif run.dead:
            self._bury(run)
        elif run.start is not None:
            self._launch_when_due(run)
        elif run.stopping:
            run.press(self._settings.stop_grace_seconds)

    def _adopt(self) -> None:
        """Make the runs that the ledger knows of ours, and learn which are to stop."""
        standing = {one.job_id: one for one in self._ledger.active()}
        for one in standing.values():
            run = self._runs.get(one.job_id)
            if run is None:
                log.info("adopting job %s, attempt %d", one.job_id, one.attempt)
                self._runs[one.job_id] = Run(self._ledger, self._jobs_dir, one)
            elif run.attempt == one.attempt:
                run.stopping = one.stopping
        for run in self._runs.values():
            if run.job_id not in standing and not run.over:
                run.refuse()

    def _launch_waiting(self) -> None:
        counts: dict[tuple[str, JobKind], int] = {}
        for run in self._runs.values():
            key = (run.user_id, run.kind)
            counts[key] = counts.get(key, 0) + 1
        for one in self._ledger.waiting():
            key = (one.user_id, one.kind)
            chosen = one.concurrent or self._settings.concurrent_jobs
            limit = CONCURRENT.get(one.kind, chosen)
            if self._at_once is not None:
                limit = self._at_once(one.user_id, one.kind) or limit
            if counts.get(key, 0) >= limit:
                continue
            start = self._ledger.start(one.job_id)
            if start is not None:
                counts[key] = counts.get(key, 0) + 1
                self._fruitless.pop(one.job_id, None)
                self._launch(Run.of_start(self._ledger, self._jobs_dir, start))

    def _launch_when_due(self, run: Run) -> None:
        if run.stopping or self._closing:
            self._died(run, "it had not begun", None)
        elif time.monotonic() >= run.due:
            self._launch(run)

    def _launch(self, run: Run) -> None:
        """Start the worker of a run that was decided on."""
        earlier = self._runs.get(run.job_id)
        if earlier is not None and earlier is not run:
            earlier.leave()  # it has had its last word, and was asked for anew before it went
        self._runs[run.job_id] = run
        start = run.start
        if start is None:
            return
        key = (start.spec.kind.value, start.spec.recipe)
        try:
            run.worker = launcher.launch(
                start,
                entry_point=self._entry_points.get(key),
                secret=self._secret(start.user_id, start.spec) if self._secret else None,
                disk_reserve_bytes=self._settings.disk_reserve_bytes,
            )
            run.start = None
        except PersianAIError as error:
            self._died(run, "it could not be started", error)
        except OSError as error:
            log.warning("a worker could not be started: %s", error)
            self._died(run, f"it could not be started: {error.strerror}", None)

    def _bury(self, run: Run) -> None:
        """A worker died without a word: kill what it left, then go on from its checkpoint."""
        cause, error = run.cause_of_death()
        if run.gone():
            self._died(run, cause, error)

    def _died(self, run: Run, cause: str, error: PersianAIError | None) -> None:
        restarts = self._settings.automatic_restarts
        start = self._ledger.died(run.job_id, run.attempt, cause, restarts, error)
        self._forget(run)
        if start is not None:
            self._again(start)

    def _again(self, start: Start) -> None:
        job_id = start.spec.job_id
        tries = self._fruitless[job_id] = self._fruitless.get(job_id, -1) + 1
        run = Run.of_start(self._ledger, self._jobs_dir, start)
        run.due = time.monotonic() + min(MAX_BACKOFF_SECONDS, 0.25 * 2**tries if tries else 0.0)
        self._runs[job_id] = run

    def _forget(self, run: Run) -> None:
        self._runs.pop(run.job_id, None)
        self.poke()  # a place is free


__all__ = ["Supervisor"]
