"""The job that sends a model to the Hub: the planned files, nothing else, in one commit.

Owns that what is sent is what was planned: every file is hashed before and compared after. Large
files go first and stay with the Hub; a job that goes on, or is tried again, sends only those that
it lacks. The commit is refused by the Hub when somebody else committed since the plan.

A token comes on the worker's stdin; it is in no argument, environment, input or event.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

from ..errors import HubProblem, HubThrottled, PushPlanChanged
from ..protocol.events import EventType
from ..protocol.jobs import Progress
from ..protocol.worker import WorkerContext, WorkStopped
from .folder import files_of
from .sending import Sent, sent
from .way import read_way

#: A file up to this size is read once and sent from memory.
_SMALL = 1 << 20
_TRIES = 6
_EMIT_SECONDS = 0.5
_LOOK_SECONDS = 0.3
_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Send what `ctx.spec.inputs` plans.

    Inputs: `model_path`, `endpoint`, `repo_id`, `private`, `exists`, `head` (the commit that the
    plan saw, empty for a new repository), `files` (`{"name", "bytes", "sha256", "change"}`),
    `card` (README.md), `message`, `hub_settings` and `hub_secret_on_stdin`. Emits progress in
    bytes: of hashing, then of sending.

    Returns:
        `{"url", "revision", "files", "bytes"}`: files and bytes of the commit.

    Raises:
        PushPlanChanged: a file, or the repository, is not what the plan saw. Nothing was sent,
            or nothing of it is in the repository.
        PushRefused: the token may not write there.
        HubOffline, HubThrottled, HubProblem: the Hub cannot be asked now, or says something else.
        WorkStopped: a stop was asked for; large files that arrived stay with the Hub.

    """
    inputs = ctx.spec.inputs
    settings = Path(inputs["hub_settings"]) if inputs.get("hub_settings") else None
    if settings is not None:
        read_way(settings).need_online()
    secret = json.loads(sys.stdin.readline() or "{}")
    _prepare(str(secret.get("proxy") or inputs.get("hub_proxy") or ""))
    ctx.emit(EventType.STATE, {"state": "running"})
    pushing = _Pushing(ctx, str(secret.get("token") or ""), settings)
    for left in reversed(range(_TRIES)):
        try:
            return pushing.push()
        except HubThrottled as error:
            if not left:
                raise
            pushing.wait(max(_wait_seconds(left), min(60.0, float(error.retry_after))))
        except HubProblem as error:
            if not left or error.details.get("final"):
                raise
            pushing.wait(_wait_seconds(left))
    raise AssertionError("the last try returns or raises")


def _wait_seconds(left: int) -> float:
    """How long to wait before trying again, when so many tries are left."""
    return float(0.25 * 2 ** (_TRIES - left))


def _prepare(proxy: str) -> None:
    # Its own protocol takes whole files, and so could neither be stopped nor say how far it is.
    constants.HF_HUB_DISABLE_XET = True
    constants.HF_HUB_DISABLE_TELEMETRY = True
    disable_progress_bars()
    if proxy:
        # The library asks the environment; nobody inherits this one.
        for name in _PROXY_NAMES:
            os.environ[name] = os.environ[name.lower()] = proxy


