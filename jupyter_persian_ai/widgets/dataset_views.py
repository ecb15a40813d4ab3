"""What is known of a dataset, as a notebook shows it: the protocol's words with a form.

Each class is one word of the protocol that draws itself, so its fields are the same as over HTTP.
Owns the form alone. Must not fetch anything.
"""

from __future__ import annotations

import html
from typing import Self, TypeVar

from pydantic import PrivateAttr

from ..protocol.base import Wire
from ..protocol.quality import DatasetAnalysis, Histogram, Leakage
from ..protocol.versions import ChangedRow, StepCount, VersionDiff, VersionPreview
from . import tables
from .display import amount
from .listing import columns
from .rows_table import in_words
from .tables import Markup, number, percent

Word = TypeVar("Word", bound=Wire)

#: Bars of a chart in an output; the widget has the finer one.
_BARS = 12
#: Labels in a terminal.
_LABELS = 20


class Shown(Wire):
    """A word of the protocol that draws itself in the reader's language."""

    _persian: bool = PrivateAttr(default=False)

    @classmethod
    def of(cls, word: Wire, *, persian: bool) -> Self:
        """The same word, as it is shown."""
        made: Self = cls.model_construct(**dict(word))  # type: ignore[assignment]
        made._persian = persian
        return made

    def __repr__(self) -> str:
        return str(self)


class Stats(DatasetAnalysis, Shown):
    """What is known of a version: counts, lengths, labels, the most frequent words, findings."""

    def __str__(self) -> str:
        about = self._about(persian=False)
        lines = [f"{name:<14} {figure}" for name, figure in about.items()]
        lines += [
            f"label {label}: {count:,}" for label, count in list(self.labels.items())[:_LABELS]
        ]
        lines += [f"{found.title.en}: {found.rows:,} rows" for found in self.findings]
        return "\n".join(lines)

    def _about(self, *, persian: bool) -> dict[str, str]:
        def n(value: float, decimals: int = 0) -> str:
            return number(value, persian=persian, decimals=decimals)

        about = {
            ("rows", "سطر"): n(self.rows),
            ("words", "واژه"): n(self.words),
            ("characters", "نویسه"): n(self.characters),
            ("size", "اندازه"): amount(self.bytes, persian),
            ("different words", "واژهٔ متفاوت"): ("" if self.vocabulary_exact else "≈ ")
            + n(self.vocabulary),
            ("Persian share", "سهم فارسی"): percent(self.persian_share, persian=persian),
            ("half-spaces", "نیم‌فاصله"): n(self.half_spaces),
            ("median words", "میانهٔ واژه‌ها"): n(self.lengths.median, 1),
            ("95th percentile", "صدک ۹۵"): n(self.lengths.p95, 1),
        }
        if self.turns:
            about["turns", "نوبت"] = n(self.turns)
        return {names[persian]: figure for names, figure in about.items()}

    def _repr_html_(self) -> str:
        persian = self._persian

        def chart(titles: tuple[str, str], counted: list[tuple[str, int]]) -> Markup:
            return tables.section(
                titles[persian], tables.bars(counted, persian=persian), persian=persian
            )

        lengths = _thinned(self.lengths, persian=persian)
        words = [(one.word, one.count) for one in self.words_most[:_BARS]]
        charts = [chart(("words a row", "واژه‌های هر سطر"), lengths)]
        if self.labels:
            charts.append(chart(("labels", "برچسب‌ها"), list(self.labels.items())[:_BARS]))
        if words:
            charts.append(chart(("most frequent words", "پرکاربردترین واژه‌ها"), words))
        parts = [
            tables.figures(self._about(persian=persian), persian=persian),
            tables.beside(charts, persian=persian),
        ]
        if self.findings:
            head = ("یافته", "سطر", "چاره") if persian else ("finding", "rows", "mend")
            rows = [
                (
                    found.title.fa if persian else found.title.en,
                    Markup(number(found.rows, persian=persian)),
                    found.mend.fa if persian else found.mend.en,
                )
                for found in self.findings
            ]
            parts.append(tables.table(head, rows, persian=persian))
        return "".join(parts)


class Diff(VersionDiff, Shown):
    """How one version came to be another; `rows` are the first that changed, went or came."""

    def __str__(self) -> str:
        return (
            f"{self.kept:,} rows are the same, {self.changed:,} changed, {self.dropped:,} went, "
            f"{self.added:,} came" + _plain_changes(self.rows)
        )

    def _repr_html_(self) -> str:
        persian = self._persian
        names = (
            ("همان", "عوض‌شده", "رفته", "آمده") if persian else ("same", "changed", "went", "came")
        )
        counts = (self.kept, self.changed, self.dropped, self.added)
        told = {
            name: number(count, persian=persian) for name, count in zip(names, counts, strict=True)
        }
        return tables.figures(told, persian=persian) + _changes(self.rows, persian=persian)


