"""What workers do with datasets: read one in, make a version, split, look for likenesses.

Stands above `jobs`, `hub` and `datasets` and joins them; knows no store and no server. Nothing
is imported here, so that a worker pays only for what it uses.
"""

from __future__ import annotations
