"""What a repository holds, asked of the Hub or of its mirrors, through `huggingface_hub`.

Turns a repository into `Wanted` files: sizes, hashes and addresses at every endpoint. A token is
for the endpoints that the request names as its own, the first one unless it says otherwise.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from platform import python_version
from typing import Any

from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub import __version__ as hub_version
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HFValidationError,
    OfflineModeIsEnabled,
)

from ..errors import DiskFull, HubProblem, InvalidField, PersianAIError
from ..version import __version__
from .cache import Repository
from .explain import NETWORK
from .installed import snapshot
from .selection import CONVERTED, NothingReadable, select
from .transfer.connection import Origin, Proxies, origin_of
from .transfer.partial import SUFFIX, left_bytes
from .transfer.wanted import Access, Wanted, is_hash

_TIMEOUT = 20.0
_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(frozen=True)
class Plan:
    """The files to fetch of one commit, which is what `revision` is now."""

    revision: str
    commit: str
    files: list[Wanted]


def endpoints_of(request: dict[str, Any]) -> list[str]:
    """The addresses of the Hub and its mirrors, in the order in which they are tried.

    Raises:
        InvalidField: one is no web address.

    """
    given = request.get("endpoints") or [constants.ENDPOINT]
    endpoints = [str(one).rstrip("/") for one in given]
    for endpoint in endpoints:
        try:
            origin_of(endpoint)
        except ValueError:
            raise InvalidField(
                field="endpoints",
                reason=f"“{endpoint[:120]}” is no web address",
                reason_fa=f"«{endpoint[:120]}» نشانی وب نیست",
            ) from None
    return endpoints


def access(request: dict[str, Any]) -> Access:
    """With what the servers are asked. Nobody but the endpoints is: no telemetry, no registries."""
    constants.HF_HUB_DISABLE_TELEMETRY = True
    proxy = str(request.get("proxy") or "")
    if proxy:
        # The library asks the environment; nobody inherits this one.
        for name in _PROXY_NAMES:
            os.environ[name] = os.environ[name.lower()] = proxy
    agent = f"jupyter_persian_ai/{__version__}; hf_hub/{hub_version}; python/{python_version()}"
    return Access(user_agent=agent, proxies=Proxies(proxy), tokens=_tokens(request))


def _tokens(request: dict[str, Any]) -> dict[Origin, str]:
    token = request.get("token")
    if not token:
        return {}
    return {origin_of(endpoint): str(token) for endpoint in _own(request)}


def _own(request: dict[str, Any]) -> list[str]:
    """The endpoints that may see the token."""
    given = request.get("token_endpoints")
    if given is None:
        return endpoints_of(request)[:1]
    return [str(one).rstrip("/") for one in given]


def plan(request: dict[str, Any]) -> Plan:
    """What to fetch, from the first endpoint that knows.

    Raises:
        HubProblem, ModelUnsafe, InvalidField: it cannot be had, or is not wanted.
        Exception: the library's own, for `explain`.

    """
    if request.get("offline"):
        raise OfflineModeIsEnabled
    endpoints = endpoints_of(request)
    failures: list[Exception] = []
    for endpoint in endpoints:
        try:
            info = _info(request, endpoint)
        except (HFValidationError, OfflineModeIsEnabled):
            raise
        except NETWORK as error:
            failures.append(error)
            if isinstance(error, GatedRepoError):
                break  # it is there: a mirror would only say less
            continue
        except (ValueError, TypeError, KeyError, AttributeError):
            # A page of a filter or of a café's network, where JSON of the Hub was expected.
            failures.append(FileMetadataError(endpoint))
            continue
        # The one that answered first; the others when it fails.
        order = [endpoint, *(one for one in endpoints if one != endpoint)]
        try:
            return _planned(request, info, order)
        except NothingReadable:
            if (converted := _converted(request, endpoint, order)) is None:
                raise
            return converted
    # The Hub's own words tell more than that a mirror cannot be reached.
    raise max(failures, key=lambda error: getattr(error, "response", None) is not None)


def _converted(request: dict[str, Any], endpoint: str, order: list[str]) -> Plan | None:
    """The Hub's own Parquet form of a dataset that is published as a script, or as pictures."""
    if request["repo_type"] != "dataset" or request["revision"] != "main" or request.get("files"):
        return None
    asked = request | {"revision": CONVERTED}
    try:
        return _planned(asked, _info(asked, endpoint), order)
    except (NETWORK, NothingReadable, ValueError, TypeError, KeyError, AttributeError):
        return None  # then what is wrong with the repository itself is said


