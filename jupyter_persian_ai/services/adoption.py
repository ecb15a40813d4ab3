"""What a completed job leaves behind in the registry: a model, or a version of one.

Owns the hook that runs in the transaction which takes the worker's last word, so that no job is
complete without its model and nothing is kept twice. Folders stay where workers wrote them, and
nothing in them but what our own training wrote is read here: facts of other folders come with
the worker's result, from `hub.inspect`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ..errors import ModelProblem, NotFound
from ..hub.folder import files_of, read_json
from ..persian import recipe_file
from ..protocol.base import new_id, now
from ..protocol.data import Model
from ..protocol.jobs import Job, JobKind, JobState
from ..store import jobs as job_rows
from ..store import model_origins
from ..store import model_versions as versions
from ..store import models as rows
from ..store.model_versions import Made
from .machine import folder_bytes

#: How models come about that no training made, by kind and recipe; `""` is any recipe.
_SOURCES = {
    (JobKind.DOWNLOAD, ""): "hub",
    (JobKind.MODEL, "convert"): "converted",
    (JobKind.MODEL, "gguf"): "converted",
    (JobKind.MODEL, "merge"): "merged",
    (JobKind.BUNDLE, "unpack"): "bundle",
}
#: What of a folder's facts describes a model; where it came from is not the folder's to say.
_FACTS = frozenset(
    {
        "architecture", "model_type", "dtype", "parameters", "bytes", "vocabulary",
        "context_length", "license", "normaliser", "figures", "repo_id", "revision",
    }
)  # fmt: skip
_CONFIG_BYTES = 4 * 2**20
#: What safetensors calls the types of numbers, and what everybody else does.
_DTYPES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16"}


def adopt(session: Session, job: Job) -> None:
    """Know the model that a completed job made or brought, and say so in the job's result.

    A job's result tells of a model by `path` and `model` (the facts of `inspect_folder`); its
    inputs may tell what it was made from (`parent_id`, `parent_version`) and which model it is to
    be a version of (`version_of`). A new model has the job's id. What a repository of the Hub
    brings becomes a version of the model that this repository is already.

    Adds `model_id` and `model_version` to the result.
    """
    if job.state is not JobState.COMPLETED:
        return
    user_id = job_rows.owner(session, job.id)
    model = _trained(job) if job.kind is JobKind.TRAINING else _brought(job)
    if model is None or model_origins.by_job(session, user_id, job.id):
        return
    model, made = _origin(session, user_id, job, model)
    model_id, number = _kept(session, user_id, job, model, made)
    told = {"model_id": model_id, "model_version": number}
    # A new model has its job's id; trainings and downloads need not say twice that they are done.
    known = model_id == job.id and job.kind in {JobKind.TRAINING, JobKind.DOWNLOAD}
    job_rows.amend_result(session, user_id, job.id, dict(job.result) | told, tell=not known)


def model_of(facts: dict[str, Any], folder: Path, *, name: str, source: str) -> Model:
    """A model by the facts of `inspect_folder`."""
    known = {key: value for key, value in facts.items() if key in _FACTS}
    known["dtype"] = _DTYPES.get(str(facts.get("dtype", "")), str(facts.get("dtype", "")))
    return Model.model_validate(
        known
        | {"id": new_id(), "name": name[:120], "path": str(folder)}
        | {"source": source, "created": now()}
    )


def config_of(folder: Path) -> dict[str, Any]:
    """The `config.json` of a folder that was found to be sound; `{}` when it cannot be read.

    It may have been changed since: no link out of the folder is followed, and size and depth are
    bounded.
    """
    try:
        place = files_of(folder).get("config.json")
        return read_json(place, _CONFIG_BYTES) if place else {}
    except ModelProblem:
        return {}


def _trained(job: Job) -> Model:
    folder = Path(str(job.result.get("model_path", "")))
    config = config_of(folder)
    return Model(
        id=job.id,
        name=job.name,
        source="trained",
        path=str(folder),
        architecture=str((config.get("architectures") or [""])[0]),
        model_type=str(config.get("model_type") or ""),
        dtype=str(config.get("dtype") or config.get("torch_dtype") or ""),
        parameters=int(job.result.get("parameters", 0)),
        bytes=folder_bytes(folder),
        vocabulary=int(config.get("vocab_size") or 0),
        context_length=int(config.get("max_position_embeddings") or 0),
        figures=dict(job.result.get("figures", {})),
        normaliser=recipe_file.read(folder),
        created=now(),
    )


def _brought(job: Job) -> Model | None:
    """None for what brings no model, and for one that the worker found unfit (its log says why)."""
    source = _SOURCES.get((job.kind, job.recipe)) or _SOURCES.get((job.kind, ""))
    facts = job.result.get("model")
    if source is None or not isinstance(facts, dict):
        return None
    name = str(job.options.get("name") or job.result.get("name") or job.name)
    found = model_of(facts, Path(str(job.result["path"])), name=name, source=source)
    told = {"id": job.id}
    if job.kind is JobKind.DOWNLOAD:
        told |= {"repo_id": str(job.result.get("repo_id") or "")}
        told |= {"revision": str(job.result.get("revision") or "")}
    return found.model_copy(update=told)


def _origin(session: Session, user_id: str, job: Job, model: Model) -> tuple[Model, Made]:
    """The model with what it was made from, and what that is called."""
    inputs = job.inputs
    parent_id = str(inputs.get("parent_id") or inputs.get("model_id") or "")
    number = inputs.get("parent_version", inputs.get("model_version"))
    parent = _model(session, user_id, parent_id)
    taken_from = job.options.get("adapter") or job.options.get("path")
    names = {
        "job": job.name,
        "recipe": job.recipe,
        "parent": parent.name if parent else str(inputs.get("model_name") or ""),
        "dataset": str(inputs.get("dataset_name") or ""),
        "file": Path(str(taken_from)).name if taken_from else "",
    }
    told: dict[str, Any] = {
        "job_id": job.id,
        "parent_id": parent_id,
        "dataset_id": str(inputs.get("dataset_id") or ""),
        "dataset_version": inputs.get("dataset_version"),
    }
    if parent and not model.license:
        # What is made from a model stands under its licence.
        told["license"] = parent.license
    made = Made(
        parent_version=number if isinstance(number, int) else parent.version if parent else None,
        note=str(inputs.get("version_note") or ""),
        names={name: said for name, said in names.items() if said},
    )
    return model.model_copy(update=told), made


def _kept(session: Session, user_id: str, job: Job, model: Model, made: Made) -> tuple[str, int]:
    """Keep it as a model or as a version; the model's id and the version's number."""
    wanted = str(job.inputs.get("version_of") or "")
    if wanted and _model(session, user_id, wanted):
        return wanted, versions.add(session, user_id, wanted, model, made).number
    if model.repo_id:
        for model_id, there in model_origins.at_path(session, user_id, model.path):
            # Fetched again, perhaps with more of its files.
            versions.refresh(session, user_id, model_id, there.number, model)
            return model_id, there.number
        for model_id in model_origins.of_repository(session, user_id, model.repo_id):
            return model_id, versions.add(session, user_id, model_id, model, made).number
    return rows.insert(session, user_id, model, made).id, 1


def _model(session: Session, user_id: str, model_id: str) -> Model | None:
    if not model_id:
        return None
    try:
        return rows.get(session, user_id, model_id)
    except NotFound:
        return None
