"""Where we are shown: in a kernel whose front end draws widgets, in a terminal, or nowhere.

Owns the one-line progress for places without a display. Must not talk to the service.
"""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from ..persian.digits import grouped
from ..protocol.jobs import Job, JobState

_STATES = {
    JobState.QUEUED: ("queued", "در صف"),
    JobState.STARTING: ("starting", "در حال آغاز"),
    JobState.LOADING: ("loading", "در حال بار شدن"),
    JobState.RUNNING: ("running", "در حال آموزش"),
    JobState.COMPLETED: ("completed", "پایان یافت"),
    JobState.FAILED: ("failed", "ناکام ماند"),
    JobState.STOPPED: ("stopped", "متوقف شد"),
}
_PAUSED = ("paused", "مکث‌شده")


def kernel() -> Any | None:
    """The ipykernel we run in, or `None` in a terminal, a script or a test."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - not loaded outside IPython

    return getattr(get_ipython(), "kernel", None)


def cell() -> int:
    """Number of the cell that runs; 0 outside IPython."""
    if "IPython" not in sys.modules:
        return 0
    from IPython import get_ipython  # noqa: PLC0415

    return int(getattr(get_ipython(), "execution_count", 0) or 0)


def sentence(job: Job, *, persian: bool = False) -> str:
    """Where a job stands, in one line: state, steps, loss, speed, time left."""
    progress, loss = job.progress, job.latest.get("loss")
    running = job.state is JobState.RUNNING
    paused = job.state is JobState.STOPPED and job.reason == "paused"
    parts = [(_PAUSED if paused else _STATES[job.state])[persian]]
    if progress.total:
        of = ("step {}/{}", "گام {} از {}")[persian]
        parts.append(of.format(_number(progress.done, persian), _number(progress.total, persian)))
    if loss is not None:
        parts.append(("loss {}", "خطا {}")[persian].format(_number(loss, persian, 3)))
    if running and progress.speed:
        speed = _number(progress.speed, persian)
        parts.append(("{} tokens/s", "{} توکن در ثانیه")[persian].format(speed))
    if running and progress.eta_seconds is not None:
        parts.append(_left(progress.eta_seconds, persian=persian))
    return ("، " if persian else ", ").join(parts)


def _number(value: float, persian: bool, decimals: int = 0) -> str:
    return grouped(value, decimals, "persian" if persian else "latin")


def _left(seconds: float, *, persian: bool) -> str:
    minutes, rest = (_number(part, persian) for part in divmod(round(seconds), 60))
    if seconds < 60:
        return ("{} s left", "{} ثانیه مانده")[persian].format(rest)
    return ("{} min {} s left", "{} دقیقه و {} ثانیه مانده")[persian].format(minutes, rest)


class ProgressLine:
    """One line that is written over where it can be, and now and then a new line elsewhere."""

    def __init__(self, name: str, *, persian: bool, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._overwrites = kernel() is not None or self._out.isatty()
        # Terminals rarely order Persian right; a browser does.
        self._persian = persian and kernel() is not None
        self._name = name
        self._width = 0
        self._shown: tuple[str, int] | None = None
        self._last = 0.0

    def show(self, job: Job) -> None:
        """Say where the job stands, if that is news."""
        tenth = 10 * job.progress.done // job.progress.total if job.progress.total else 0
        news = (job.state.value, tenth)
        moment = time.monotonic()
        if self._overwrites:
            if news == self._shown and moment - self._last < 0.5:
                return
        elif news == self._shown:
            return
        self._shown, self._last = news, moment
        line = f"{self._name}: {sentence(job, persian=self._persian)}"
        if self._overwrites:
            self._out.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._overwrites and self._width:
            self._out.write("\n")
            self._out.flush()
