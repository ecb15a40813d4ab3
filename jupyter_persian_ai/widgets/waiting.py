"""Waiting for a job of a dataset: shows how far it is, and stops it when one no longer wants it.

Owns the waiting alone; must not know what is done with the result.
"""

from __future__ import annotations

import contextlib

from ..client import Client
from ..client.remote_errors import from_body
from ..errors import Conflict, PersianAIError
from ..protocol.events import EventType
from ..protocol.jobs import Job, JobState
from .meter import Meter, show_job

#: Seconds after which a job is asked for again even when no event says so: first, and later.
_FIRST_RECHECK, _RECHECK = 0.5, 5.0


def finished(client: Client, job: Job, where: Meter, *, persian: bool) -> Job:
    """The job when it has ended well. Interrupting stops the job too.

    Raises:
        PersianAIError: the job failed; this is why.
        Conflict: somebody stopped it.

    """
    follower = client.follow([f"job:{job.id}"], job.seq)
    wait = _FIRST_RECHECK
    try:
        while not job.state.ended:
            show_job(where, job, persian=persian)
            events = follower.take(wait)
            wait = _RECHECK if events else min(2 * wait, _RECHECK)
            if follower.stale:
                job = client.dataset_jobs.get(job.id)
                follower.restart(job.seq)
            elif not events or any(
                event.type in {EventType.STATE, EventType.PROGRESS} for event in events
            ):
                job = client.dataset_jobs.get(job.id)
    except KeyboardInterrupt:
        with contextlib.suppress(PersianAIError):  # it may have ended in this very moment
            client.dataset_jobs.stop(job.id)
        raise
    finally:
        follower.close()
    show_job(where, job, persian=persian)
    if job.state is JobState.FAILED and job.error is not None:
        raise from_body(job.error)
    if job.state is not JobState.COMPLETED:
        raise Conflict(
            reason=f"this job is {job.state.value}", reason_fa="این کار پیش از پایان متوقف شد"
        )
    return job