class ChangePreview(VersionPreview, Shown):
    """What steps would do to the first rows; nothing was kept."""

    def __str__(self) -> str:
        counts = "\n".join(step_line(count) for count in self.counts)
        return f"of the first {self.sampled:,} rows:\n{counts}" + _plain_changes(self.rows)

    def _repr_html_(self) -> str:
        persian = self._persian
        return step_table(self.counts, persian=persian) + _changes(self.rows, persian=persian)


class Leaks(Leakage, Shown):
    """Rows here that are also in other data, the same or almost; `pairs` are the first."""

    def __str__(self) -> str:
        head = (
            f"of {self.rows:,} rows, {self.exact:,} are also among the other {self.other_rows:,}, "
            f"{self.near:,} are almost the same as one"
        )
        pairs = [
            [f"{pair.row:,}", f"{pair.other:,}", "=" if pair.exact else "≈", pair.text[:60]]
            for pair in self.pairs
        ]
        return head + ("\n" + columns(["row", "other", "", "text"], pairs) if pairs else "")

    def _repr_html_(self) -> str:
        persian = self._persian
        names = (
            ("سطرها", "سطرهای دیگری", "عیناً همان", "تقریباً همان")
            if persian
            else ("rows", "other rows", "the same", "almost the same")
        )
        counts = (self.rows, self.other_rows, self.exact, self.near)
        told = {
            name: number(count, persian=persian) for name, count in zip(names, counts, strict=True)
        }
        if not self.pairs:
            return tables.figures(told, persian=persian)
        rows = [
            (
                Markup(number(pair.row, persian=persian)),
                pair.text,
                Markup("=" if pair.exact else "≈"),
                Markup(number(pair.other, persian=persian)),
                pair.other_text,
            )
            for pair in self.pairs
        ]
        head = (
            ("سطر", "متن", "", "سطر دیگری", "متن دیگری")
            if persian
            else ("row", "text", "", "other row", "other text")
        )
        return tables.figures(told, persian=persian) + tables.table(head, rows, persian=persian)


_STEPS = {
    "normalise": ("normalise", "یکدست کردن"),
    "filter": ("filter", "پالایش"),
    "dedupe": ("dedupe", "حذف تکراری‌ها"),
    "map": ("map", "نگاشت فیلدها"),
    "mask": ("mask", "پوشاندن"),
    "clean": ("clean", "پاک کردن HTML"),
    "sample": ("sample", "نمونه‌گیری"),
    "without": ("without", "بی سطرهای مشترک"),
    "part": ("part", "یک بخش"),
}


def step_line(count: StepCount) -> str:
    """What a step did, in one line."""
    return (
        f"{count.kind}: {count.rows_in:,} → {count.rows_out:,} rows, "
        f"{count.changed:,} of them changed"
    )


def step_table(counts: list[StepCount], *, persian: bool) -> Markup:
    """What each step did."""
    head = (
        ("گام", "سطر پیش از آن", "سطر پس از آن", "سطر عوض‌شده")
        if persian
        else ("step", "rows before", "rows after", "rows changed")
    )
    rows = [
        (
            _STEPS.get(count.kind, (count.kind, count.kind))[persian],
            *(
                Markup(number(value, persian=persian))
                for value in (count.rows_in, count.rows_out, count.changed)
            ),
        )
        for count in counts
    ]
    return tables.table(head, rows, persian=persian)


def _changes(rows: list[ChangedRow], *, persian: bool) -> Markup:
    if not rows:
        return Markup("")
    head = ("سطر", "پیش", "پس") if persian else ("row", "before", "after")
    gone = "حذف" if persian else "dropped"
    return tables.table(
        head,
        [
            (
                Markup(number(row.number, persian=persian)),
                in_words(row.before),
                in_words(row.after) if row.after is not None else _faint(gone, row.step, persian),
            )
            for row in rows
        ],
        persian=persian,
    )


def _faint(word: str, step: str, persian: bool) -> Markup:
    by = f" ({_STEPS.get(step, (step, step))[persian]})" if step else ""
    return Markup(f'<i style="opacity: 0.7">{html.escape(word + by)}</i>')


def _plain_changes(rows: list[ChangedRow], most: int = 10) -> str:
    """The first changes, a line before and a line after."""
    lines = [
        f"\n{row.number:,} - {_one_line(in_words(row.before))}\n"
        f"{' ' * len(f'{row.number:,}')} + "
        + (_one_line(in_words(row.after)) if row.after is not None else _gone(row.step))
        for row in rows[:most]
    ]
    return "".join(lines)


def _gone(step: str) -> str:
    return f"(dropped: {step})" if step else "(dropped)"


def _one_line(text: str, limit: int = 100) -> str:
    line = " / ".join(text.split("\n"))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _thinned(histogram: Histogram, *, persian: bool) -> list[tuple[str, int]]:
    """A histogram with at most so many bars as an output has room for."""
    counts, edges = histogram.counts, histogram.edges
    step = -(-len(counts) // _BARS) or 1
    return [
        (
            "–".join(
                number(edge, persian=persian)
                for edge in (edges[first], edges[min(first + step, len(counts))])
            ),
            sum(counts[first : first + step]),
        )
        for first in range(0, len(counts), step)
    ]
