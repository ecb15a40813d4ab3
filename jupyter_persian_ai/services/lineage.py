"""The story of a model as a graph: what its versions were made from, and what was made from them.

Owns which things are in it, what they are called and in which layer they stand. It reads what
was written down when each version was made, so that it can tell of models, jobs and data that
were deleted since.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from ..errors import NotFound
from ..persian.digits import to_persian
from ..protocol.base import Note
from ..protocol.jobs import Job
from ..protocol.recipes import RECIPES
from ..protocol.registry import Lineage, LineageEdge, LineageNode, ModelVersion
from ..store import Store, model_origins, model_versions, versions
from ..store import datasets as dataset_rows
from ..store import jobs as job_rows
from ..store import models as model_rows
from ..store.job_view import place

#: More things than this nobody can look at.
MOST_NODES = 200

_MADE = Note(en="made", fa="ساخت")
_BASE = Note(en="base model", fa="مدل پایه")
_LEARNED = Note(en="learned from", fa="دادهٔ آموزش")
_DERIVED = Note(en="made of it", fa="از آن ساخته شد")
_FETCHED = Note(en="fetched from", fa="دریافت از")
_READ = Note(en="read from", fa="خوانده از")
#: What jobs are that train nothing, by kind and recipe.
_JOBS = {
    "hub": Note(en="Download", fa="دانلود"),
    "convert": Note(en="Conversion", fa="تبدیل"),
    "gguf": Note(en="Conversion from GGUF", fa="تبدیل از GGUF"),
    "merge": Note(en="Merge", fa="ادغام"),
    "unpack": Note(en="Bundle taken in", fa="باز کردن بسته"),
    "import": Note(en="Import", fa="وارد کردن"),
    "version": Note(en="Preparation of data", fa="آماده‌سازی داده"),
    "split": Note(en="Split", fa="تقسیم داده"),
}


class LineageOfModels:
    """Draws the stories of a user's models."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, user_id: str, model_id: str) -> Lineage:
        """Everything that a model came from and that came from it.

        Raises:
            NotFound: no such model of this user.

        """
        return await self._store.aread(lambda s: drawn(s, user_id, model_id))


def drawn(session: Session, user_id: str, model_id: str) -> Lineage:
    """`LineageOfModels.of`, within a transaction."""
    model = model_rows.get(session, user_id, model_id)
    graph = _Graph(session, user_id)
    for version in reversed(model_versions.of_model(session, user_id, model_id)):
        graph.version(model_id, version)
        graph.onward(model_id, version.number)
    return graph.lineage(f"model:{model_id}:{model.version}")


