"""How one version of a dataset came to be another, row by row.

Where the later was made of the earlier, `rows.origin` says which row each was, and a row that
reads differently has changed. Between versions that are not so related only equal rows are known;
what is not equal was dropped here and added there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ..protocol.versions import ChangedRow, VersionDiff
from .stored import ORIGIN, ORIGIN_OF, stretches


class _Page:
    """The differences from `offset` on, at most `limit`, and how many there are of each kind."""

    def __init__(self, offset: int, limit: int) -> None:
        self.offset, self.limit = offset, limit
        self.counts = dict.fromkeys(("kept", "changed", "dropped", "added"), 0)
        self.rows: list[ChangedRow] = []
        self.total = 0

    def add(self, number: int, before: bytes | None, after: bytes | None) -> None:
        """One row and what became of it."""
        if before == after:
            self.counts["kept"] += 1
            return
        kind = "added" if before is None else "dropped" if after is None else "changed"
        self.counts[kind] += 1
        if self.offset <= self.total < self.offset + self.limit:
            self.rows.append(
                ChangedRow(
                    number=number,
                    before=None if before is None else orjson.loads(before),
                    after=None if after is None else orjson.loads(after),
                )
            )
        self.total += 1

    def diff(self) -> VersionDiff:
        """All of it."""
        return VersionDiff(rows=self.rows, total=self.total, **self.counts)


def diff(
    from_dir: Path, to_dir: Path, offset: int, limit: int, made_of_it: bool | None = None
) -> VersionDiff:
    """The differences from place `offset` on, at most `limit`, and how many there are.

    They are in the order of the rows before; rows that were added come last, with their number in
    the version after. `made_of_it`: whether the later version was made of the earlier; what the
    folder says of its origin decides where it is not known.
    """
    page = _Page(max(0, offset), max(0, limit))
    if made_of_it is not False and _is_origin(from_dir, to_dir):
        _by_origin(from_dir, to_dir, page)
    else:
        _by_content(from_dir, to_dir, page)
    return page.diff()


def compare(payload: dict[str, Any]) -> dict[str, Any]:
    """`diff` of a payload with its arguments, as JSON."""
    return diff(
        Path(payload["from_dir"]),
        Path(payload["to_dir"]),
        int(payload["offset"]),
        int(payload["limit"]),
        payload.get("made_of_it"),
    ).model_dump(mode="json")


def _is_origin(from_dir: Path, to_dir: Path) -> bool:
    """Whether `rows.origin` there counts rows here: equal content may have been made twice."""
    try:
        of = str(orjson.loads((to_dir / ORIGIN_OF).read_bytes())["of"])
    except (OSError, ValueError, KeyError):
        return False
    return of == from_dir.name and (to_dir / ORIGIN).is_file()


def _by_origin(from_dir: Path, to_dir: Path, page: _Page) -> None:
    origin = iter(np.fromfile(to_dir / ORIGIN, np.dtype("<u4")).tolist())
    later = _lines(to_dir)
    wanted = next(origin, -1)
    for number, line in enumerate(_lines(from_dir)):
        if number == wanted:
            page.add(number, line, next(later))
            wanted = next(origin, -1)
        else:
            page.add(number, line, None)


def _by_content(from_dir: Path, to_dir: Path, page: _Page) -> None:
    # 64-bit hashes of whole lines; of several equal rows the first ones are those that stay.
    before, after = _hashes(from_dir), _hashes(to_dir)
    stays, known = _shared(before, after), _shared(after, before)
    for number, line in enumerate(_lines(from_dir)):
        page.add(number, line, line if stays[number] else None)
    for number, line in enumerate(_lines(to_dir)):
        if not known[number]:
            page.add(number, None, line)


def _hashes(folder: Path) -> NDArray[np.int64]:
    return np.fromiter((hash(line) for line in _lines(folder)), np.int64)


def _shared(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of ours have a partner among theirs, where each of theirs is the partner of one."""
    order = np.argsort(ours, kind="stable")
    ranked = ours[order]
    # Of each: how many equal ones come before it.
    place = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    other = np.sort(theirs)
    there = np.searchsorted(other, ranked, side="right") - np.searchsorted(other, ranked)
    found = np.zeros(len(ours), np.bool_)
    found[order] = place < there
    return found


def _lines(folder: Path) -> Iterator[bytes]:
    for stretch in stretches(folder):
        yield from stretch.lines
