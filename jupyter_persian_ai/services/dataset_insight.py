"""What is known of a version: counts, findings of a row, tokenizers, leaks.

Owns that content of before is analysed when it is first asked about, and that a tokenizer is
measured once. Whatever reads many rows runs in a confined process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..curation import reading
from ..datasets import paging
from ..errors import NotFound, PersianAIError, StillCounting
from ..protocol.data import Model, Rows
from ..protocol.quality import DatasetAnalysis, Fertility, Leakage, RowDetail
from ..protocol.versions import DatasetVersion, LeakageAsk
from ..settings import Settings
from ..store import Store, versions
from ..store import models as model_rows
from .confining import confine
from .dataset_searches import Searches, Sought
from .figures import Figures, Language, Theme
from .token_counts import stamp

_ANALYSE = "jupyter_persian_ai.datasets.analysis:analyse_folder"
_FERTILITY = "jupyter_persian_ai.persian.fertility:measure"
_LEAKAGE = "jupyter_persian_ai.datasets.leakage:compare"
_ROW = "jupyter_persian_ai.curation.reading:row"

ANALYSIS = "analysis.json"
FLAGS = "rows.flags"
#: Figures that a version has.
FIGURES = frozenset({"lengths", "labels", "tokens"})
_FLAG_BYTES = 4
#: A row up to this is looked at at once; a longer one could hold the server up.
SMALL_ROW_BYTES = 1 << 16
#: How long a request waits for something that is made once; asking again finds it.
PATIENCE = 30.0
#: Answers that are remembered.
_REMEMBERED = 256
#: Tokenizers that are measured at the same time.
_AT_ONCE = 2


class Insight:
    """What is known of a user's versions of datasets."""

    def __init__(self, store: Store, settings: Settings, figures: Figures) -> None:
        self._store = store
        self._settings = settings
        self._figures = figures
        self._searches = Searches()
        self._making: dict[str, asyncio.Task[dict[str, Any]]] = {}
        #: What was made, by what was asked.
        self._known: OrderedDict[str, dict[str, Any]] = OrderedDict()
        #: Tokenizers of no use, as they were when that was found.
        self._unreadable: set[str] = set()
        self._measuring = asyncio.Semaphore(_AT_ONCE)

    async def stop(self) -> None:
        """Forget what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- rows ---------------------------------------------------------------------------------

    async def preview(
        self, user_id: str, dataset_id: str, sought: Sought, version: int | None
    ) -> Rows:
        """Rows of a version.

        Raises:
            NotFound: no such dataset or version.
            StillCounting: content of before is being analysed.

        """
        found, folder = await self._version(user_id, dataset_id, version)
        return await self.rows(folder, found.sha256, sought)

    async def rows(self, folder: Path, sha256: str, sought: Sought) -> Rows:
        """`preview` of rows that may not belong to a dataset yet."""
        if sought.finding is not None:
            await self._analysed(folder)
        return await self._searches.page(folder, sha256, sought)

    async def row(
        self, user_id: str, dataset_id: str, number: int, version: int | None
    ) -> RowDetail:
        """One row, whole, with every place of its findings.

        Raises:
            NotFound: no such dataset, version or row.

        """
        _, folder = await self._version(user_id, dataset_id, version)
        size = await asyncio.to_thread(paging.size, folder, number)
        if not size:
            raise NotFound(what="row", id=str(number))
        flags = await asyncio.to_thread(_flags, folder, number)
        payload = {"folder": str(folder), "number": number, "flags": flags}
        if size <= SMALL_ROW_BYTES:
            answer = await asyncio.to_thread(reading.row, payload)
        else:
            answer = await confine(self._settings, _ROW, payload)
        return RowDetail(number=number, row=answer["row"], findings=answer["findings"])

    # --- the whole ----------------------------------------------------------------------------

    async def stats(self, user_id: str, dataset_id: str, version: int | None) -> DatasetAnalysis:
        """What is known of a version.

        Raises:
            NotFound: no such dataset or version.
            StillCounting: content of before is being analysed.

        """
        _, folder = await self._version(user_id, dataset_id, version)
        return await self._analysed(folder)

    async def analysis(self, folder: Path) -> DatasetAnalysis:
        """`stats` of rows that may not belong to a dataset yet."""
        return await self._analysed(folder)

    async def tokenizers(
        self, user_id: str, dataset_id: str, version: int | None
    ) -> list[Fertility]:
        """What each tokenizer of the user's models makes of a version, the thriftiest first.

        One that cannot be read is left out.

        Raises:
            NotFound: no such dataset or version.
            StillCounting: not all are measured yet.

        """
        found, folder = await self._version(user_id, dataset_id, version)
        models = await self._store.aread(lambda s: _models(s, user_id))
        measured = await asyncio.gather(*(self._measured(found, folder, model) for model in models))
        told = [one for one in measured if one is not None]
        return sorted(told, key=lambda one: one.tokens_per_word)

    async def leakage(self, user_id: str, dataset_id: str, ask: LeakageAsk) -> Leakage:
        """Rows of a version that are also in another dataset; they have the finding from then on.

        Raises:
            NotFound: no such dataset or version, here or there.

        """
        here, folder = await self._version(user_id, dataset_id, ask.version)
        await self._analysed(folder)
        there, other = await self._version(user_id, ask.other_id, ask.other_version)
        payload = {
            "folder": str(folder),
            "other": str(other),
            "near": ask.near,
            "threshold": ask.threshold,
            "mark": True,
        }
        key = f"leakage {here.sha256} {there.sha256} {ask.near} {ask.threshold}"
        answer = await self._made(key, lambda: confine(self._settings, _LEAKAGE, payload))
        return Leakage.model_validate(answer)

    async def figure(
        self,
        user_id: str,
        dataset_id: str,
        name: str,
        *,
        lang: Language,
        theme: Theme,
        version: int | None,
    ) -> dict[str, Any]:
        """A figure of a version as a Bokeh `json_item`.

        Raises:
            NotFound: no such dataset, version or figure.

        """
        if name not in FIGURES:
            raise NotFound(what="figure", id=name)
        data: DatasetAnalysis | list[Fertility]
        if name == "tokens":
            data = await self.tokenizers(user_id, dataset_id, version)
        else:
            data = await self.stats(user_id, dataset_id, version)
        return await self._figures.dataset(name, data, lang, theme)

    # --- inside -------------------------------------------------------------------------------

    async def _version(
        self, user_id: str, dataset_id: str, number: int | None
    ) -> tuple[DatasetVersion, Path]:
        found, path = await self._store.aread(
            lambda s: versions.get(s, user_id, dataset_id, number)
        )
        return found, Path(path)

    async def _analysed(self, folder: Path) -> DatasetAnalysis:
        """The analysis of rows, made now where it is not there."""
        file = folder / ANALYSIS
        if not await asyncio.to_thread(file.is_file):
            payload = {"folder": str(folder)}
            key = f"analysis {folder}"
            await self._made(key, lambda: confine(self._settings, _ANALYSE, payload))
            self._known.pop(key, None)  # it is a file now
        return DatasetAnalysis.model_validate_json(await asyncio.to_thread(file.read_bytes))

    async def _measured(
        self, version: DatasetVersion, folder: Path, model: Model
    ) -> Fertility | None:
        tokenizer = Path(model.path) / "tokenizer.json"
        mark = await asyncio.to_thread(stamp, tokenizer)
        if not mark or mark in self._unreadable:
            return None
        payload = {
            "folder": str(folder),
            "tokenizer": str(tokenizer),
            "rows": version.report.stats.rows,
            "words": version.report.stats.words,
        }

        async def measure() -> dict[str, Any]:
            async with self._measuring:
                return await confine(self._settings, _FERTILITY, payload)

        try:
            told = await self._made(f"fertility {version.sha256} {mark}", measure)
        except StillCounting:
            raise
        except PersianAIError:
            self._unreadable.add(mark)  # the model's own page says why
            return None
        return Fertility.model_validate(told | {"model_id": model.id, "model_name": model.name})

    async def _made(
        self, key: str, make: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """What `make` gives; of several that ask at once one makes it.

        Raises:
            StillCounting: it takes longer than a request should; it goes on meanwhile.

        """
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(key, make))
            # Perhaps nobody waits any more when it fails.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            raise StillCounting
        return task.result()

    async def _make(
        self, key: str, make: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        try:
            made = self._known[key] = await make()
        finally:
            self._making.pop(key, None)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return made


def _models(session: Session, user_id: str) -> list[Model]:
    return model_rows.page(session, user_id, limit=200).items


def _flags(folder: Path, number: int) -> int:
    """The findings of a row that only the whole shows, such as that it is a duplicate."""
    try:
        with (folder / FLAGS).open("rb") as file:
            file.seek(number * _FLAG_BYTES)
            return int.from_bytes(file.read(_FLAG_BYTES), "little")
    except OSError:
        return 0
