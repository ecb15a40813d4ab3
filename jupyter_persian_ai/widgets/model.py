"""A model of the registry as a notebook holds it.

A handle is a name for it: looking asks the service. Must not load a model, nor keep its state.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from ..client import Client
from ..errors import Conflict, NotFound
from ..protocol.data import Model
from ..protocol.jobs import Job
from ..protocol.normaliser import NormaliserRecipe
from . import display
from .display import amount
from .model_views import Family, Tokens, Users, Versions
from .saving import saved

if TYPE_CHECKING:
    from .bundle import BundleJob
    from .chat import ChatWidget
    from .job import TrainingJob
    from .live import LiveWidget
    from .model_compare import Compared
    from .model_jobs import ModelJob, Push


class ModelHandle:
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

    def compare(self, *others: ModelHandle | str) -> Compared:
        """Lay it beside others: facts, figures, configuration, answers."""
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.compare(self, *others, client=self.client)

    # --- use ------------------------------------------------------------------------------------

    def chat(self, *, system: str = "", **sampling: Any) -> ChatWidget:
        """Begin a conversation with it; see `jupyter_persian_ai.chat`."""
        from .notebook import chat  # noqa: PLC0415 - it knows this module

        return chat(self, system=system, client=self.client, **sampling)

    def train(
        self, dataset: Any, recipe: str = "pretrain", name: str | None = None, **options: Any
    ) -> TrainingJob:
        """Teach it further; see `jupyter_persian_ai.train`. Makes a model of its own.

        With `version_of=` a model, the result becomes a version of that one.
        """
        from .notebook import train  # noqa: PLC0415 - it knows this module

        return train(dataset, recipe, self, name, client=self.client, **options)

    # --- take it out ----------------------------------------------------------------------------

    def download(self, path: str | Path, *, version: int | None = None) -> Path:
        """Write its folder as a zip to this machine; gives the file's path.

        Args:
            path: of this machine; a folder gets a file of the model's name.
            version: a number; the current one without it.

        """
        pieces = self.client.models.download(self.id, version=version)
        return saved(pieces, path, f"{self.name}.zip")

    def merge(
        self,
        adapter: str | Path,
        *,
        name: str = "",
        dtype: str | None = None,
        any_base: bool = False,
    ) -> ModelJob:
        """Begin to merge a LoRA adapter into it; the job's `.model` is a new model.

        Args:
            adapter: the adapter's folder, on the service's machine.
            name: of the result.
            dtype: of the result's weights: `float32`, `bfloat16` or `float16`.
            any_base: merge although the adapter names another base.

        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.merge(
            adapter, self, name=name, dtype=dtype, any_base=any_base, client=self.client
        )

    def export(
        self,
        format: Literal["safetensors", "gguf"] = "safetensors",
        *,
        version: int | None = None,
        **how: Any,
    ) -> ModelJob:
        """Begin to write it as files for elsewhere; the job's `.save(path)` brings them here.

        `how`: `dtype`, `shard_bytes` of safetensors; `gguf_type` (`f32`, `f16`, `bf16`, `q8_0`).
        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.export(self, format, version=version, client=self.client, **how)

    def push(self, repo_id: str, **how: Any) -> Push:
        """What pushing it to the Hub would send; nothing is sent before its `.send()`.

        `how`: `version`, `private` (true without it), `license`, `card`, `message`.
        """
        from .models import models  # noqa: PLC0415 - it knows this module

        return models.push(self, repo_id, client=self.client, **how)

    def bundle(
        self, folder: str | Path | None = None, *, part_bytes: int = 0, version: int | None = None
    ) -> BundleJob:
        """Begin to pack it to be carried elsewhere; see `pai.bundles.pack`."""
        from .bundles import bundles  # noqa: PLC0415 - it knows this module

        return bundles.pack(
            self, folder, part_bytes=part_bytes, version=version, client=self.client
        )

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
