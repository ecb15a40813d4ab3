"""The process that talks to the Hub: `python -m jupyter_persian_ai.hub.fetch`.

One request on stdin, JSON lines on stdout: `plan`, `file` for each file begun, then `done` or
`error`. It is a process of its own so that a stop takes effect at once, whatever the network is
doing; it ends by itself when its parent does.

Only public access: no token is read from anywhere. A private or gated repository will need one
handed over a one-shot pipe, whose number the worker inherits; never a file, an argument or the
environment.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import DiskFull, HubProblem, InvalidField, PersianAIError
from .selection import select

#: What the library's HTTP client raises when the network fails. Found from the library's own
#: error, because it has changed its client before.
_NETWORK: type[BaseException] = HfHubHTTPError.__bases__[0]
_TIMEOUT = 30.0
_BLOCK = 1 << 20

#: The library's errors in the order in which they are recognised (a gated repository is also one
#: that is not found), and what to say.
_SAYINGS: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        GatedRepoError,
        "it is gated: its owners ask you to accept their terms and sign in",
        "دسترسی‌اش مشروط است: باید شرایط صاحبانش را بپذیرید و وارد شوید",
    ),
    (RevisionNotFoundError, "it has no such revision", "این نسخه را ندارد"),
    (RemoteEntryNotFoundError, "a file is no longer there", "یکی از فایل‌ها دیگر نیست"),
    (
        RepositoryNotFoundError,
        "there is no such repository, or it is private",
        "چنین مخزنی نیست، یا خصوصی است",
    ),
    (OfflineModeIsEnabled, "offline mode is on (HF_HUB_OFFLINE)", "حالت برون‌خط روشن است"),
    (
        FileMetadataError,
        "what answers is no Hub, or not a whole one",
        "آنچه پاسخ می‌دهد هاب نیست، یا کامل نیست",
    ),
    (
        LocalEntryNotFoundError,
        "the connection broke off and nothing is cached",
        "ارتباط قطع شد و چیزی در حافظهٔ محلی نیست",
    ),
)


def fetch(request: dict[str, Any]) -> None:
    """Fetch what `request` asks for into `cache_dir`, saying how it goes.

    `request` holds `repo_id`, `repo_type`, `revision`, `files` (or None) and `cache_dir`.
    """
    repo_id, repo_type = request["repo_id"], request["repo_type"]
    cache = Path(request["cache_dir"])
    api = HfApi(token=False)
    ask_info = api.dataset_info if repo_type == "dataset" else api.model_info
    info = ask_info(repo_id, revision=request["revision"], files_metadata=True, timeout=_TIMEOUT)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    names = select(repo_id, repo_type, siblings, request["files"])
    commit = info.sha or request["revision"]
    sizes = {name: siblings[name].size or 0 for name in names}
    missing = [name for name in names if not _cached(cache, repo_id, repo_type, commit, name)]
    needed = sum(sizes[name] for name in missing) + request["disk_reserve_bytes"]
    free = shutil.disk_usage(cache).free
    if missing and needed > free:
        raise DiskFull(needed=needed, free=free)
    total = sum(sizes.values())
    _say(kind="plan", files=len(names), total=total, revision=commit)
    done, path = 0, cache
    for name in names:
        _say(kind="file", name=name, done=done, size=sizes[name])
        path = Path(
            hf_hub_download(
                repo_id,
                name,
                repo_type=repo_type,
                revision=commit,
                cache_dir=cache,
                token=False,
            )
        )
        lfs = siblings[name].lfs
        if lfs is not None:
            _verify(repo_id, name, path, lfs.sha256)
        done += sizes[name]
    folder = path.parents[names[-1].count("/")]
    _say(kind="done", path=str(folder), bytes=total, revision=commit, files=names)


def _cached(cache: Path, repo_id: str, repo_type: str, commit: str, name: str) -> bool:
    found = try_to_load_from_cache(
        repo_id, name, cache_dir=cache, revision=commit, repo_type=repo_type
    )
    return isinstance(found, str)


def _verify(repo_id: str, name: str, path: Path, sha256: str) -> None:
    """Check a big file against its hash; the library itself compares sizes only."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != sha256:
        blob = path.resolve()
        path.unlink()
        blob.unlink(missing_ok=True)
        raise HubProblem(
            repo_id=repo_id,
            file=name,
            reason=f"{name} came damaged; it was thrown away",
            reason_fa=f"{name} خراب رسید و دور ریخته شد",
        )


def explained(repo_id: str, error: BaseException) -> PersianAIError:
    """What happened, in words; `error` is the library's or the system's."""
    if isinstance(error, PersianAIError):
        return error
    if isinstance(error, HFValidationError):
        return InvalidField(
            field="repo_id",
            reason="it looks like “owner/name”",
            reason_fa="به شکل «owner/name» است",
        )
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(needed="?", free=0)
    english, persian = _said(error)
    return HubProblem(repo_id=repo_id, reason=english, reason_fa=persian)


def _said(error: BaseException) -> tuple[str, str]:
    for kind, english, persian in _SAYINGS:
        if isinstance(error, kind):
            return english, persian
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", "?")
        return f"it answered with status {status}", f"با وضعیت {status} پاسخ داد"
    if isinstance(error, _NETWORK):
        return "it cannot be reached", "در دسترس نیست"
    name = type(error).__name__
    return f"{name}: {str(error)[:200]}", f"خطای {name}"


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    while os.read(0, _BLOCK):
        pass
    os._exit(1)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # An exception, not the default: the library then removes the file it was writing.
    raise SystemExit(1)


def main() -> None:
    """Read the request and serve it; any failure is said in words."""
    signal.signal(signal.SIGTERM, _leave)
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Pieces that are small enough for a slow line to show progress.
    constants.DOWNLOAD_CHUNK_SIZE = _BLOCK
    try:
        fetch(request)
    except (PersianAIError, OSError, ValueError, RuntimeError, _NETWORK) as error:
        told = explained(request["repo_id"], error)
        _say(kind="error", code=told.code, details=told.details)
    except SystemExit:
        pass
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        # Not `sys.exit`: threads of the library may still wait for the network.
        os._exit(0)


if __name__ == "__main__":
    main()
