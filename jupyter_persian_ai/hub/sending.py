"""What a push says to the Hub, through its own library, and what its answers mean.

Owns the words between: creating a repository, one commit on top of a known one, the hashes of what
is there. In a worker only.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from ..errors import (
    HubOffline,
    HubProblem,
    HubThrottled,
    PersianAIError,
    PushPlanChanged,
    PushRefused,
)
from ..protocol.worker import WorkStopped
from .explain import EXPECTED, explained, unasked

_TIMEOUT = 20.0
_THREADS = 2
_NOT_MINE = frozenset({401, 403})
_CHANGED = frozenset({409, 412})


class Sent:
    """One repository, as this token may see and change it."""

    def __init__(self, endpoint: str, repo_id: str, token: str) -> None:
        self._repo_id = repo_id
        self._endpoint = endpoint
        # False: no token that lies about in the user's home is to be taken instead.
        self._api = HfApi(endpoint=endpoint, token=token or False)
        self._operations: dict[str, CommitOperationAdd] = {}
        self.revision = ""

    def create(self, *, private: bool) -> None:
        """Make the repository; it may be there from an earlier try.

        Raises:
            PushRefused, HubProblem, HubOffline, HubThrottled: as the Hub says.

        """
        with sent(self._repo_id, self._endpoint):
            self._api.create_repo(self._repo_id, private=private, exist_ok=True)

    def hash_of(self, name: str, content: bytes | io.BufferedIOBase) -> str:
        """Hexadecimal sha256 of what will be sent as `name`."""
        if isinstance(content, io.BufferedIOBase):
            content.seek(0)
        operation = CommitOperationAdd(path_in_repo=name, path_or_fileobj=cast("bytes", content))
        self._operations[name] = operation
        return operation.upload_info.sha256.hex()

    def names_of(self, name: str, content: bytes | io.BufferedIOBase) -> set[str]:
        """The names that git or LFS have for this content."""
        names = {self._operations[name].upload_info.sha256.hex()}
        if isinstance(content, bytes):
            # Git's own name of a blob; nothing is protected by it.
            head = f"blob {len(content)}\0".encode()
            names.add(hashlib.sha1(head + content, usedforsecurity=False).hexdigest())
        return names

    def hashes(self) -> dict[str, str]:
        """What the repository holds now: sha256 of large files, git's names of small ones."""
        with sent(self._repo_id, self._endpoint):
            info = self._api.model_info(self._repo_id, files_metadata=True, timeout=_TIMEOUT)
        self.revision = str(info.sha or "")
        return {
            one.rfilename: str(one.lfs.sha256 if one.lfs is not None else one.blob_id)
            for one in info.siblings or []
        }

    def commit(self, contents: dict[str, Any], message: str, head: str) -> None:
        """Send all of `contents` as one commit on top of `head` (empty: on whatever is there)."""
        self._api.create_commit(
            self._repo_id,
            [self._operations[name] for name in contents],
            commit_message=message,
            parent_commit=head or None,
            num_threads=_THREADS,
        )


@contextmanager
def sent(repo_id: str, endpoint: str) -> Iterator[None]:
    """Turn the library's errors into ours; those of ours that lie beneath come through."""
    try:
        yield
    except WorkStopped:
        raise
    except EXPECTED as error:
        raise _meaning(repo_id, endpoint, error) from error


def _meaning(repo_id: str, endpoint: str, error: BaseException) -> Exception:
    below: BaseException | None = error
    while below is not None:  # the library wraps what went wrong, some of it twice
        if isinstance(below, WorkStopped | PersianAIError):
            return below
        if isinstance(below, HfHubHTTPError):
            return _answered(repo_id, below)
        if unasked(below):
            return HubOffline(
                endpoint=endpoint,
                reason=f"the connection was lost ({type(below).__name__})",
                reason_fa="ارتباط از دست رفت",
            )
        below = below.__cause__ or below.__context__
    return explained(repo_id, error)


def _answered(repo_id: str, answer: HfHubHTTPError) -> Exception:
    status = int(getattr(answer.response, "status_code", 0))
    if status in _NOT_MINE or isinstance(answer, RepositoryNotFoundError):
        return PushRefused(
            repo_id=repo_id,
            reason=f"the token may not write there (status {status})",
            reason_fa=f"این توکن اجازهٔ نوشتن در آن را ندارد (وضعیت {status})",
        )
    if status in _CHANGED:
        return PushPlanChanged(
            reason="somebody committed to the repository since",
            reason_fa="از آن پس کسی در مخزن کامیت کرده است",
        )
    if status == 429:
        headers = getattr(answer.response, "headers", {})
        said = str(headers.get("Retry-After", ""))
        return HubThrottled(seconds=min(int(said), 3600) if said.isdecimal() else 60)
    return HubProblem(
        repo_id=repo_id,
        reason=f"it answered with status {status}",
        reason_fa=f"با وضعیت {status} پاسخ داد",
        final=status < 500,
    )
