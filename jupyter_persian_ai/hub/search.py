"""Asking the Hub live: a search, and what one repository holds.

The addresses of a `Way` are asked in order, with its token where they may see it; the classes of
`huggingface_hub` read what comes back. The requests are ours (`asking`) because the library sets
neither a time limit nor a limit of size on a search, waits out a 429 by sleeping, and has one
proxy for all users. Blocks; must be called in a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from huggingface_hub import DatasetInfo, ModelInfo

from ..errors import HubOffline, HubProblem, HubThrottled, ModelUnsafe, NotFound, PersianAIError
from ..protocol.base import Note
from ..protocol.catalogue import HubFile, HubHit, HubRepo, HubResults, RepoType
from .account import unanswered
from .asking import Params, Said, ask, no_hub, shown
from .inspect import PICKLES
from .selection import CONVERTED, select
from .way import Way

Sort = Literal["downloads", "likes", "updated"]
Answer = TypeVar("Answer")

#: An address that did not answer is asked after the others for so long: on a filtered line each
#: try costs the whole time for connecting.
_SILENT_SECONDS = 60.0
_silent_until: dict[str, float] = {}
_MOST_FILES = 500  # of those that are shown
_PERSIAN = "language:fa"
_SORTS = {"downloads": "downloads", "likes": "likes", "updated": "lastModified"}
_FACTS = ("downloads", "likes", "gated", "tags", "lastModified")
_MODEL_FACTS = (*_FACTS, "pipeline_tag", "library_name", "safetensors")


@dataclass(frozen=True, slots=True)
class Question:
    """A search of the Hub; `persian` asks only for what says that it is Persian."""

    type: RepoType
    q: str = ""
    persian: bool = True
    sort: Sort = "downloads"
    limit: int = 30


def search(way: Way, question: Question) -> HubResults:
    """What the Hub finds.

    Raises:
        HubOffline: it cannot be reached, or what answers is no Hub.
        HubThrottled: it was asked too often.

    """
    model = question.type == "model"
    params = [
        ("search", question.q),
        ("sort", _SORTS[question.sort]),
        ("direction", "-1"),
        ("limit", str(question.limit + 1)),
        *(("expand", fact) for fact in (_MODEL_FACTS if model else _FACTS)),
    ]
    if question.persian:
        params.append(("filter", _PERSIAN if not model else "fa"))

    def at(endpoint: str) -> HubResults:
        answer = _asked(way, endpoint, f"/api/{question.type}s", params)
        if not isinstance(answer, list):
            no_hub(endpoint)
        try:
            hits = [_hit(_info(question.type, item), question.type) for item in answer]
        except (TypeError, KeyError, ValueError, AttributeError):
            no_hub(endpoint)
        return HubResults(
            items=hits[: question.limit],
            endpoint=shown(endpoint),
            more=len(hits) > question.limit,
        )

    return _first(way, at)


def repository(way: Way, repo_id: str, repo_type: RepoType, revision: str) -> HubRepo:
    """What a repository holds, and what of it a download would fetch.

    Raises:
        NotFound: there is no such repository or revision, or it may not be seen.
        HubOffline, HubThrottled: as `search`.

    """

    def at(endpoint: str) -> HubRepo:
        found = _looked_into(way, endpoint, repo_id, repo_type, revision)
        if found.chosen_files or repo_type != "dataset" or revision != "main":
            return found
        # What a download would fetch instead: see `remote`.
        with suppress(NotFound, HubProblem):
            converted = _looked_into(way, endpoint, repo_id, repo_type, CONVERTED)
            return converted if converted.chosen_files else found
        return found

    return _first(way, at)


def _looked_into(
    way: Way, endpoint: str, repo_id: str, repo_type: RepoType, revision: str
) -> HubRepo:
    path = f"/api/{repo_type}s/{quote(repo_id, safe='/')}/revision/{quote(revision, safe='')}"
    answer = _asked(way, endpoint, path, [("blobs", "true")], repo_id)
    if not isinstance(answer, dict):
        no_hub(endpoint)
    try:
        return _described(_info(repo_type, answer), repo_id, repo_type, revision, endpoint)
    except (TypeError, KeyError, ValueError, AttributeError):
        no_hub(endpoint)


def _described(
    info: ModelInfo | DatasetInfo, repo_id: str, repo_type: RepoType, revision: str, endpoint: str
) -> HubRepo:
    sizes = {file.rfilename: file.size for file in info.siblings or []}
    hit = _hit(info, repo_type)
    chosen, refused = _chosen(repo_id, repo_type, sizes)
    files = [
        HubFile(name=name, bytes=size, chosen=name in chosen, unsafe=_unsafe(name))
        for name, size in sizes.items()
    ]
    files.sort(key=lambda file: (not file.chosen, not file.unsafe, file.name))
    return HubRepo(
        repo_id=hit.repo_id,
        type=repo_type,
        revision=str(info.sha or revision),
        endpoint=shown(endpoint),
        files=files[:_MOST_FILES],
        files_total=len(files),
        bytes_total=sum(size or 0 for size in sizes.values()),
        chosen_files=len(chosen),
        chosen_bytes=sum(sizes[name] or 0 for name in chosen),
        unsafe_files=sum(file.unsafe for file in files),
        refused=refused,
        license=hit.license,
        gated=hit.gated,
        private=bool(info.private),
        task=hit.task,
        library=hit.library,
        parameters=hit.parameters,
        updated=hit.updated,
        downloads=hit.downloads,
        likes=hit.likes,
    )


def _first(way: Way, at: Callable[[str], Answer]) -> Answer:
    """The answer of the first address that gives one, else the failure that tells most."""
    way.need_online()
    failures: list[PersianAIError] = []
    now = time.monotonic()
    for endpoint in sorted(way.endpoints, key=lambda one: _silent_until.get(one, now) > now):
        try:
            answer = at(endpoint)
        except (HubProblem, HubThrottled, NotFound) as failure:
            failures.append(failure)
            if isinstance(failure, HubOffline):
                _silent_until[endpoint] = time.monotonic() + _SILENT_SECONDS
        else:
            _silent_until.pop(endpoint, None)
            return answer
    # That it is not there says more than that nobody answers.
    raise min(failures, key=lambda failure: isinstance(failure, HubOffline))


def _asked(way: Way, endpoint: str, path: str, params: Params, repo_id: str = "") -> Any:
    try:
        return ask(way, endpoint, path, params)
    except Said as answer:
        if answer.status in {401, 403, 404} and repo_id:
            raise NotFound(
                what="Hub repository that you may see",
                what_fa="مخزنی در هاب که اجازهٔ دیدنش را داشته باشید",
                id=repo_id,
            ) from None
        raise unanswered(answer) from None


def _info(repo_type: RepoType, item: Any) -> ModelInfo | DatasetInfo:
    # The library's classes take what the Hub says under its several names.
    kind: type[ModelInfo | DatasetInfo] = ModelInfo if repo_type == "model" else DatasetInfo
    return kind(**item)


def _hit(info: ModelInfo | DatasetInfo, repo_type: RepoType) -> HubHit:
    tags = [str(tag) for tag in info.tags or []]
    task = getattr(info, "pipeline_tag", None) or _tagged(tags, "task_categories:")
    weights = getattr(info, "safetensors", None)
    return HubHit(
        repo_id=info.id,
        type=repo_type,
        task=task,
        library=str(getattr(info, "library_name", None) or ""),
        license=_tagged(tags, "license:"),
        gated=bool(info.gated),
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        updated=info.last_modified,
        parameters=int(weights.total) or None if weights else None,
        safetensors=weights is not None or "safetensors" in tags,
    )


def _tagged(tags: list[str], prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")


def _chosen(
    repo_id: str, repo_type: RepoType, sizes: dict[str, int | None]
) -> tuple[set[str], Note | None]:
    try:
        return set(select(repo_id, repo_type, sizes, None)), None
    except (ModelUnsafe, HubProblem) as error:
        return set(), _why(error)


def _why(error: PersianAIError) -> Note:
    return Note(en=str(error.details["reason"]), fa=str(error.details["reason_fa"]))


def _unsafe(name: str) -> bool:
    dot = name.rfind(".")
    return dot >= 0 and (name[dot:].lower() in PICKLES or name.endswith(".py"))
