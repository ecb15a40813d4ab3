"""The one job engine: states and legal moves, spool, metrics file, lease, worker, supervisor.

Knows processes and files, not SQL: the supervisor asks a `Ledger` (`jobs.ledger`), which the
store implements. Nothing is imported here, so that a worker pays only for what it uses.
"""

from __future__ import annotations
