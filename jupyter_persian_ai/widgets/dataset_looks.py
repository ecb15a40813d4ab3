"""Verbs of a dataset that look at one version of it, and change nothing.

Owns how answers of the service become what a notebook shows. Must not gather more rows than asked.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..client import Client
from ..errors import NotFound, StillCounting
from ..protocol.data import Dataset, DatasetProblemLine, Row
from ..protocol.quality import DatasetAnalysis, Fertility, FindingCode, FindingCount, RowDetail
from ..protocol.versions import DatasetVersion
from .dataset_views import Leaks, Stats
from .display import amount
from .listing import Listing
from .rows_table import RowsTable

if TYPE_CHECKING:
    from .dataset import DatasetHandle

#: Rows that one request brings.
_ROWS = 500
#: Rows that are not kept, of one request.
_PROBLEMS = 500
#: Seconds before asking again for what is being counted.
_PATIENCE = 1.0
#: Headings of tables, in Persian.
_HEADINGS = {
    "code": "کد",
    "rows": "سطر",
    "finding": "یافته",
    "mend": "چاره",
    "file": "فایل",
    "line": "خط",
    "field": "فیلد",
    "problem": "مشکل",
    "sample": "نمونه",
    "model": "مدل",
    "tokens a word": "توکن در هر واژه",
    "characters a token": "نویسه در هر توکن",
    "tokens in all": "همهٔ توکن‌ها",
    "unknown": "ناشناخته",
    "lost": "نویسه‌های ازدست‌رفته",
    "half-spaces": "نیم‌فاصله",
    "number": "نسخه",
    "size": "اندازه",
    "made by": "گام‌ها",
    "from": "از نسخهٔ",
    "note": "یادداشت",
}


class Looks:
    """What can be seen of a version. The class that has these says which version it is."""

    client: Client
    _dataset: Dataset
    number: int
    _job_id: str = ""

    @property
    def id(self) -> str:
        """Id of the dataset in the service; all its versions have the same."""
        return self._dataset.id

    def preview(self, n: int = 10, offset: int = 0) -> RowsTable:
        """`n` rows from row `offset` on, in the order of the file."""
        return self._rows(n, offset=offset)

    def search(
        self, text: str = "", *, finding: FindingCode | str = "", n: int = 20, offset: int = 0
    ) -> RowsTable:
        """Rows that hold `text`, or have a finding.

        Yeh and kaf, digits, half-spaces and diacritics are folded: «ميروم» finds «می‌روم».
        """
        return self._rows(n, offset=offset, query=text, finding=finding)

    def row(self, number: int) -> RowDetail:
        """One row, numbered from 0, with everything that is found in it. Raises `NotFound`."""
        return self.client.datasets.row(self.id, number, version=self.number)

    def stats(self) -> Stats:
        """What is known of the whole: counts, lengths, labels, words, findings."""
        return Stats.of(self._analysis(), persian=self._persian())

    def findings(self) -> Listing[FindingCount]:
        """What is found in the rows that a user may want to mend, and what mends it."""
        persian = self._persian()
        return Listing(
            self._analysis().findings,
            {
                "code": lambda one: one.code.value,
                "rows": lambda one: f"{one.rows:,}",
                "finding": lambda one: one.title.fa if persian else one.title.en,
                "mend": lambda one: one.mend.fa if persian else one.mend.en,
            },
            persian=_HEADINGS if persian else None,
        )

    def problems(self, n: int = 100, *, code: str = "") -> Listing[DatasetProblemLine]:
        """The first `n` rows of the file that were not kept, and why.

        Args:
            n: how many.
            code: only those of one kind.

        """
        persian = self._persian()
        return Listing(
            self._problems(n, code),
            {
                "file": lambda one: one.file,
                "line": lambda one: f"{one.line:,}",
                "field": lambda one: one.field,
                "problem": lambda one: one.message_fa if persian else one.message,
                "sample": lambda one: one.sample,
            },
            persian=_HEADINGS if persian else None,
        )

    def tokenizers(self) -> Listing[Fertility]:
        """What the tokenizer of each installed model makes of these texts."""
        persian = self._persian()
        kept = ("از دست می‌رود", "می‌ماند") if persian else ("lost", "kept")
        return Listing(
            self.client.datasets.tokenizers(self.id, version=self.number),
            {
                "model": lambda one: one.model_name,
                "tokens a word": lambda one: f"{one.tokens_per_word:.2f}",
                "characters a token": lambda one: f"{one.characters_per_token:.2f}",
                "tokens in all": lambda one: f"{one.packed_tokens:,}",
                "unknown": lambda one: f"{one.unknown_tokens:,}",
                "lost": lambda one: " ".join(one.lost[:20]),
                "half-spaces": lambda one: kept[one.half_spaces_kept],
            },
            persian=_HEADINGS if persian else None,
        )

    def leakage(self, other: DatasetHandle, *, near: bool = True, threshold: float = 0.8) -> Leaks:
        """Rows here that are also in `other`, such as test rows that are in the training data."""
        ask = {
            "version": self.number,
            "other_id": other.id,
            "other_version": other.number,
            "near": near,
            "threshold": threshold,
        }
        return Leaks.of(self.client.datasets.leakage(self.id, ask), persian=self._persian())

    def versions(self) -> Listing[DatasetVersion]:
        """Every version, newest first, with the steps that made it."""
        return Listing(
            self.client.datasets.versions(self.id),
            {
                "number": lambda one: one.number,
                "rows": lambda one: f"{one.report.stats.rows:,}",
                "size": lambda one: amount(one.bytes),
                "made by": lambda one: ", ".join(step.kind for step in one.recipe) or "import",
                "from": lambda one: one.parent_number or "",
                "note": lambda one: one.note,
                "sha256": lambda one: one.sha256[:12],
            },
            persian=_HEADINGS if self._persian() else None,
        )

    # --- how ------------------------------------------------------------------------------------

    def _persian(self) -> bool:
        return self.client.service.settings().language == "fa"

    def _rows(
        self, n: int, *, offset: int = 0, query: str = "", finding: FindingCode | str = ""
    ) -> RowsTable:
        rows: list[Row] = []
        numbers: list[int] = []
        while True:
            told = self.client.datasets.rows(
                self.id,
                offset=offset + len(rows),
                limit=max(1, min(n - len(rows), _ROWS)),
                query=query,
                finding=finding,
                version=self.number,
            )
            rows += told.rows
            numbers += told.numbers
            # A long search answers with what it has found so far; asking again goes on.
            if len(rows) >= n or (told.complete and offset + len(rows) >= told.total):
                break
        return RowsTable(
            rows[:n],
            numbers=numbers[:n],
            total=told.total,
            complete=told.complete,
            persian=self._persian(),
        )

    def _analysis(self) -> DatasetAnalysis:
        """What is known of the whole; of old and large data it is counted when first asked for."""
        while True:
            try:
                return self.client.datasets.stats(self.id, version=self.number)
            except StillCounting:
                time.sleep(_PATIENCE)

    def _problems(self, n: int, code: str) -> list[DatasetProblemLine]:
        """From the job that read the file, if it is still there; else what the report kept."""
        job_id = self._job_id or next(
            (
                job.id
                for job in self.client.dataset_jobs.all()
                if job.recipe == "import" and job.result.get("dataset_id") == self.id
            ),
            "",
        )
        found: list[DatasetProblemLine] = []
        try:
            while job_id and len(found) < n:
                page = self.client.dataset_jobs.problems(
                    job_id, offset=len(found), limit=min(n - len(found), _PROBLEMS), code=code
                )
                found += page.items
                if not page.items or len(found) >= page.total:
                    return found
        except NotFound:
            pass  # the job was taken off the list
        else:
            if job_id:
                return found
        kept = self.client.datasets.version(self.id, 1).report.problems
        return [one for one in kept if code in {"", one.code}][:n]
