"""Waiting for a job: shows how far it is until it ends.

Owns the waiting alone; must not know what is done with the result.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import Conflict, PersianAIError
from ..protocol.events import EventType
from ..protocol.jobs import Job, JobState
from .meter import Meter, show_job

#: Seconds after which a job is asked for again even when no event says so: first, and later.
_FIRST_RECHECK, _RECHECK = 0.5, 5.0
_TELLING = frozenset({EventType.STATE, EventType.PROGRESS})


def followed(
    client: Client,
    job: Job,
    ask: Callable[[], Job],
    show: Callable[[Job], None],
    *,
    timeout: float | None = None,
) -> Job:
    """The job when it has ended, or as it is after `timeout` seconds.

    `ask` gives it as it is now; `show` is called with each news, and at the end.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    follower = client.follow([f"job:{job.id}"], job.seq)
    pause = _FIRST_RECHECK
    try:
        while True:
            show(job)
            left = pause if deadline is None else min(pause, deadline - time.monotonic())
            if job.state.ended or left <= 0:
                return job
            events = follower.take(left)
            pause = _RECHECK if events else min(2 * pause, _RECHECK)
            if follower.stale:
                job = ask()
                follower.restart(job.seq)
            elif not events or any(event.type in _TELLING for event in events):
                job = ask()
    finally:
        follower.close()


def finished(client: Client, job: Job, where: Meter, *, persian: bool) -> Job:
    """The job of a dataset when it has ended well. Interrupting stops the job too.

    Raises:
        PersianAIError: the job failed; this is why.
        Conflict: somebody stopped it.

    """
    try:
        job = followed(
            client,
            job,
            lambda: client.dataset_jobs.get(job.id),
            lambda now: show_job(where, now, persian=persian),
        )
    except KeyboardInterrupt:
        with contextlib.suppress(PersianAIError):  # it may have ended in this very moment
            client.dataset_jobs.stop(job.id)
        raise
    if job.state is JobState.FAILED and job.error is not None:
        raise from_body(job.error)
    if job.state is not JobState.COMPLETED:
        raise Conflict(
            reason=f"this job is {job.state.value}", reason_fa="این کار پیش از پایان متوقف شد"
        )
    return job
