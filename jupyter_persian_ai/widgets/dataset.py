"""A version of a dataset as a notebook holds it.

What it holds never changes, so a handle is a name for it: looking asks the service, changing gives
another handle. Must not read or judge data; rows come only when they are asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ..client import Client
from ..errors import InvalidField, NotFound, StillCounting
from ..protocol.data import Dataset, DatasetProblemLine, DatasetReport, DatasetShape
from ..protocol.quality import DatasetAnalysis, Fertility, FindingCode, FindingCount, RowDetail
from ..protocol.versions import DatasetUsers, DatasetVersion, StepCount
from . import display
from .dataset_changes import Changes
from .dataset_views import Diff, Leaks, Stats, step_line
from .listing import Listing, size
from .rows_table import RowsTable

if TYPE_CHECKING:
    import pandas as pd

    from .dataset_widget import DatasetWidget
    from .job import TrainingJob

#: Rows that one request brings.
_ROWS = 500
#: Seconds before asking again for what is being counted.
_PATIENCE = 1.0
#: Rows that are not kept, of one request.
_PROBLEMS = 500

Format = Literal["jsonl", "csv", "parquet"]
#: What learns from rows of each shape.
_RECIPES = {
    DatasetShape.TEXT: "pretrain",
    DatasetShape.PROMPT_ANSWER: "sft",
    DatasetShape.MESSAGES: "sft",
    DatasetShape.TEXT_LABEL: "classify",
    DatasetShape.PAIR_LABEL: "classify",
    DatasetShape.TOKENS_TAGS: "ner",
    DatasetShape.PREFERENCE: "dpo",
}


class DatasetHandle(Changes):
    """One version of one dataset of the service."""

    def __init__(
        self,
        client: Client,
        dataset: Dataset,
        number: int | None = None,
        *,
        counts: Sequence[StepCount] = (),
        job_id: str = "",
    ) -> None:
        self.client = client
        self._dataset = dataset
        #: Number of the version.
        self.number = dataset.version if number is None else number
        #: What each step that made this version did; empty where it was not made just now.
        self.counts = list(counts)
        self._job_id = job_id
        self._version: DatasetVersion | None = None
        self._widget: DatasetWidget | None = None

    @property
    def id(self) -> str:
        """Id of the dataset in the service; all its versions have the same."""
        return self._dataset.id

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self._dataset.name

    @property
    def info(self) -> Dataset:
        """All that the service says of the dataset, now; it describes the newest version."""
        self._dataset = self.client.datasets.get(self.id)
        return self._dataset

    @property
    def report(self) -> DatasetReport:
        """What reading or making this version has said: rows, format, encoding, fields."""
        return self._dataset.report if self._newest else self._own.report

    @property
    def shape(self) -> DatasetShape:
        """What a row holds."""
        return self._dataset.shape if self._newest else self._own.shape

    @property
    def source(self) -> str:
        """Where it came from: `upload`, `path`, `sample`, `hub`, or what made it."""
        return self._dataset.source

    @property
    def bytes(self) -> int:
        """Size as JSON lines."""
        return self._dataset.bytes if self._newest else self._own.bytes

    def __len__(self) -> int:
        return self.report.stats.rows

    def __bool__(self) -> bool:
        return True

    @property
    def _newest(self) -> bool:
        return self.number == self._dataset.version

    @property
    def _own(self) -> DatasetVersion:
        if self._version is None:
            self._version = self.client.datasets.version(self.id, self.number)
        return self._version

    # --- look -----------------------------------------------------------------------------------

    def preview(self, n: int = 10, offset: int = 0) -> RowsTable:
        """`n` rows from row `offset` on, in the order of the file."""
        return self._rows(n, offset=offset)

    def search(
        self, text: str = "", *, finding: FindingCode | str = "", n: int = 20, offset: int = 0
    ) -> RowsTable:
        """Rows that hold `text`, or have a finding.

        Yeh and kaf, digits, half-spaces and diacritics are folded: «می روم» finds «می‌روم».
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
        )

    def tokenizers(self) -> Listing[Fertility]:
        """What the tokenizer of each installed model makes of these texts."""
        return Listing(
            self.client.datasets.tokenizers(self.id, version=self.number),
            {
                "model": lambda one: one.model_name,
                "tokens a word": lambda one: f"{one.tokens_per_word:.2f}",
                "characters a token": lambda one: f"{one.characters_per_token:.2f}",
                "tokens in all": lambda one: f"{one.packed_tokens:,}",
                "unknown": lambda one: f"{one.unknown_tokens:,}",
                "lost": lambda one: " ".join(one.lost[:20]),
                "half-spaces": lambda one: "kept" if one.half_spaces_kept else "lost",
            },
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

    # --- versions -------------------------------------------------------------------------------

    def versions(self) -> Listing[DatasetVersion]:
        """Every version, newest first, with the steps that made it."""
        return Listing(
            self.client.datasets.versions(self.id),
            {
                "number": lambda one: one.number,
                "rows": lambda one: f"{one.report.stats.rows:,}",
                "size": lambda one: size(one.bytes),
                "made by": lambda one: ", ".join(step.kind for step in one.recipe) or "import",
                "from": lambda one: one.parent_number or "",
                "note": lambda one: one.note,
                "sha256": lambda one: one.sha256[:12],
            },
        )

    def version(self, number: int | None = None) -> DatasetHandle:
        """Another version by its number; the newest without one. Raises `NotFound`."""
        dataset = self.info
        made = DatasetHandle(self.client, dataset, number, job_id=self._job_id)
        if number is not None and number != dataset.version:
            _ = made._own  # there is none: say so now, not at the first look
        return made

    def diff(self, a: int | None = None, b: int | None = None, *, n: int = 50) -> Diff:
        """How version `a` came to be version `b`; the first `n` changes.

        Without numbers: from the version that this one was made of, to this one.
        """
        end = self.number if b is None else b
        start = a if a is not None else self.version(end)._own.parent_number
        if start is None:
            raise NotFound(what="parent version", id=str(end))
        told = self.client.datasets.diff(self.id, start, end, limit=n)
        return Diff.of(told, persian=self._persian())

    # --- take away, use, delete -----------------------------------------------------------------

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a pandas frame, a column a field."""
        import pandas as pd  # noqa: PLC0415 - slow, and needed here alone

        pieces = self.client.datasets.download(self.id, version=self.number)
        content = b"".join(pieces)
        return pd.DataFrame([json.loads(line) for line in content.split(b"\n") if line])

    def download(self, path: str | Path, format: Format | None = None) -> Path:
        """Write all rows to a file; gives its path.

        Args:
            path: of this machine; a folder gets a file of the dataset's name.
            format: `jsonl`, `csv` (formulas escaped) or `parquet`; by the file's end without it.

        Raises:
            InvalidField: the file's end is of no such format.

        """
        target = Path(path).expanduser()
        if target.is_dir():
            plain = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in self.name)
            target /= f"{plain.strip('. ') or self.id}.{format or 'jsonl'}"
        wanted = format or target.suffix.removeprefix(".").lower()
        if wanted not in {"jsonl", "csv", "parquet"}:
            raise InvalidField(
                field="format",
                reason=f"“{wanted}” is none of jsonl, csv, parquet",
                reason_fa=f"«{wanted}» از jsonl، csv و parquet نیست",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f".{target.name}.part")
        try:
            with staged.open("wb") as file:
                file.writelines(
                    self.client.datasets.download(self.id, version=self.number, format=wanted)  # type: ignore[arg-type]
                )
            staged.replace(target)
        finally:
            staged.unlink(missing_ok=True)
        return target

    def train(
        self,
        recipe: str | None = None,
        model: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> TrainingJob:
        """Train on this version; see `jupyter_persian_ai.train` for what may be said.

        Without a recipe: the one that fits the shape of the rows.
        """
        from .notebook import train  # noqa: PLC0415 - it knows this module

        chosen = recipe or _RECIPES[self.shape]
        return train(self, chosen, model, name, client=self.client, **options)

    def users(self) -> DatasetUsers:
        """Who would miss it: jobs, models and datasets, by name."""
        return self.client.datasets.users(self.id)

    def rename(self, name: str) -> Self:
        """Change the name of the dataset; gives itself."""
        self._dataset = self.client.datasets.rename(self.id, name)
        return self

    def delete(self) -> None:
        """Delete the dataset with every version. Raises `Conflict` while a job reads it."""
        self.client.datasets.delete(self.id)

    def delete_version(self) -> None:
        """Delete this version alone. Raises `Conflict`, which says who uses it."""
        self.client.datasets.delete_version(self.id, self.number)

    # --- showing --------------------------------------------------------------------------------

    def widget(self) -> DatasetWidget:
        """Its view, with rows, counts and charts; the same one each time."""
        from .dataset_widget import DatasetWidget  # noqa: PLC0415 - only where something is shown

        if self._widget is None:
            self._widget = DatasetWidget(self)
        return self._widget

    def __repr__(self) -> str:
        about = (
            f"<dataset {self.id} “{self.name}” version {self.number}: {self.shape.value}, "
            f"{len(self):,} rows, {size(self.bytes)}>"
        )
        return "\n".join([about, *(f"  {step_line(count)}" for count in self.counts)])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ARG002 - IPython's signature
        plain = {"text/plain": repr(self)}
        if display.kernel() is None:
            return plain
        bundle = self.widget()._repr_mimebundle_()
        if not isinstance(bundle, tuple):
            return plain
        data, metadata = bundle
        return {**data, **plain}, metadata

    # --- how ------------------------------------------------------------------------------------

    def _made(
        self, dataset: Dataset, number: int, counts: Sequence[StepCount] = ()
    ) -> DatasetHandle:
        return DatasetHandle(self.client, dataset, number, counts=counts)

    def _rows(
        self, n: int, *, offset: int = 0, query: str = "", finding: FindingCode | str = ""
    ) -> RowsTable:
        rows: list[dict[str, Any]] = []
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
        kept = self.version(1).report.problems
        return [one for one in kept if code in {"", one.code}][:n]
