"""What is said of an import: why nothing can be used. Must not read files."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DatasetEmpty, DatasetFields, DatasetFormat, PersianAIError
from .problems import Problem
from .shapes import Fields


def nothing_usable(
    name: str,
    form: str,
    fields: Fields | None,
    problems: Sequence[Problem],
    count: int,
    names: Sequence[str],
) -> PersianAIError:
    """Why not one row is left: the first problem speaks for all `count`."""
    first = problems[0] if problems else None
    if first is None or first.code == "empty":
        return DatasetEmpty(name=name, rows=count)
    if first.code in {"missing_field", "not_text"} and fields is not None:
        return DatasetFields(
            name=name, found=", ".join(names[:20]), needed=first.what, line=first.line
        )
    shown = first.shown()
    return DatasetFormat(
        name=name,
        format=form,
        line=first.line,
        reason=shown.message,
        reason_fa=shown.message_fa,
    )
