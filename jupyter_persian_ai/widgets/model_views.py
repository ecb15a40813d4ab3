"""What is known of a model, as a notebook shows it: the protocol's words with a form.

Owns the form alone. Must not fetch anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..protocol.quality import Fertility
from ..protocol.registry import Lineage, LineageEdge, LineageNode, ModelUsers, ModelVersion
from . import tables
from .dataset_views import Shown
from .display import amount
from .listing import Listing
from .tables import Markup, number

_VERSIONS_PERSIAN = {
    "number": "شماره",
    "current": "کنونی",
    "source": "از",
    "size": "اندازه",
    "note": "یادداشت",
    "made": "زمان",
}
#: Kinds of nodes of a lineage.
_KINDS = {
    "model": ("model", "مدل"),
    "job": ("job", "کار"),
    "dataset": ("data", "داده"),
    "hub": ("Hub", "هاب"),
    "file": ("file", "فایل"),
}
#: Kinds of what needs a model.
_USERS = {
    "conversation": ("conversation", "گفت‌وگو"),
    "job": ("job", "کار"),
    "model": ("model", "مدل"),
    "engine": ("engine", "موتور گفت‌وگو"),
}


class Versions(Listing[ModelVersion]):
    """Every version of a model, newest first; the current one is marked."""

    def __init__(self, versions: Iterable[ModelVersion]) -> None:
        super().__init__(
            versions,
            {
                "number": lambda one: one.number,
                "current": lambda one: "✓" if one.current else "",
                "source": lambda one: one.source,
                "size": lambda one: amount(one.bytes),
                "note": lambda one: one.note,
                "made": lambda one: one.created.astimezone().strftime("%Y-%m-%d %H:%M"),
            },
            persian=_VERSIONS_PERSIAN,
        )


class Family(Lineage, Shown):
    """What a model was made from and what was made from it, oldest first."""

    def __str__(self) -> str:
        lines = []
        for node in self._ordered():
            here = "→ " if node.id == self.focus else "  "
            lines.append(f"{here}{_KINDS[node.kind][0]} “{node.title}”{_gone(node, False)}")
            lines += [
                f"      {edge.how.en}: “{source.title}”" for edge, source in self._origins(node)
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        persian = self._persian
        head = ("", "نام", "از") if persian else ("", "name", "from")
        rows = []
        for node in self._ordered():
            origins = [
                f"{edge.how.fa if persian else edge.how.en}: {source.title}"
                for edge, source in self._origins(node)
            ]
            title = tables.isolated(node.title + _gone(node, persian))
            focus = node.id == self.focus
            rows.append(
                (
                    _KINDS[node.kind][persian],
                    Markup(f"<b>{title}</b>") if focus else title,
                    "\n".join(origins),
                )
            )
        return tables.table(head, rows, persian=persian)

    def _ordered(self) -> list[LineageNode]:
        return sorted(self.nodes, key=lambda node: node.layer)

    def _origins(self, node: LineageNode) -> Iterator[tuple[LineageEdge, LineageNode]]:
        known = {one.id: one for one in self.nodes}
        for edge in self.edges:
            if edge.target == node.id and edge.source in known:
                yield edge, known[edge.source]


class Users(ModelUsers, Shown):
    """Who would miss a model, and what deleting it would free."""

    def __str__(self) -> str:
        lines = [f"deleting frees {amount(self.frees_bytes)}"]
        lines += [self.kept.en] if self.kept else []
        lines += [
            f"{one.kind} “{one.title}”{' needs it now' if one.blocks else ''}" for one in self.users
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        persian = self._persian
        frees = ("deleting frees", "با حذف آزاد می‌شود")[persian]
        parts = [tables.figures({frees: amount(self.frees_bytes, persian)}, persian=persian)]
        if self.kept:
            kept = self.kept.fa if persian else self.kept.en
            parts.append(tables.note(kept, persian=persian))
        if self.users:
            head = ("", "نام", "هم‌اکنون لازمش دارد") if persian else ("", "name", "needs it now")
            rows = [
                (_USERS[one.kind][persian], one.title, "✓" if one.blocks else "")
                for one in self.users
            ]
            parts.append(tables.table(head, rows, persian=persian))
        return "".join(parts)


class Tokens(Fertility, Shown):
    """What a tokenizer makes of Persian."""

    def __str__(self) -> str:
        lines = [f"{name:<20} {figure}" for name, figure in self._about(persian=False).items()]
        if self.lost:
            lines.append(f"lost: {' '.join(self.lost[:20])}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return tables.figures(self._about(persian=self._persian), persian=self._persian)

    def _about(self, *, persian: bool) -> dict[str, str]:
        kept = (("no", "yes"), ("نه", "آری"))[persian][self.half_spaces_kept]
        about = {
            ("tokens a word", "توکن در هر واژه"): number(
                self.tokens_per_word, persian=persian, decimals=2
            ),
            ("characters a token", "نویسه در هر توکن"): number(
                self.characters_per_token, persian=persian, decimals=2
            ),
            ("unknown tokens", "توکن ناشناخته"): number(self.unknown_tokens, persian=persian),
            ("characters lost", "نویسهٔ ازدست‌رفته"): number(self.lost_count, persian=persian),
            ("half-spaces kept", "نیم‌فاصله می‌ماند"): kept,
        }
        return {names[persian]: figure for names, figure in about.items()}


def _gone(node: LineageNode, persian: bool) -> str:
    return (" (deleted)", " (حذف‌شده)")[persian] if node.gone else ""