@dataclass(eq=False, slots=True)
class _Graph:
    """Nodes and edges while they are collected."""

    session: Session
    user_id: str
    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: dict[tuple[str, str], Note] = field(default_factory=dict)
    _onward: set[tuple[str, int]] = field(default_factory=set)

    # --- collecting ---------------------------------------------------------------------------

    def version(self, model_id: str, version: ModelVersion) -> str:
        """A version that is there, with all that it came from; its node."""
        key = f"model:{model_id}:{version.number}"
        if key in self.nodes or self._full:
            return key
        model = model_rows.get(self.session, self.user_id, model_id)
        self._add(
            key,
            "model",
            model.name,
            detail=_numbered(version.number),
            link=f"model:{model_id}",
        )
        names = model_origins.names(self.session, model_id, version.number)
        # What it came from had a part in the job that made it, where there was one.
        maker = self._job(version, names)
        if maker:
            self._tie(maker, key, _MADE)
        target = maker or key
        self._origins(version, names, target, maker=bool(maker))
        return key

    def onward(self, model_id: str, number: int) -> None:
        """All that was made from a version, and from that, and so on."""
        if (model_id, number) in self._onward or self._full:
            return
        self._onward.add((model_id, number))
        for child_id, child in model_origins.made_from(
            self.session, self.user_id, model_id, number
        ):
            self.version(child_id, child)
            self.onward(child_id, child.number)

    def lineage(self, focus: str) -> Lineage:
        """What was collected, each node in a layer above all that it came from."""
        layers = self._layers()
        nodes = [node.model_copy(update={"layer": layers[key]}) for key, node in self.nodes.items()]
        edges = [
            LineageEdge(source=source, target=target, how=how)
            for (source, target), how in self.edges.items()
        ]
        return Lineage(focus=focus, nodes=sorted(nodes, key=lambda one: one.layer), edges=edges)

    # --- inside -------------------------------------------------------------------------------

    @property
    def _full(self) -> bool:
        return len(self.nodes) >= MOST_NODES

    def _origins(
        self, version: ModelVersion, names: dict[str, str], target: str, *, maker: bool
    ) -> None:
        if version.parent_id:
            parent = self._parent(version, names)
            self._tie(parent, target, _BASE if maker else _DERIVED)
        if version.dataset_id:
            data = self._dataset(version.dataset_id, version.dataset_version, names.get("dataset"))
            self._tie(data, target, _LEARNED)
        if version.repo_id:
            place = f"hub:{version.repo_id}@{version.revision}"
            short = version.revision[:12]
            self._add(place, "hub", version.repo_id, detail=Note(en=short, fa=short))
            self._tie(place, target, _FETCHED)
        elif file := names.get("file") or (version.path if version.source == "path" else ""):
            place = f"file:{file}"
            self._add(place, "file", Path(file).name or file)
            self._tie(place, target, _READ)

    def _parent(self, version: ModelVersion, names: dict[str, str]) -> str:
        number = version.parent_version or 1
        try:
            found = model_versions.get(self.session, self.user_id, version.parent_id, number)
        except NotFound:
            key = f"model:{version.parent_id}:{number}"
            title = self._model_name(version.parent_id) or names.get("parent") or "?"
            self._add(key, "model", title, detail=_numbered(number), gone=True)
            return key
        return self.version(version.parent_id, found)

    def _model_name(self, model_id: str) -> str:
        try:
            return model_rows.get(self.session, self.user_id, model_id).name
        except NotFound:
            return ""

    def _job(self, version: ModelVersion, names: dict[str, str]) -> str:
        """The job that made a version; empty when none did."""
        if not version.job_id:
            return ""
        key = f"job:{version.job_id}"
        if key in self.nodes:
            return key
        try:
            job: Job | None = job_rows.get(self.session, self.user_id, version.job_id)
        except NotFound:
            job = None
        recipe = job.recipe if job else names.get("recipe", "")
        self._add(
            key,
            "job",
            job.name if job else names.get("job") or "?",
            detail=_recipe_title(recipe),
            link=place(job.kind, job.id) if job else "",
            gone=job is None,
        )
        return key

    def _dataset(self, dataset_id: str, number: int | None, name: str | None) -> str:
        """A version of a dataset, with those that it was made from."""
        key = f"dataset:{dataset_id}:{number or ''}"
        if key in self.nodes or self._full:
            return key
        numbered = _numbered(number) if number else None
        try:
            dataset = dataset_rows.get(self.session, self.user_id, dataset_id)
        except NotFound:
            self._add(key, "dataset", name or "?", detail=numbered, gone=True)
            return key
        link = f"dataset:{dataset_id}"
        try:
            found, _ = versions.get(self.session, self.user_id, dataset_id, number)
        except NotFound:
            self._add(key, "dataset", dataset.name, detail=numbered, link=link, gone=True)
            return key
        self._add(key, "dataset", dataset.name, detail=numbered, link=link)
        if found.parent_dataset_id:
            before = self._dataset(found.parent_dataset_id, found.parent_number, None)
            self._tie(before, key, _DERIVED)
        return key

    def _add(
        self,
        key: str,
        kind: str,
        title: str,
        *,
        detail: Note | None = None,
        link: str = "",
        gone: bool = False,
    ) -> None:
        if key not in self.nodes:
            told = {"id": key, "kind": kind, "title": title, "detail": detail}
            self.nodes[key] = LineageNode.model_validate(told | {"link": link, "gone": gone})

    def _tie(self, source: str, target: str, how: Note) -> None:
        if source in self.nodes and target in self.nodes and source != target:
            self.edges.setdefault((source, target), how)

    def _layers(self) -> dict[str, int]:
        """The longest way to each node from one that came from nothing we know."""
        before: dict[str, list[str]] = {key: [] for key in self.nodes}
        for source, target in self.edges:
            before[target].append(source)
        layers: dict[str, int] = {}

        def layer(key: str, above: frozenset[str]) -> int:
            if key not in layers:
                known = [one for one in before[key] if one not in above]
                layers[key] = max((layer(one, above | {key}) + 1 for one in known), default=0)
            return layers[key]

        for key in self.nodes:
            layer(key, frozenset())
        return layers


def _numbered(version: int) -> Note:
    return Note(en=f"version {version}", fa=f"نسخهٔ {to_persian(str(version))}")


def _recipe_title(recipe: str) -> Note | None:
    known = next((one for one in RECIPES if one.id == recipe), None)
    if known is not None:
        return Note(en=known.title, fa=known.title_fa)
    return _JOBS.get(recipe)
