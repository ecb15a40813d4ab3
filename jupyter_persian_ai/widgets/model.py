"""A model of the registry as a notebook holds it.

A handle is a name for it: looking asks the service. Must not load a model, nor keep its state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ..client import Client
from ..errors import Conflict, NotFound
from ..protocol.data import Model
from ..protocol.jobs import Job
from ..protocol.normaliser import NormaliserRecipe
from .display import amount
from .live_view import LiveView
from .model_deeds import Deeds
from .model_views import Family, Tokens, Users, Versions

if TYPE_CHECKING:
    from .live import LiveWidget


class ModelHandle(LiveView, Deeds):
    """One model of the service; its versions are numbered, and the current one is what is used."""

    def __init__(self, client: Client, model: Model) -> None:
        self.client = client
        self._model = model
        self._widget: LiveWidget | None = None

    @property
    def id(self) -> str:
        """Its id in the service."""
        return self._model.id

    @property
    def name(self) -> str:
        """Its name."""
        return self._model.name

    @property
    def info(self) -> Model:
        """All that the service says of it, now; of a version, its current one."""
        self._model = self.client.models.get(self.id)
        return self._model

    @property
    def number(self) -> int:
        """Number of the current version."""
        return self.info.version

    @property
    def path(self) -> str:
        """Folder of the current version, on the service's machine."""
        return self._model.path

    @property
    def source(self) -> str:
        """Where it came from: `trained`, `hub`, `path`, `converted`, `merged` or `bundle`."""
        return self._model.source

    @property
    def job_id(self) -> str | None:
        """The job that made the current version, if one did."""
        return self._model.job_id

    @property
    def task(self) -> str:
        """What it does, as the Hub names tasks."""
        return self._model.task

    @property
    def parameters(self) -> int:
        """How many weights it has."""
        return self._model.parameters

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return self._model.bytes

    @property
    def license(self) -> str:
        """Its licence, as the Hub writes it."""
        return self._model.license

    @property
    def figures(self) -> dict[str, Any]:
        """What was measured of it, such as its loss on data it had not seen."""
        return self._model.figures

    @property
    def normaliser(self) -> NormaliserRecipe | None:
        """The recipe that the texts it learnt from went through, if any did."""
        return self._model.normaliser

    @property
    def tags(self) -> list[str]:
        """Its tags, now."""
        return self.info.tags

    @property
    def notes(self) -> str:
        """What was noted of it, now."""
        return self.info.notes

    # --- say something of it --------------------------------------------------------------------

    def rename(self, name: str) -> Self:
        """Change its name; gives itself."""
        return self._changed(name=name)

    def note(self, text: str) -> Self:
        """Note something, in place of what was noted before; gives itself."""
        return self._changed(notes=text)

    def tag(self, *tags: str) -> Self:
        """Add tags; gives itself."""
        return self._changed(tags=list(dict.fromkeys([*self.info.tags, *tags])))

    def untag(self, *tags: str) -> Self:
        """Take tags away, all of them without a name; gives itself."""
        kept = [tag for tag in self.info.tags if tags and tag not in tags]
        return self._changed(tags=kept)

    # --- versions -------------------------------------------------------------------------------

    def versions(self) -> Versions:
        """Every version, newest first."""
        return Versions(self.client.models.versions(self.id))

    def promote(self, number: int) -> Self:
        """Use this version from now on; `rollback` returns. Gives itself."""
        self._model = self.client.models.promote(self.id, number)
        return self

    def rollback(self) -> Self:
        """Use the version again that was current before. Raises `Conflict` without one."""
        self._model = self.client.models.rollback(self.id)
        return self

    def add_version(self, model: ModelHandle, *, note: str = "", promote: bool = False) -> Self:
        """Make another model a version of this one; it is no model of its own any more."""
        ask = {"model_id": model.id, "note": note, "promote": promote}
        self.client.models.add_version(self.id, ask)
        _ = self.info
        return self

    def delete_version(self, number: int) -> None:
        """Delete one version. Raises `Conflict`, also for the current one."""
        self.client.models.delete_version(self.id, number)

    # --- look -----------------------------------------------------------------------------------

    def lineage(self) -> Family:
        """What it was made from and what was made from it: models, jobs, data."""
        return Family.of(self.client.models.lineage(self.id), persian=self._persian())

    def tokenizer(self) -> Tokens:
        """What its tokenizer makes of Persian."""
        return Tokens.of(self.client.models.tokenizer(self.id), persian=self._persian())

    def users(self, version: int | None = None) -> Users:
        """Who would miss it, or a version of it, and how many bytes deleting would free."""
        told = self.client.models.users(self.id, version=version)
        return Users.of(told, persian=self._persian())

    def delete(self) -> None:
        """Delete it with its versions. Raises `Conflict`, which says who needs it."""
        self.client.models.delete(self.id)

    # --- showing ------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelHandle) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        one = self._model
        about = [f"version {one.version} of {one.versions}", one.task]
        about += [f"{one.parameters:,} parameters"] if one.parameters else []
        about += [amount(one.bytes)] if one.bytes else []
        about += [one.license] if one.license else []
        return f"<model {one.id} “{one.name}” {', '.join(about)}>"

    def widget(self) -> LiveWidget:
        """Its card; the same one each time."""
        from .model_widget import ModelWidget  # noqa: PLC0415 - only where something is shown

        if self._widget is None:
            self._widget = ModelWidget(self)
        return self._widget

    # --- how ------------------------------------------------------------------------------------

    def _handle(self) -> ModelHandle:
        return self

    def _changed(self, **changed: Any) -> Self:
        self._model = self.client.models.change(self.id, changed)
        return self

    def _persian(self) -> bool:
        return self.client.service.settings().language == "fa"


def model_of(client: Client, wanted: ModelHandle | Model | str) -> ModelHandle:
    """A model by its handle, id or name; of one name the newest. Raises `NotFound`."""
    if isinstance(wanted, ModelHandle):
        return wanted
    if isinstance(wanted, Model):
        return ModelHandle(client, wanted)
    known = client.models.all()
    for found in (one for word in ("id", "name") for one in known if getattr(one, word) == wanted):
        return ModelHandle(client, found)
    raise NotFound(what="model", id=wanted)


def made_by(client: Client, job: Job) -> ModelHandle:
    """The model that a job made, or made a version of. Raises `Conflict` without one."""
    named = job.result.get("model_id") or job.inputs.get("version_of")
    known = client.models.all()
    path = str(job.result.get("path", ""))
    for found in (
        [one for one in known if one.id == named],
        [one for one in known if one.job_id == job.id],
        [one for one in known if path and one.path == path],
    ):
        if found:
            return ModelHandle(client, found[0])
    raise Conflict(
        reason="it has made no model, or its model was deleted",
        reason_fa="مدلی نساخته است یا مدل آن حذف شده است",
    )