class _Pushing:
    """One push, however often it is tried."""

    def __init__(self, ctx: WorkerContext, token: str, settings: Path | None) -> None:
        self._ctx = ctx
        self._inputs = ctx.spec.inputs
        self._settings = settings
        self._looked = 0.0
        self._files = [file for file in self._inputs["files"] if file["change"] != "same"]
        self._telling = _Telling(ctx, sum(int(file["bytes"]) for file in self._files))
        self._hub = Sent(self._inputs["endpoint"], self._inputs["repo_id"], token)

    def push(self) -> dict[str, Any]:
        """Try once."""
        inputs = self._inputs
        with ExitStack() as open_files:
            contents = self._contents(open_files)
            if not contents:
                self._hub.hashes()
                return self._done(contents)
            if not inputs["exists"]:
                self._hub.create(private=bool(inputs["private"]))
            if self._is_there(contents):  # an earlier attempt got as far as that
                return self._done(contents)
            head = str(inputs["head"]) if inputs["exists"] else self._new_head()
            self._telling.sending()
            with sent(inputs["repo_id"], inputs["endpoint"]):
                self._hub.commit(contents, str(inputs["message"]), head)
            if not self._is_there(contents):
                raise HubProblem(
                    repo_id=inputs["repo_id"],
                    reason="the commit does not hold what was sent",
                    reason_fa="آنچه فرستاده شد در کامیت نیست",
                    final=True,
                )
        self._telling.whole()
        return self._done(contents)

    def _new_head(self) -> str:
        """The first commit of the repository that was made for this push.

        Raises:
            PushPlanChanged: somebody has put something there meanwhile.

        """
        if set(self._hub.hashes()) - {".gitattributes"}:
            raise _changed(
                "the repository is no longer new", "مخزن دیگر تازه نیست و چیزی در آن هست"
            )
        return self._hub.revision

    def wait(self, seconds: float) -> None:
        """Before trying again; a stop is heard."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._look()
            time.sleep(0.05)

    def _contents(self, open_files: ExitStack) -> dict[str, bytes | _Reading]:
        """The files as they will be sent, hashed and compared with the plan."""
        places = files_of(Path(self._inputs["model_path"]))
        contents: dict[str, bytes | _Reading] = {}
        for file in self._files:
            name, size = str(file["name"]), int(file["bytes"])
            if name == "README.md":
                contents[name] = str(self._inputs["card"]).encode()
            elif name not in places:
                raise _changed(f"{name} is gone", f"{name} دیگر نیست")
            elif size <= _SMALL:
                contents[name] = places[name].read_bytes()
            else:
                handle = open_files.enter_context(places[name].open("rb"))
                contents[name] = open_files.enter_context(_Reading(handle, name, self._read))
            if self._hub.hash_of(name, contents[name]) != file["sha256"]:
                raise _changed(f"{name} was changed", f"{name} عوض شده است")
        return contents

    def _read(self, name: str, place: int) -> None:
        self._telling.read(name, place)
        self._look()

    def _look(self) -> None:
        """Hear a stop, and offline mode being switched on.

        Raises:
            WorkStopped, HubOffline: when that is so.

        """
        if self._ctx.should_stop():
            raise WorkStopped
        moment = time.monotonic()
        if self._settings is not None and moment - self._looked > _LOOK_SECONDS:
            self._looked = moment
            read_way(self._settings).need_online()

    def _is_there(self, contents: dict[str, Any]) -> bool:
        """Whether the repository holds all that was planned, byte for byte."""
        there = self._hub.hashes()
        return all(
            there.get(name) in self._hub.names_of(name, content)
            for name, content in contents.items()
        )

    def _done(self, contents: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": f"{self._inputs['endpoint']}/{self._inputs['repo_id']}",
            "revision": self._hub.revision,
            "files": sorted(contents),
            "bytes": self._telling.total,
        }


class _Telling:
    """How far it is; told of every read from any thread."""

    def __init__(self, ctx: WorkerContext, total: int) -> None:
        self.total = total
        self._ctx = ctx
        self._phase = "hash"
        self._places: dict[str, int] = {}
        self._began = time.monotonic()
        self._told = 0.0

    def sending(self) -> None:
        """Hashing is over."""
        self._phase = "send"
        self._places = {}
        self._began = time.monotonic()

    def read(self, name: str, place: int) -> None:
        """`name` was read as far as `place`."""
        self._places[name] = max(place, self._places.get(name, 0))
        if time.monotonic() - self._told >= _EMIT_SECONDS:
            self._emit(sum(self._places.values()), name)

    def whole(self) -> None:
        """All has arrived."""
        self._emit(self.total, "")

    def _emit(self, done: int, name: str) -> None:
        moment = time.monotonic()
        self._told = moment
        elapsed = moment - self._began
        speed = done / elapsed if elapsed else 0.0
        sending = self._phase == "send"
        progress = Progress(
            done=min(done, self.total) if sending else 0,
            total=self.total,
            unit="byte",
            speed=speed,
            eta_seconds=(self.total - done) / speed if speed and sending else None,
            elapsed_seconds=elapsed,
            detail=name if sending else f"{self._phase} {name}",
        )
        self._ctx.emit(EventType.PROGRESS, progress.model_dump(mode="json"))


class _Reading(io.BufferedReader):
    """A file that says how far it was read, and ends a transfer by raising."""

    def __init__(self, file: IO[bytes], name: str, on_read: Callable[[str, int], None]) -> None:
        super().__init__(io.FileIO(file.fileno(), closefd=False), 1 << 20)
        self._name_in_plan = name
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file."""
        self._on_read(self._name_in_plan, self.tell())
        return super().read(size)


def _changed(reason: str, reason_fa: str) -> PushPlanChanged:
    return PushPlanChanged(reason=reason, reason_fa=reason_fa)
