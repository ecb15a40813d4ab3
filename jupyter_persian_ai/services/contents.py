"""The folders `datasets/<sha256>`: what datasets hold, kept once however many versions hold it.

Owns when such a folder comes and goes. Both happen inside the transaction that says who has it,
with other transactions that keep or drop held off, so that neither undoes the other, in whatever
process. A folder that goes is first renamed: were the transaction to fail, it comes back.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from ..datasets.canonical import ROWS
from ..errors import Conflict
from ..paths import private_folder, sync_folder
from ..protocol.base import new_id
from ..settings import Settings
from ..store import Store, versions

Value = TypeVar("Value")

_GONE = ".gone-"
#: Of staged rows what rows of before may lack.
_BESIDE = ("rows.flags", "analysis.json", "rows.origin", "origin.json")


class Contents:
    """The content folders of one data root. Functions that take a session are for writers."""

    def __init__(self, settings: Settings) -> None:
        self._root = private_folder(settings.data_dir / "datasets")

    def folder(self, sha256: str) -> Path:
        """Where this content lies, or would lie."""
        return self._root / sha256

    def keep(self, session: Session, staged: Path, sha256: str) -> Path:
        """Move complete rows to the place that their content names; again is the same.

        The session has its user's row: every writer takes that first, then holds the contents.

        Raises:
            Conflict: neither the staged rows nor the content is there.

        """
        versions.hold_contents(session)
        target = self.folder(sha256)
        if (target / ROWS).is_file():
            for name in _BESIDE:
                if (staged / name).is_file() and not (target / name).exists():
                    (staged / name).replace(target / name)
            shutil.rmtree(staged, ignore_errors=True)
            return target
        if not (staged / ROWS).is_file():
            raise Conflict(
                reason="what was read is no longer there; read it again",
                reason_fa="آنچه خوانده شده بود دیگر نیست؛ دوباره بخوانید",
            )
        with suppress(FileNotFoundError):
            shutil.rmtree(target)
        staged.rename(target)
        sync_folder(self._root)
        return target

    async def dropping(
        self, store: Store, write: Callable[[Session], tuple[Value, Iterable[str]]]
    ) -> Value:
        """Run `write`, which gives what it gives and contents that may be orphans by then.

        It takes its user's row first, as every writer does; contents are held after that.
        """
        #: Where what goes lies until then; the transaction may run more than once.
        gone: dict[str, Path] = {}

        def once(session: Session) -> Value:
            value, maybe = write(session)
            versions.hold_contents(session)
            for sha256 in maybe:
                if not versions.shared(session, sha256) and self.folder(sha256).is_dir():
                    hidden = self._root / f"{_GONE}{sha256}-{new_id()}"
                    self.folder(sha256).rename(hidden)
                    gone[sha256] = hidden
            return value

        # Whatever ends it early, a cancelled request too: what was hidden shows again.
        with ExitStack() as undone:
            undone.callback(self._show_again, gone)
            value = await store.awrite(once)
            undone.pop_all()
        for hidden in gone.values():
            await asyncio.to_thread(shutil.rmtree, hidden, ignore_errors=True)
        return value

    def _show_again(self, gone: dict[str, Path]) -> None:
        for sha256, hidden in gone.items():
            self._show(hidden, sha256)

    def sweep(self, store: Store) -> None:
        """Finish what a server that was killed had begun to drop."""
        for hidden in self._root.glob(f"{_GONE}*"):
            sha256 = hidden.name.removeprefix(_GONE).partition("-")[0]

            def settle(session: Session, hidden: Path = hidden, sha256: str = sha256) -> None:
                versions.hold_contents(session)
                if versions.shared(session, sha256):
                    self._show(hidden, sha256)

            store.write(settle)
            shutil.rmtree(hidden, ignore_errors=True)

    def _show(self, hidden: Path, sha256: str) -> None:
        with suppress(OSError):  # it has come anew meanwhile
            hidden.rename(self.folder(sha256))
