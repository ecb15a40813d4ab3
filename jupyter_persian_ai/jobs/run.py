"""One attempt as its supervisor sees it: what it reported, whether it lives, how to end it.

Owns reading the attempt folder. Never decides on another attempt: that is the supervisor's.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from pathlib import Path

from ..errors import DiskFull, PersianAIError
from ..protocol.events import EventType
from ..protocol.jobs import JobState
from . import launcher, lease, metrics_file, processes, spool
from .ledger import Ledger, Report, Standing, Start
from .worker import EXIT_DISK_FULL, FENCE, STOP

#: Points are taken this often at most, which bounds their events to ten a second.
POINTS_SECONDS = 0.1
#: The most points of one transaction.
POINTS_PER_REPORT = 20_000
#: How often the life of a worker that is not our child is looked up.
LOOK_SECONDS = 0.25
#: A worker that has reported its end may take this long to go.
LINGER_SECONDS = 10.0


class Run:
    """One attempt under supervision."""

    def __init__(self, ledger: Ledger, jobs_dir: Path, standing: Standing) -> None:
        self.job_id = standing.job_id
        self.user_id = standing.user_id
        self.kind = standing.kind
        self.attempt = standing.attempt
        self.stopping = standing.stopping
        self.folder = jobs_dir / standing.job_id / str(standing.attempt)
        #: Decided on but not launched yet, and when it is due (monotonic seconds).
        self.start: Start | None = None
        self.due = 0.0
        self.worker: subprocess.Popen[bytes] | None = None
        #: It has reported its end, or no longer counts: only its processes are left to go.
        self.over = False
        #: Its process has ended, and everything that it reported was taken.
        self.dead = False
        self._ledger = ledger
        self._offset = standing.offset
        self._points = standing.metrics_count
        self._points_at = float("-inf")
        self._looked_at = float("-inf")
        self._alive = True
        self._over_at = 0.0
        self._pressed_at: float | None = None

    @classmethod
    def of_start(cls, ledger: Ledger, jobs_dir: Path, start: Start) -> Run:
        """The run of an attempt that is still to be launched."""
        spec = start.spec
        standing = Standing(spec.job_id, start.user_id, spec.kind, spec.attempt, False, 0, 0)
        run = cls(ledger, jobs_dir, standing)
        run.start = start
        return run

    def take(self) -> None:
        """Take everything new that the attempt reported, and note whether it lives."""
        if self.start is not None or self.over or self.dead:
            return
        # Life first: what a dead worker reported is all there before we read.
        ended = not self._lives()
        while self._take_once(ended):
            pass
        self.dead = ended and not self.over

    def refuse(self) -> None:
        """It no longer counts: fence it off."""
        self._end()
        with contextlib.suppress(OSError):
            (self.folder / FENCE).touch()

    def press(self, grace: float) -> None:
        """Ask it to stop; when it does not within `grace` seconds, kill all its processes."""
        moment = time.monotonic()
        if self._pressed_at is None:
            self._pressed_at = moment
            with contextlib.suppress(OSError):  # no folder, no room: then it is killed below
                (self.folder / STOP).touch()
        elif moment - self._pressed_at >= grace:
            processes.kill(self.folder)
            self._looked_at = float("-inf")

    def gone(self) -> bool:
        """Whether no process of it is left; those that linger after the end are killed."""
        if self.start is not None:
            return True
        if self.over and self._lives() and time.monotonic() - self._over_at < LINGER_SECONDS:
            return False
        if not processes.kill(self.folder):
            return False
        if self.worker is not None:
            self.worker.wait()
        return True

    def cause_of_death(self) -> tuple[str, PersianAIError | None]:
        """How it ended, in words for the log, and the error when it is one of ours."""
        code = self.worker.returncode if self.worker is not None else None
        if code is None:
            return "its process is gone", None
        if code == EXIT_DISK_FULL:
            return "the disk is full", DiskFull(needed="?", free="?")
        if code >= 0:
            return f"exit code {code}", None
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        hint = ", as when memory runs out" if name == "SIGKILL" else ""
        return f"killed by {name}{hint}", None

    def leave(self) -> None:
        """Let it go on without us."""
        if self.worker is not None and self.worker.poll() is None:
            launcher.detach(self.worker)

    def _take_once(self, ended: bool) -> bool:
        """One report; True when there may be more."""
        lines = spool.Batch([], self._offset, 0)
        if spool.size(self.folder) > self._offset:
            lines = spool.read(self.folder, self._offset)
        # Points are counted after the lines were read, so a line never overtakes its points.
        last_words = any(_ends(event.type, event.data) for event in lines.events)
        moment = time.monotonic()
        points_due = ended or last_words or moment - self._points_at >= POINTS_SECONDS
        new = metrics_file.count(self.folder) - self._points if points_due else 0
        if new > POINTS_PER_REPORT:  # catching up: first the points
            lines, new = spool.Batch([], self._offset, 0), POINTS_PER_REPORT
        if new <= 0 and lines.offset == self._offset:
            return False
        points = metrics_file.read(self.folder, self._points, new) if new > 0 else []
        report = Report(
            self.job_id,
            self.attempt,
            self._offset,
            lines.offset,
            lines.events,
            self._points,
            points,
            lines.damaged,
        )
        answer = self._ledger.ingest(report)
        if points:
            self._points_at = moment
        if answer.refused:
            self.refuse()
            return False
        self._offset, self._points = answer.offset, answer.metrics_count
        if answer.state.ended:
            self._end()
            return False
        return ended or len(points) == POINTS_PER_REPORT

    def _end(self) -> None:
        self.over = True
        self._over_at = time.monotonic()

    def _lives(self) -> bool:
        if self.worker is not None:
            return self.worker.poll() is None
        moment = time.monotonic()
        if moment - self._looked_at >= LOOK_SECONDS:
            self._looked_at = moment
            launcher.reap()
            if lease.holder(self.folder) is not None:
                self._alive = lease.alive(self.folder) is not None
            else:  # the server died right after launching it: it has yet to take its lease
                self._alive = bool(processes.of_attempt(self.folder))
        return self._alive


def _ends(type: EventType, data: dict[str, object]) -> bool:
    if type is not EventType.STATE:
        return False
    ending = {state.value for state in JobState if state.ended}
    return data.get("state") in ending
