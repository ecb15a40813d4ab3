"""`pai.models`: the list when it is called, and the ways to a model.

Owns what a user may give. Must not load a model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ..client import Client, current
from ..protocol.data import Model
from ..protocol.making import Confinement
from ..protocol.registry import DetectedModel
from . import display
from .display import amount
from .listing import Listing
from .model import ModelHandle, model_of
from .model_compare import Compared
from .model_jobs import ModelJob, Push
from .saving import there

#: What a name may be of.
Named = ModelHandle | Model | str


class Models:
    """Every model of the service: `models()` lists them, `get` finds one, `scan` looks for more."""

    def __call__(
        self,
        q: str = "",
        *,
        source: str = "",
        tag: str = "",
        sort: str = "",
        client: Client | None = None,
    ) -> Listing[ModelHandle]:
        """Models, newest first: all of them, or those that have what is asked.

        Args:
            q: words of name, notes, tags or repository.
            source: `trained`, `hub`, `path`, `converted`, `merged` or `bundle`.
            tag: one of their tags.
            sort: `name`, `bytes`, `parameters` or `created`.
            client: another service than the one in use.

        """
        service = current(client)
        found = service.models.all(q=q, source=source, tag=tag, sort=sort)
        return Listing(
            [ModelHandle(service, one) for one in found],
            {
                "id": lambda one: one.id,
                "name": lambda one: one.name,
                "version": _version,
                "task": lambda one: one.task,
                "parameters": lambda one: f"{one.parameters:,}",
                "size": lambda one: amount(one.bytes),
                "from": lambda one: one.source,
                "tags": lambda one: " ".join(_known(one).tags),
            },
        )

    def get(self, id_or_name: str, *, client: Client | None = None) -> ModelHandle:
        """A model by its id or its name; of one name the newest. Raises `NotFound`."""
        return model_of(current(client), id_or_name)

    def compare(self, *of: Named, client: Client | None = None) -> Compared:
        """Two to eight models side by side; `.answers(prompt)` lets each of them write.

        Raises:
            InvalidField: fewer than two, or too many.
            NotFound: there is no such model.

        """
        service = current(client)
        told = service.models.compare([model_of(service, one).id for one in of])
        return Compared.between(service, told, persian=_persian(service))

    # --- bring in -------------------------------------------------------------------------------

    def scan(
        self, path: str | Path = "", *, client: Client | None = None
    ) -> Listing[DetectedModel]:
        """Models on the service's machine that could be registered; nothing is kept.

        Args:
            path: a folder to look through; without it the Hub caches of that machine.
            client: another service than the one in use.

        """
        service = current(client)
        found = service.models.scan(there(service, path) if path else "")
        return Listing(
            found.items,
            {
                "name": lambda one: one.name,
                "size": lambda one: amount(one.bytes),
                "state": _standing,
                "path": lambda one: one.path,
            },
        )

    def add(
        self, path: str | Path | DetectedModel, name: str = "", *, client: Client | None = None
    ) -> ModelHandle:
        """Register a model folder of the service's machine, or what `scan` found.

        Raises:
            ModelProblem: it cannot be used; of a pickle or a GGUF file `import_` makes one.

        """
        service = current(client)
        where = path.path if isinstance(path, DetectedModel) else there(service, path)
        return ModelHandle(service, service.models.add_path(where, name))

    def import_(
        self,
        path: str | Path | DetectedModel,
        name: str = "",
        *,
        dtype: str | None = None,
        accept_risk: bool = False,
        client: Client | None = None,
    ) -> ModelJob:
        """Begin to make a usable model of a folder of pickles, or of a GGUF file.

        Args:
            path: on the service's machine, or what `scan` found.
            name: of the result.
            dtype: of the result: `float32`, `bfloat16` or `float16`; by default as it is.
            accept_risk: whether a pickle may be opened, in a locked-down process. A pickle can
                hold code of whoever made it; say so only of one whose origin you know.
            client: another service than the one in use.

        Raises:
            ModelProblem: it can be made no model, the risk was not accepted, or this machine
                cannot lock the process in; see `confinement`.

        """
        service = current(client)
        where = path.path if isinstance(path, DetectedModel) else there(service, path)
        ask: dict[str, Any] = {"path": where, "name": name, "accept_risk": accept_risk}
        if dtype:
            ask["dtype"] = dtype
        return ModelJob(service, service.model_jobs.convert(ask))

    def confinement(self, *, client: Client | None = None) -> Confinement:
        """What the service's machine can lock the opening of a pickle into."""
        return current(client).model_jobs.confinement()

    # --- make, take out -------------------------------------------------------------------------

    def merge(
        self,
        adapter: str | Path,
        base: Named,
        *,
        name: str = "",
        dtype: str | None = None,
        any_base: bool = False,
        client: Client | None = None,
    ) -> ModelJob:
        """Begin to merge a LoRA adapter into its base; see `ModelHandle.merge`."""
        service = current(client)
        ask: dict[str, Any] = {
            "recipe": "merge",
            "adapter": there(service, adapter),
            "model_id": model_of(service, base).id,
            "name": name,
            "any_base": any_base,
        }
        if dtype:
            ask["dtype"] = dtype
        return ModelJob(service, service.model_jobs.optimise(ask))

    def export(
        self,
        model: Named,
        format: Literal["safetensors", "gguf"] = "safetensors",
        *,
        client: Client | None = None,
        **how: Any,
    ) -> ModelJob:
        """Begin to write a model as files for elsewhere; see `ModelHandle.export`."""
        service = current(client)
        ask = {"recipe": "export", "model_id": model_of(service, model).id, "format": format}
        ask |= {name: value for name, value in how.items() if value is not None}
        return ModelJob(service, service.model_jobs.optimise(ask))

    def push(self, model: Named, repo_id: str, *, client: Client | None = None, **how: Any) -> Push:
        """What pushing a model to the Hub would send; nothing is sent before its `.send()`.

        `how`: `version`, `private` (true without it), `license`, `card`, `message`.

        Raises:
            HubProblem: the Hub cannot be asked, or the token may not write there.

        """
        service = current(client)
        ask = {"repo_id": repo_id} | {key: one for key, one in how.items() if one is not None}
        one = model_of(service, model)
        return Push.planned(service, one.id, ask, persian=_persian(service))

    def jobs(self, *, client: Client | None = None) -> Listing[ModelJob]:
        """Every conversion, merge, export and push, newest first."""
        service = current(client)
        return Listing(
            [ModelJob(service, one) for one in service.model_jobs.all()],
            {
                "id": lambda one: one.id,
                "what": lambda one: one._latest.recipe,
                "name": lambda one: one.name,
                "state": lambda one: display.sentence(one._latest),
            },
        )

    def __repr__(self) -> str:
        return "<models: models() lists them, models.get(...) gives one>"


def _known(one: ModelHandle) -> Model:
    return one._model


def _version(one: ModelHandle) -> str:
    known = _known(one)
    return str(known.version) if known.versions == 1 else f"{known.version} of {known.versions}"


def _standing(one: DetectedModel) -> str:
    """What can be done with what was found."""
    if one.model_id:
        return f"registered as {one.model_id}"
    if one.convertible:
        return f"{one.convertible}: can be imported"
    if one.refused is not None:
        return f"refused: {one.refused.message}"
    return "can be registered"


def _persian(client: Client) -> bool:
    return client.service.settings().language == "fa"


#: The word of the API.
models = Models()
