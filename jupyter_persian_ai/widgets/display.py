"""Where we are shown, and how a job's state is said in one line.

A kernel whose front end draws widgets, a terminal, or nowhere. Must not talk to the service.
"""

from __future__ import annotations

import sys
from typing import Any

from ..persian.digits import grouped
from ..protocol.jobs import Job, JobKind, JobState, Progress

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


#: What a job that trains nothing does while it runs, by recipe.
_DOING = {
    "import": ("reading", "در حال خواندن"),
    "version": ("making a version", "در حال ساختن نسخه"),
    "split": ("splitting", "در حال بخش کردن"),
    "near_duplicates": ("comparing rows", "در حال سنجیدن سطرها با هم"),
    "hub": ("downloading", "در حال دانلود"),
    "convert": ("converting", "در حال تبدیل"),
    "gguf": ("converting", "در حال تبدیل"),
    "merge": ("merging", "در حال ادغام"),
    "export": ("exporting", "در حال برون‌بری"),
    "push": ("sending", "در حال فرستادن"),
    "pack": ("packing", "در حال بسته‌بندی"),
    "unpack": ("unpacking", "در حال باز کردن بسته"),
}
_UNITS = {
    "step": ("step {}/{}", "گام {} از {}"),
    "byte": ("{} of {}", "{} از {}"),
    "row": ("row {} of {}", "سطر {} از {}"),
}


def sentence(job: Job, *, persian: bool = False) -> str:
    """Where a job stands, in one line: state, how far, loss, speed, time left."""
    loss = job.latest.get("loss")
    running = job.state is JobState.RUNNING
    state = _STATES[job.state]
    if running and job.kind is not JobKind.TRAINING:
        state = _DOING.get(job.recipe, ("working", "در حال کار"))
    if job.state is JobState.STOPPED and job.reason == "paused":
        state = _PAUSED
    parts = [state[persian], *reached(job.progress, persian=persian)]
    if loss is not None:
        parts.append(("loss {}", "خطا {}")[persian].format(_number(loss, persian, 3)))
    if running:
        parts += pace(job.progress, persian=persian, tokens=job.kind is JobKind.TRAINING)
    return ("، " if persian else ", ").join(parts)


def reached(progress: Progress, *, persian: bool) -> list[str]:
    """How far it is, where that is known."""
    if not progress.total:
        return []
    show = amount if progress.unit == "byte" else _number
    done, total = show(progress.done, persian), show(progress.total, persian)
    return [_UNITS.get(progress.unit, _UNITS["step"])[persian].format(done, total)]


def pace(progress: Progress, *, persian: bool, tokens: bool = False) -> list[str]:
    """How fast it goes and how long it will take, as far as that is known."""
    parts = []
    if progress.speed and tokens:
        speed = _number(progress.speed, persian)
        parts.append(("{} tokens/s", "{} توکن در ثانیه")[persian].format(speed))
    elif progress.speed and progress.unit == "byte":
        parts.append(("{}/s", "{} در ثانیه")[persian].format(amount(progress.speed, persian)))
    if progress.eta_seconds is not None:
        parts.append(_left(progress.eta_seconds, persian=persian))
    return parts


#: Each is a thousand of the one before, as in the panel.
_BYTES = (("B", "بایت"), ("kB", "کیلوبایت"), ("MB", "مگابایت"), ("GB", "گیگابایت"))


def amount(count: float, persian: bool = False) -> str:
    """Bytes for people: `3.4 MB`, «۳٫۴ مگابایت»."""
    value = float(count)
    for unit in _BYTES:
        if value < 1000 or unit is _BYTES[-1]:
            digits = 0 if unit is _BYTES[0] else 1
            return f"{_number(value, persian, digits)} {unit[persian]}"
        value /= 1000
    raise AssertionError("the last unit takes everything")


def _number(value: float, persian: bool, decimals: int = 0) -> str:
    return grouped(value, decimals, "persian" if persian else "latin")


def _left(seconds: float, *, persian: bool) -> str:
    minutes, rest = (_number(part, persian) for part in divmod(round(seconds), 60))
    if seconds < 60:
        return ("{} s left", "{} ثانیه مانده")[persian].format(rest)
    return ("{} min {} s left", "{} دقیقه و {} ثانیه مانده")[persian].format(minutes, rest)