def _info(request: dict[str, Any], endpoint: str) -> Any:
    token = request.get("token") if endpoint in _own(request) else None
    api = HfApi(endpoint=endpoint, token=token or False)
    ask = api.dataset_info if request["repo_type"] == "dataset" else api.model_info
    return ask(
        request["repo_id"], revision=request["revision"], files_metadata=True, timeout=_TIMEOUT
    )


def _planned(request: dict[str, Any], info: Any, endpoints: list[str]) -> Plan:
    repo_id, repo_type = request["repo_id"], request["repo_type"]
    commit = info.sha or request["revision"]
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    files = []
    for name in select(repo_id, repo_type, siblings, request.get("files")):
        urls = tuple(
            hf_hub_url(repo_id, name, repo_type=repo_type, revision=commit, endpoint=endpoint)
            for endpoint in endpoints
        )
        etag, size = _told(siblings[name])
        if not is_hash(etag):
            etag, size = _asked(request, urls[0], endpoints[0])
        if not is_hash(etag) or size < 0:
            raise HubProblem(
                repo_id=repo_id,
                file=name,
                reason=f"it gives no hash for {name[:120]}, so that it could not be verified",
                reason_fa=f"برای {name[:120]} هشی نمی‌دهد و درستی‌اش را نمی‌توان سنجید",
            )
        files.append(Wanted(name, size, etag, urls))
    return Plan(request["revision"], commit, files)


def _told(sibling: Any) -> tuple[str, int]:
    """Etag and size of a file, as the repository's information has them."""
    known = sibling.lfs if sibling.lfs is not None else sibling
    etag = sibling.lfs.sha256 if sibling.lfs is not None else sibling.blob_id
    return str(etag), known.size if isinstance(known.size, int) else -1


def _asked(request: dict[str, Any], url: str, endpoint: str) -> tuple[str, int]:
    """The same of one file: some mirrors leave it out of a repository's information."""
    token = request.get("token") if endpoint in _own(request) else None
    metadata = get_hf_file_metadata(url, token=token or False, timeout=_TIMEOUT, endpoint=endpoint)
    return str(metadata.etag), -1 if metadata.size is None else metadata.size


def here(request: dict[str, Any]) -> tuple[Path, list[str]] | None:
    """The whole snapshot that the cache has already, and its files, without asking anybody."""
    folder = snapshot(Path(request["cache_dir"]), request["repo_type"], request["repo_id"])
    if folder is None:
        return None
    repository = folder.parents[1]
    known = request["revision"]
    reference = repository / "refs" / known
    if not reference.is_file() and request["repo_type"] == "dataset" and known == "main":
        reference = repository / "refs" / CONVERTED
    if reference.is_file():
        known = reference.read_text("ascii", "replace").strip()
    if folder.name != known or any((repository / "partials").glob(f"*{SUFFIX}")):
        return None  # something else, or not all of it yet
    present = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    try:
        return folder, select(request["repo_id"], request["repo_type"], present, request["files"])
    except PersianAIError:
        return None


def need_room(repository: Repository, missing: list[Wanted], reserve: int) -> None:
    """Refuse to begin what the disk cannot hold; what leftovers hold already is not needed again.

    Raises:
        DiskFull: it cannot.

    """
    left = left_bytes(repository.partials)
    sizes = {
        one.etag: max(0, one.size - left.get(one.etag, 0))
        for one in missing
        if not repository.has_blob(one.etag, one.size)
    }
    needed = sum(sizes.values()) + reserve
    folders = (repository.folder, *repository.folder.parents)
    place = next(folder for folder in folders if folder.exists())
    free = shutil.disk_usage(place).free
    if sizes and needed > free:
        raise DiskFull(needed=needed, free=free)
