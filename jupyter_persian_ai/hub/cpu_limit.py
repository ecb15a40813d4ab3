"""Ends Python code that computes for too long, in the thread that runs it.

For templates of models, which are programs: `jinja2`'s sandbox keeps them from everything but
time. What runs in one call of C (a huge multiplication) is not interrupted; see `template_rules`.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_SECONDS = 0.05


class ComputedTooLong(Exception):
    """The code within `cpu_limit` used up its time."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """At most `seconds` of the processor for the block, by the clock of this thread alone.

    So a machine that is busy with something else ends nothing.

    Raises:
        ComputedTooLong: from within the block.

    """
    thread = threading.get_ident()
    ending, over = threading.Event(), threading.Event()
    watch = threading.Thread(
        target=_watch, args=(thread, _clock(thread), seconds, ending, over), daemon=True
    )
    watch.start()
    try:
        yield
    finally:
        ending.set()
        watch.join()
        if over.is_set():  # sent, and perhaps not taken yet: it must not hit what comes after
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)
    if over.is_set():
        raise ComputedTooLong


def _watch(
    thread: int,
    clock: Callable[[], float],
    seconds: float,
    ending: threading.Event,
    over: threading.Event,
) -> None:
    until = clock() + seconds
    while not ending.wait(_LOOK_SECONDS):
        if clock() >= until:
            over.set()
            kind = ctypes.py_object(ComputedTooLong)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)
            return


def _clock(thread: int) -> Callable[[], float]:
    """The processor time of `thread`; where it cannot be had, that of the whole process."""
    if hasattr(time, "pthread_getcpuclockid"):
        number = time.pthread_getcpuclockid(thread)
        return lambda: time.clock_gettime(number)
    return time.process_time
