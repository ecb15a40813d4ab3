"""Pages of rows, and searches that go on from request to request.

Owns which searches are remembered: one per content, words and finding, the latest used last. A
request lets a search go on for a moment and answers with what is found so far.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..datasets import rows as canonical
from ..datasets.paging import page
from ..protocol.data import Rows
from ..protocol.quality import FindingCode

if TYPE_CHECKING:
    from ..datasets.searching import Search

#: How long one request lets a search go on.
SECONDS = 0.25
#: Searches that are remembered, of all users together.
REMEMBERED = 32
#: Numbers of rows that they hold together, at 4 bytes each, before the oldest go.
NUMBERS = 32_000_000

#: The file of findings beside the rows.
FLAGS = "rows.flags"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which rows: `limit` of them from `offset` on, of those that hold `q` and have `finding`."""

    offset: int = 0
    limit: int = 50
    q: str = ""
    finding: FindingCode | None = None


class Searches:
    """Searches under way and done."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Search] = OrderedDict()
        self._lock = threading.Lock()

    async def page(self, folder: Path, sha256: str, sought: Sought) -> Rows:
        """Rows of the content in `folder`, all or those that are looked for."""
        return await asyncio.to_thread(self._page, folder, sha256, sought)

    def _page(self, folder: Path, sha256: str, sought: Sought) -> Rows:
        offset, limit, q = sought.offset, sought.limit, sought.q.strip()
        if not q and sought.finding is None:
            total = canonical.count(folder)
            numbers = list(range(offset, min(offset + limit, total)))
            found, cut = page(folder, numbers)
            return Rows(rows=found, offset=offset, total=total, numbers=numbers, shortened=cut)
        search = self._search(folder, sha256, q, sought.finding)
        if not search.complete:
            search.advance(SECONDS)
        # Asked first: another request may let it go on while this one is answered.
        complete, share = search.complete, search.share
        numbers = search.numbers(offset, limit)
        found, cut = page(folder, numbers)
        return Rows(
            rows=found,
            offset=offset,
            total=search.total,
            numbers=numbers,
            complete=complete,
            share=1.0 if complete else share,
            shortened=cut,
        )

    def _too_much(self) -> bool:
        held = sum(search.total for search in self._known.values())
        return len(self._known) > REMEMBERED or held > NUMBERS

    def _search(self, folder: Path, sha256: str, q: str, finding: FindingCode | None) -> Search:
        key = (sha256, q, f"{finding.value} {_marked(folder)}" if finding else "")
        with self._lock:
            search = self._known.get(key)
            if search is None:
                from ..datasets.searching import Search  # noqa: PLC0415 - numpy: when first used

                search = self._known[key] = Search(folder, q, finding)
                while len(self._known) > 1 and self._too_much():
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
        return search


def _marked(folder: Path) -> int:
    """When the rows were last marked: what was found before that no longer holds."""
    try:
        return (folder / FLAGS).stat().st_mtime_ns
    except FileNotFoundError:
        return 0
