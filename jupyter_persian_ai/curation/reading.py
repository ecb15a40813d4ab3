"""Readings of canonical rows that may take long enough to be done in a confined child.

Each takes a payload and gives JSON, as `jobs.confined` wants it; the work is of `datasets`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def row(payload: dict[str, Any]) -> dict[str, Any]:
    """Row `number` of the version in `folder` with its findings; `row` is None past the end."""
    from ..datasets import findings  # noqa: PLC0415 - a child loads what it needs
    from ..datasets import rows as canonical  # noqa: PLC0415

    found, _ = canonical.read(Path(payload["folder"]), payload["number"], 1)
    if not found:
        return {"row": None, "findings": []}
    marks = findings.of_row(found[0], payload["flags"])
    return {"row": found[0], "findings": [mark.model_dump(mode="json") for mark in marks]}
