"""What is said of the Hub and of the way to it, as a notebook shows it: the protocol's words.

Owns the form alone. Must not fetch anything, and never sees a token.
"""

from __future__ import annotations

from ..protocol.catalogue import HubRepo
from ..protocol.hub import HubCheck, HubSettings, HubToken
from . import tables
from .dataset_views import Shown
from .display import amount
from .listing import columns
from .tables import number

#: Files of a repository in a terminal.
_FILES = 20
_YES = {True: ("yes", "آری"), False: ("no", "نه"), None: ("–", "–")}


class TokenState(HubToken):
    """What may be said of the token."""

    def __str__(self) -> str:
        if not self.set:
            return "no token is set"
        known = {True: "valid", False: "not valid", None: "not validated yet"}[self.valid]
        whose = f" of {self.account}" if self.account else ""
        role = f", {self.role}" if self.role else ""
        why = f": {self.problem.message}" if self.problem else ""
        return f"token …{self.last_four}{whose}{role}, {known}{why}"

    def __repr__(self) -> str:
        return f"<{self}>"


class Repository(HubRepo, Shown):
    """What a repository holds, and what a download of it would fetch."""

    def __str__(self) -> str:
        head = f"{self.repo_id} at {self.revision[:12]}, {self.license or 'no licence stated'}"
        fetched = f"a download fetches {self.chosen_files} of {self.files_total} files"
        lines = [
            head + (", its owners' terms must be accepted" if self.gated else ""),
            f"{fetched}, {amount(self.chosen_bytes)} of {amount(self.bytes_total)}",
        ]
        if self.refused is not None:
            lines.append(f"refused: {self.refused.en}")
        if self.unsafe_files:
            lines.append(f"{self.unsafe_files} files can hold code and are never fetched")
        files = [
            [
                one.name,
                "" if one.bytes is None else amount(one.bytes),
                "✓" if one.chosen else "unsafe" if one.unsafe else "",
            ]
            for one in self.files[:_FILES]
        ]
        return "\n".join([*lines, columns(["file", "size", "fetched"], files)])

    def _repr_html_(self) -> str:
        persian = self._persian
        names = (
            ("پروانه", "دریافت می‌شود", "همه", "مشروط")
            if persian
            else ("licence", "fetched", "whole", "gated")
        )
        figures = (
            self.license or "–",
            amount(self.chosen_bytes, persian),
            amount(self.bytes_total, persian),
            _YES[self.gated][persian],
        )
        head = ("فایل", "اندازه", "دریافت") if persian else ("file", "size", "fetched")
        unsafe = ("unsafe", "ناامن")[persian]
        rows = [
            (
                one.name,
                "" if one.bytes is None else amount(one.bytes, persian),
                "✓" if one.chosen else unsafe if one.unsafe else "",
            )
            for one in self.files
        ]
        told = tables.figures(dict(zip(names, figures, strict=True)), persian=persian)
        why = self.refused and (self.refused.fa if persian else self.refused.en)
        return (
            told
            + (tables.note(why, persian=persian) if why else "")
            + tables.table(head, rows, persian=persian)
        )


class Way(HubSettings, Shown):
    """How the Hub is reached: addresses in order, proxy, limits, offline."""

    def __str__(self) -> str:
        return "\n".join(f"{name:<12} {said}" for name, said in self._about(persian=False))

    def _repr_html_(self) -> str:
        return tables.table(("", ""), self._about(persian=self._persian), persian=self._persian)

    def _about(self, *, persian: bool) -> list[tuple[str, str]]:
        addresses = [one.url + (" (token)" if one.token else "") for one in self.endpoints]
        nothing = ("as the environment says", "همان که محیط می‌گوید")[persian]
        unlimited = ("no limit", "بی‌کران")[persian]
        per_second = ("{}/s", "{} در ثانیه")[persian]
        figures = {
            ("addresses", "نشانی‌ها"): ", ".join(addresses) or nothing,
            ("proxy", "پراکسی"): self.proxy or nothing,
            ("connections", "اتصال هم‌زمان"): number(self.connections, persian=persian),
            ("downloads", "دانلود هم‌زمان"): number(self.downloads, persian=persian),
            ("bandwidth", "پهنای باند"): per_second.format(amount(self.bandwidth, persian))
            if self.bandwidth
            else unlimited,
            ("offline", "آفلاین"): _YES[self.offline][persian],
        }
        return [(names[persian], said) for names, said in figures.items()]


class Checked(HubCheck, Shown):
    """How each address answers."""

    def __str__(self) -> str:
        if self.offline:
            return "offline: nobody was asked"
        return columns(
            ["address", "answers", "ms", "token", ""],
            [list(row) for row in self._rows(persian=False)],
        )

    def _repr_html_(self) -> str:
        persian = self._persian
        if self.offline:
            said = ("offline: nobody was asked", "آفلاین: از کسی پرسیده نشد")[persian]
            return tables.note(said, persian=persian)
        head = (
            ("نشانی", "پاسخ می‌دهد", "میلی‌ثانیه", "توکن", "")
            if persian
            else ("address", "answers", "ms", "token", "")
        )
        return tables.table(head, self._rows(persian=persian), persian=persian)

    def _rows(self, *, persian: bool) -> list[tuple[str, ...]]:
        return [
            (
                one.url,
                _YES[one.reachable][persian],
                "" if one.milliseconds is None else number(one.milliseconds, persian=persian),
                _YES[one.token_accepted][persian],
                ""
                if one.problem is None
                else (one.problem.message_fa if persian else one.problem.message),
            )
            for one in self.endpoints
        ]
