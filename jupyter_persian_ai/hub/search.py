"""Asking the Hub live: a search, and what one repository holds.

Uses the session, the address (`HF_ENDPOINT`) and the offline switch of `huggingface_hub`, and its
classes to read what comes back; the request itself is ours because the library sets neither a
time limit nor a limit of size on a search, and waits out a 429 by sleeping. Only public access:
no token is read or sent. Blocks; must be called in a thread.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import quote

from huggingface_hub import DatasetInfo, ModelInfo, constants, get_session
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

from ..errors import HubOffline, HubProblem, HubThrottled, ModelUnsafe, NotFound, PersianAIError
from ..protocol.base import Note
from ..protocol.catalogue import HubFile, HubHit, HubRepo, HubResults, RepoType
from .inspect import PICKLES
from .selection import select

Sort = Literal["downloads", "likes", "updated"]
Params = list[tuple[str, str | int | float | bool | None]]

#: What the library's HTTP client raises when the network fails; see `fetch`.
_NETWORK: type[BaseException] = HfHubHTTPError.__bases__[0]
_SECONDS = 10.0  # for each connection and each piece of an answer
_WHOLE_SECONDS = 15.0
_MOST_BYTES = 32 * 2**20  # the list of a repository of 100,000 files has about 20 MB
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


def endpoint() -> str:
    """Who is asked."""
    return constants.ENDPOINT


def search(question: Question) -> HubResults:
    """What the Hub finds.

    Raises:
        HubOffline: it cannot be reached, or what answers is no Hub.
        HubThrottled: it was asked too often.

    """
    model = question.type == "model"
    params: Params = [
        ("search", question.q),
        ("sort", _SORTS[question.sort]),
        ("direction", "-1"),
        ("limit", str(question.limit + 1)),
        *(("expand", fact) for fact in (_MODEL_FACTS if model else _FACTS)),
    ]
    if question.persian:
        params.append(("filter", _PERSIAN if not model else "fa"))
    answer = _ask(f"/api/{question.type}s", params)
    if not isinstance(answer, list):
        _no_hub()
    try:
        hits = [_hit(_info(question.type, item), question.type) for item in answer]
    except (TypeError, KeyError, ValueError, AttributeError):
        _no_hub()
    return HubResults(
        items=hits[: question.limit], endpoint=endpoint(), more=len(hits) > question.limit
    )


def repository(repo_id: str, repo_type: RepoType, revision: str) -> HubRepo:
    """What a repository holds, and what of it a download would fetch.

    Raises:
        NotFound: there is no such repository or revision, or it is private.
        HubOffline, HubThrottled: as `search`.

    """
    path = f"/api/{repo_type}s/{quote(repo_id, safe='/')}/revision/{quote(revision, safe='')}"
    answer = _ask(path, [("blobs", "true")], repo_id)
    if not isinstance(answer, dict):
        _no_hub()
    try:
        info = _info(repo_type, answer)
        sizes = {file.rfilename: file.size for file in info.siblings or []}
        hit = _hit(info, repo_type)
    except (TypeError, KeyError, ValueError, AttributeError):
        _no_hub()
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
        endpoint=endpoint(),
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


def _ask(path: str, params: Params, repo_id: str = "") -> Any:
    """The JSON that `path` answers with, within limits of time and size."""
    session, until = get_session(), time.monotonic() + _WHOLE_SECONDS
    headers = build_hf_headers(token=False)
    url, body = endpoint() + path, bytearray()
    try:
        with session.stream("GET", url, params=params, headers=headers, timeout=_SECONDS) as answer:
            if answer.status_code >= 400:
                _refused(answer.status_code, answer.headers, repo_id)
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    _no_hub()
                if time.monotonic() > until:
                    _too_slow()
    except OfflineModeIsEnabled as error:
        raise HubOffline(
            endpoint=endpoint(),
            reason="offline mode is on (HF_HUB_OFFLINE)",
            reason_fa="حالت برون‌خط روشن است (HF_HUB_OFFLINE)",
        ) from error
    except _NETWORK as error:
        if "Timeout" in type(error).__name__:
            _too_slow()
        raise HubOffline(
            endpoint=endpoint(),
            reason="no connection comes about",
            reason_fa="ارتباطی برقرار نمی‌شود",
        ) from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        _no_hub()


def _refused(status: int, headers: Any, repo_id: str) -> NoReturn:
    if status == 429:
        raise HubThrottled(seconds=_pause(headers.get("Retry-After", "")))
    if status in {401, 403, 404} and repo_id:
        raise NotFound(what="public Hub repository", what_fa="مخزن همگانی هاب", id=repo_id)
    if status >= 500 or not repo_id:
        raise HubOffline(
            endpoint=endpoint(),
            reason=f"it answered with status {status}",
            reason_fa=f"با وضعیت {status} پاسخ داد",
        )
    raise HubProblem(
        repo_id=repo_id,
        reason=f"it answered with status {status}",
        reason_fa=f"با وضعیت {status} پاسخ داد",
    )


def _pause(said: str) -> int:
    return min(int(said), 3600) if said.isdecimal() else 60


def _too_slow() -> NoReturn:
    raise HubOffline(
        endpoint=endpoint(),
        reason=f"it did not answer within {_WHOLE_SECONDS:.0f} seconds",
        reason_fa=f"در {_WHOLE_SECONDS:.0f} ثانیه پاسخ نداد",
    )


def _no_hub() -> NoReturn:
    raise HubOffline(
        endpoint=endpoint(),
        reason="what answers there is no Hub",
        reason_fa="آنچه آنجا پاسخ می‌دهد هاب نیست",
    )


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
