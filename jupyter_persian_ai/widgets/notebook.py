"""The functions of `import jupyter_persian_ai as pai`: a thin way to the service.

Each takes what a person has at hand (a name, a path, a frame) and returns what shows itself.
Must not do what the service does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import Client, current
from ..errors import InvalidRequest
from ..protocol.data import DatasetShape, Model
from ..protocol.gate import Choice
from ..protocol.recipes import RECIPES, ModelShape
from . import training
from .chat import ChatWidget
from .forecast import Forecast
from .job import TrainingJob, job_page
from .listing import Listing
from .model import ModelHandle, model_of
from .training_data import dataset_of

#: More lines than this cannot be told apart by colour.
MOST_COMPARED = 10


def train(
    dataset: Any,
    recipe: str = "pretrain",
    model: ModelHandle | Model | str | None = None,
    name: str | None = None,
    *,
    test: Any = None,
    version_of: ModelHandle | Model | str | None = None,
    fields: Mapping[str, str] | None = None,
    fit: bool = False,
    client: Client | None = None,
    **options: Any,
) -> TrainingJob:
    """Start a training job; it goes on without this notebook.

    Args:
        dataset: a dataset (that very version of it), its id or name, `"hafez"` for the sample, a
            path, a dataset of the Hub (`"owner/name"`), a pandas frame, a `datasets.Dataset`, or a
            list of strings or mappings.
        recipe: `pretrain` (learn to write from text), `sft` (learn to answer), `classify`, `ner`
            or `dpo`.
        model: a model, its id or its name, to continue from.
        name: name of the job.
        test: data in the same forms, on which the result is judged once, at the end.
        version_of: a model that the result becomes a version of, to be promoted; without it the
            result is a model of its own.
        fields: our field names to the file's, such as `{"text": "body"}`.
        fit: let the service choose batch, accumulation, precision and checkpointing for its
            machine; a step still learns from as many sequences as the options say.
        client: another service than the one in use.
        options: the recipe's options, such as `epochs`, `max_steps`, `learning_rate`; those
            of a new model (`hidden_size`, `layers`, `heads`, `vocab_size`) may stand among them.

    Raises:
        DatasetProblem: the data cannot be used.
        InvalidField: an option is unknown or out of range.
        TooLittleMemory, DiskFull, LaunchRefused: it could not run; `details["change"]` has the
            options that would mend it. Nothing is started in any of these cases.

    """
    service = current(client)
    ask = _ask(service, dataset, recipe, model, fields, options)
    if test is not None:
        shape = service.datasets.get(ask["dataset_id"]).shape
        judged_on = dataset_of(service, test, shape=shape, fields=fields)
        ask |= {"test_dataset_id": judged_on.id, "test_dataset_version": judged_on.number}
    if fit:
        ask["options"] = {**ask["options"], **service.training.fit(ask).change}
    if version_of is not None:
        ask["version_of"] = model_of(service, version_of).id
    return TrainingJob(service, service.training.submit({**ask, "name": name or ""}))


def estimate(
    dataset: Any,
    recipe: str = "pretrain",
    model: ModelHandle | Model | str | None = None,
    *,
    fields: Mapping[str, str] | None = None,
    fit: bool = False,
    rehearse: bool = False,
    client: Client | None = None,
    **options: Any,
) -> Forecast:
    """What `train` with the same arguments would need; nothing is started.

    Args:
        dataset: as in `train`.
        recipe: as in `train`.
        model: as in `train`.
        fields: as in `train`.
        fit: of the options that `train(fit=True)` would take.
        rehearse: take one real step first, in a process of its own: memory and time are measured.
        client: another service than the one in use.
        options: as in `train`.

    Raises:
        DatasetProblem, InvalidField, NotFound: as in `train`.
        Busy, TooSlowToTry: of the rehearsal.

    """
    service = current(client)
    ask = _ask(service, dataset, recipe, model, fields, options)
    chosen: list[Choice] = []
    if fit:
        fitted = service.training.fit(ask)
        ask["options"] = {**ask["options"], **fitted.change}
        chosen = fitted.chosen
    if rehearse:
        service.training.rehearse(ask)
    return Forecast(service.training.estimate(ask), ask["options"], chosen)


def chat(
    model: ModelHandle | Model | TrainingJob | str,
    *,
    system: str = "",
    client: Client | None = None,
    **sampling: Any,
) -> ChatWidget:
    """Begin a conversation with a model; `.ask(text)` works without a display too.

    Args:
        model: a model, its id or name, or a job that has made one.
        system: instructions that stand before the conversation.
        client: another service than the one in use.
        sampling: `temperature`, `top_p`, `top_k`, `repetition_penalty`, `max_new_tokens`, `seed`.

    Raises:
        NotFound: no such model.
        Conflict: the job has made no model yet.
        InvalidField: a value of `sampling` is out of range.

    """
    service = current(client)
    chosen = model.model if isinstance(model, TrainingJob) else model_of(service, model)
    ask: dict[str, Any] = {"model_id": chosen.id, "system": system}
    if sampling:
        ask["sampling"] = sampling
    return ChatWidget(service, service.chat.create(ask))


def jobs(client: Client | None = None) -> Listing[TrainingJob]:
    """Every training job, newest first."""
    service = current(client)
    return job_page(service, service.training.all())


def job(id: str, client: Client | None = None) -> TrainingJob:
    """A job by its id, such as one that was started in another notebook or in the panel."""
    service = current(client)
    return TrainingJob(service, service.training.get(id))


def compare(*of: TrainingJob | str, transport: str = "auto") -> training.Comparison:
    """Several jobs on one figure, live; takes two to ten jobs or their ids.

    Raises:
        InvalidRequest: fewer than two different jobs, or more than ten.
        NotFound: no such job.

    """
    found = [one if isinstance(one, TrainingJob) else job(one) for one in of]
    different = list({one.id: one for one in found}.values())
    if not 2 <= len(different) <= MOST_COMPARED:
        raise InvalidRequest(
            field="jobs", reason=f"two to {MOST_COMPARED} different jobs can be compared"
        )
    return training.Comparison(different, transport=transport)


class LossCurve(training.LossCurve):
    """The curve of a job alone, live; takes the job or its id."""

    def __init__(self, of: TrainingJob | str, *, transport: str = "auto") -> None:
        super().__init__(of if isinstance(of, TrainingJob) else job(of), transport=transport)


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the service has them: those of a new model are a group of their own."""
    options = dict(given)
    shape = {name: options.pop(name) for name in ModelShape.model_fields if name in options}
    if shape:
        options["shape"] = {**options.get("shape", {}), **shape}
    return options


def _ask(
    service: Client,
    dataset: Any,
    recipe: str,
    model: ModelHandle | Model | str | None,
    fields: Mapping[str, str] | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """The request of a run; data that is not there yet is imported."""
    known = next((one for one in RECIPES if one.id == recipe), None)
    shapes = [DatasetShape(shape) for shape in known.dataset_shapes] if known else []
    data = dataset_of(service, dataset, shapes=shapes, fields=fields)
    ask: dict[str, Any] = {
        "recipe": recipe,
        "dataset_id": data.id,
        "dataset_version": data.number,
        "options": _options(options),
    }
    if model is not None:
        ask["model_id"] = model_of(service, model).id
    return ask
