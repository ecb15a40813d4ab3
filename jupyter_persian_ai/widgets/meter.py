"""How far something is, while a cell or a script waits for it: one line, or a card with a bar.

Owns how often it is written and where. Must not know what is waited for.
"""

from __future__ import annotations

import html
import sys
import time
from typing import Any, Protocol, TextIO

from ..protocol.jobs import Job, JobKind
from . import display

#: Seconds between two drawings that say nothing new but another number.
_CALM = 0.5
#: Characters of a bar in a terminal.
_BAR = 20


class Meter(Protocol):
    """Where progress is shown."""

    def say(self, sentence: str, share: float | None, news: object = None) -> None:
        """Show a sentence and the share that is done; at once where `news` is another."""

    def end(self) -> None:
        """Nothing more comes."""


class ProgressLine:
    """One line that is written over where it can be, and now and then a new line elsewhere."""

    def __init__(
        self, name: str, *, persian: bool, out: TextIO | None = None, bar: bool = False
    ) -> None:
        self._out = out or sys.stdout
        self._bar = bar
        self._overwrites = display.kernel() is not None or self._out.isatty()
        # Terminals rarely order Persian right; a browser does.
        self.persian = persian and display.kernel() is not None
        self._name = name
        self._width = 0
        self._shown: object = None
        self._last = 0.0

    def show(self, job: Job) -> None:
        """Say where the job stands, if that is news."""
        show_job(self, job, persian=self.persian)

    def say(self, sentence: str, share: float | None, news: object = None) -> None:
        """Write the line, if it is news: another `news`, or another tenth."""
        news = (news, None if share is None else int(10 * share))
        moment = time.monotonic()
        if news == self._shown and not (self._overwrites and moment - self._last >= _CALM):
            return
        self._shown, self._last = news, moment
        line = f"{self._name}: {bar(share)}{sentence}" if self._bar else f"{self._name}: {sentence}"
        if self._overwrites:
            self._out.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._overwrites and self._width:
            self._out.write("\n")
            self._out.flush()


class ProgressCard:
    """A sentence over a bar, drawn over itself under the cell; any front end of Jupyter has it.

    An output that is updated and no widget: it needs no comm, and what it says at the end is kept
    in the notebook's file.
    """

    def __init__(self, name: str, *, persian: bool) -> None:
        self.persian = persian
        self._name = name
        self._handle: Any = None
        self._shown: object = None
        self._last = 0.0

    def say(self, sentence: str, share: float | None, news: object = None) -> None:
        """Draw it, if it is news or the last drawing is old enough."""
        moment = time.monotonic()
        if self._handle is not None and news == self._shown and moment - self._last < _CALM:
            return
        self._shown, self._last = news, moment
        bundle = {
            "text/plain": f"{self._name}: {sentence}",
            "text/html": self._page(sentence, share),
        }
        if self._handle is None:
            from IPython.display import display as show  # noqa: PLC0415 - only in a kernel

            self._handle = show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def end(self) -> None:
        """The last drawing stays."""

    def _page(self, sentence: str, share: float | None) -> str:
        value = "" if share is None else f' value="{min(max(share, 0.0), 1.0):.4f}"'
        way, lang = ("rtl", "fa") if self.persian else ("ltr", "en")
        return (
            f'<div dir="{way}" lang="{lang}" style="max-width: 40em">'
            f'<div><b><bdi dir="auto">{html.escape(self._name)}</bdi></b>: '
            f"<span>{html.escape(sentence)}</span></div>"
            f'<progress max="1"{value} style="width: 100%"></progress></div>'
        )


def meter(name: str, *, persian: bool, bar: bool = False) -> ProgressLine | ProgressCard:
    """What fits the place we are in; a `bar` in a terminal too, a card always has one."""
    if display.kernel() is None:
        return ProgressLine(name, persian=persian, bar=bar)
    return ProgressCard(name, persian=persian)


def bar(share: float | None) -> str:
    """A share as a bar of characters and a percentage, with a space behind; empty where unknown."""
    if share is None:
        return ""
    share = min(max(share, 0.0), 1.0)
    full = int(share * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {100 * share:3.0f} % "


def show_job(where: Meter, job: Job, *, persian: bool) -> None:
    """Say where a job stands."""
    progress = job.progress
    share = progress.done / progress.total if progress.total else None
    begins = job.kind is JobKind.DATASET and not (job.state.ended or share is not None)
    where.say(display.sentence(job, persian=persian), share, "beginning" if begins else job.state)
