"""What an import left out, page by page and as CSV. Reads our own file of problems only."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..datasets.spreadsheet import cell
from ..protocol.data import DatasetProblemLine, ProblemPage

_COLUMNS = ("file", "line", "code", "field", "message", "message_fa", "sample")
#: Lines of CSV in one piece.
_PIECE = 500


def page(file: Path, *, offset: int, limit: int, code: str) -> ProblemPage:
    """Problems from `offset` on, of one code or of all, and how many there are of each."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return ProblemPage(items=[], total=0, codes={})
    codes = _codes(str(file), status.st_size, status.st_mtime_ns)
    items: list[DatasetProblemLine] = []
    place = 0
    for problem in _problems(file):
        if code and problem.get("code") != code:
            continue
        if place >= offset:
            items.append(DatasetProblemLine.model_validate(problem))
        place += 1
        if len(items) == limit:
            break
    total = codes.get(code, 0) if code else sum(codes.values())
    return ProblemPage(items=items, total=total, codes=codes)


def csv_pieces(file: Path) -> Iterator[bytes]:
    """All of them as CSV for a spreadsheet, which must take no cell for a formula."""
    yield "\ufeff".encode()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for number, problem in enumerate(_problems(file) if file.is_file() else (), start=1):
        writer.writerow([cell(str(problem.get(name, ""))) for name in _COLUMNS])
        if number % _PIECE == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def _problems(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


@lru_cache(maxsize=64)
def _codes(file: str, size: int, modified: int) -> dict[str, int]:  # noqa: ARG001 - of the file as it is
    counts = Counter(str(problem.get("code", "")) for problem in _problems(Path(file)))
    return dict(counts.most_common())
