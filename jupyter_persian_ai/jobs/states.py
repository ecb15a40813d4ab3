"""The legal moves of a job: one pure table, and what a user may ask for in each state.

Owns no job and does no I/O; the store refuses every move that is not here, and a state machine
test walks it on both databases.
"""

from __future__ import annotations

from ..errors import Conflict
from ..protocol.jobs import JobState

_S = JobState

#: From each state, where a job may go next. A dead worker's job goes back to `starting`.
MOVES: dict[JobState, frozenset[JobState]] = {
    _S.QUEUED: frozenset({_S.STARTING, _S.STOPPED, _S.FAILED}),
    _S.STARTING: frozenset({_S.STARTING, _S.LOADING, _S.STOPPED, _S.FAILED}),
    _S.LOADING: frozenset({_S.STARTING, _S.RUNNING, _S.STOPPED, _S.FAILED}),
    _S.RUNNING: frozenset({_S.STARTING, _S.COMPLETED, _S.STOPPED, _S.FAILED}),
    _S.COMPLETED: frozenset(),
    _S.STOPPED: frozenset({_S.QUEUED}),
    _S.FAILED: frozenset({_S.QUEUED}),
}

STOPPABLE = frozenset({_S.QUEUED, _S.STARTING, _S.LOADING, _S.RUNNING})
#: `resume` goes on from the newest checkpoint, `retry` starts over; both from these.
RESUMABLE = frozenset({_S.STOPPED, _S.FAILED})
DELETABLE = frozenset({_S.COMPLETED, _S.STOPPED, _S.FAILED})

_FA = {
    _S.QUEUED: "در صف",
    _S.STARTING: "در حال آغاز",
    _S.LOADING: "در حال بارگذاری",
    _S.RUNNING: "در حال اجرا",
    _S.COMPLETED: "تمام‌شده",
    _S.STOPPED: "متوقف‌شده",
    _S.FAILED: "ناموفق",
}


def legal(before: JobState, after: JobState) -> bool:
    """Whether a job may go from `before` to `after`."""
    return after in MOVES[before]


def require(state: JobState, allowed: frozenset[JobState]) -> None:
    """Refuse a user's wish that this state does not allow.

    Raises:
        Conflict: naming the state in both languages.

    """
    if state not in allowed:
        raise Conflict(
            reason=f"the job is {state.value}",
            reason_fa=f"کار {_FA[state]} است",
            state=state.value,
        )
