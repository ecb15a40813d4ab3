"""Facts about the store itself; today its epoch.

The epoch names one history of event numbers. A client that meets another epoch than it knows
must take a snapshot.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from .schema import Fact

EPOCH = "epoch"


def epoch(session: Session) -> str:
    """The epoch; the first migration wrote it."""
    fact = session.get(Fact, EPOCH)
    if fact is None:
        raise LookupError("the store has no epoch; its schema was not made by our migrations")
    return fact.value
