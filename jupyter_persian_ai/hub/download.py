"""The job that fetches a repository from the Hugging Face Hub.

Owns progress, stopping and what stays; `fetch`, in a process of its own, talks to the Hub. What
was fetched stays in a Hub cache under the data root, half files too: trying again fetches only
what is missing. A pause is a stop, going on is another try; `forget` removes what a cancelled
download left.

`HF_ENDPOINT`, proxies and certificates are taken from the environment unless the inputs name
them; tokens are not: one comes on the worker's stdin, and goes on over a pipe. The user's own
settings (`hub_settings`) stand above both, and are followed while it works.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from ..errors import (
    DiskFull,
    HubOffline,
    HubProblem,
    InvalidField,
    ModelProblem,
    ModelUnsafe,
    PersianAIError,
)
from ..protocol.events import EventType
from ..protocol.jobs import DownloadAsk, Progress
from ..protocol.worker import WorkerContext, WorkStopped
from .cache import Repository, repositories
from .inspect import inspect_folder
from .installed import user_cache
from .way import read_way

_POLL_SECONDS = 0.1
_EMIT_SECONDS = 0.5
_LEAVE_SECONDS = 2.0
#: How long a half-fetched file waits for its download to go on.
KEEP_DAYS = 14.0
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HF_TOKEN_PATH")
_ERRORS = {
    kind.code: kind for kind in (HubProblem, HubOffline, DiskFull, InvalidField, ModelUnsafe)
}
#: What the inputs of a job may say about the way to the Hub, by what `fetch` calls it.
_INPUTS = {
    "endpoints": "hub_endpoints",
    "token_endpoints": "hub_token_endpoints",
    "connections": "hub_connections",
    "bandwidth": "hub_bandwidth",
    "stall_seconds": "hub_stall_seconds",
    "patience_seconds": "hub_patience_seconds",
    "offline": "hub_offline",
    "proxy": "hub_proxy",
}


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Fetch the repository that `ctx.spec.options` (a `DownloadAsk`) names.

    `ctx.spec.inputs["hub_dir"]` is the cache. More inputs, all optional: `hub_settings` (the file
    that `way.read_way` reads; it stands above the next ones), `hub_endpoints` (list of
    addresses, tried in order), `hub_token_endpoints` (those that may see the token; else the
    first), `hub_connections`, `hub_bandwidth` (bytes/s), `hub_proxy` (without a password),
    `hub_offline`, `hub_stall_seconds`, `hub_patience_seconds`, `disk_reserve_bytes`,
    `hub_other_caches` (folders whose files are taken instead; else the user's own cache); and
    `hub_secret_on_stdin`: the worker's stdin holds one line, a token, or JSON with `token` and
    `proxy`. Emits `progress` (`Progress`) in bytes.

    Returns:
        `{"path", "repo_id", "repo_type", "revision", "bytes", "files"}`; `path` is the folder
        of the snapshot, `revision` its commit. A model that can be used here adds `model`, the
        facts of `inspect_folder`; one that cannot is kept, and the log says why.

    Raises:
        HubProblem: the Hub did not give it; the reason says why.
        HubOffline: nobody answers, or offline mode is on, and it is not here whole already.
        ModelUnsafe: it is only to be had in a format that can hold code.
        DiskFull: before anything is fetched.
        WorkStopped: a stop was asked for; what has arrived is kept.

    """
    ask = DownloadAsk.model_validate(ctx.spec.options)
    inputs = ctx.spec.inputs
    cache = Path(inputs["hub_dir"])
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    request = ask.model_dump(mode="json") | {
        "cache_dir": str(cache),
        "disk_reserve_bytes": int(inputs.get("disk_reserve_bytes", 0)),
    }
    request |= {
        name: inputs[given] for name, given in _INPUTS.items() if inputs.get(given) is not None
    }
    if inputs.get("hub_settings"):
        request |= _chosen(Path(inputs["hub_settings"]))
    others = inputs.get("hub_other_caches", [str(user_cache())])
    request["other_caches"] = [one for one in others if Path(one).resolve() != cache.resolve()]
    if inputs.get("hub_secret_on_stdin"):
        request |= _secrets(sys.stdin.readline())
    sweep(cache)
    fetching = _Fetching(ctx, request)
    try:
        done = fetching.follow()
    finally:
        fetching.end()
    if done.get("unasked"):
        message = "The Hub could not be asked: what was fetched before is used as it is."
        ctx.emit(EventType.LOG, {"level": "warning", "message": message})
    result = {
        "path": done["path"],
        "repo_id": ask.repo_id,
        "repo_type": ask.repo_type,
        "revision": done["revision"],
        "bytes": done["bytes"],
        "files": done["files"],
    }
    if ask.repo_type == "model":
        result |= _judged(ctx, done["path"])
    return result


def sweep(cache: Path, *, days: float = KEEP_DAYS) -> None:
    """Remove half-fetched files of the cache that nobody has gone on with for `days`."""
    for folder in repositories(cache):
        kind, _, name = folder.name.partition("--")
        Repository(cache, name.replace("--", "/"), kind.removesuffix("s")).sweep(
            now=time.time(), days=days
        )


def forget(cache: Path, repo_id: str, repo_type: str = "model") -> int:
    """Remove what a cancelled download left half-fetched; how many files that were.

    What is complete stays, and so does what another living process is fetching.
    """
    return Repository(cache, repo_id, repo_type).forget()


def _chosen(file: Path) -> dict[str, Any]:
    """What the user's settings say now, whatever they said when the job was asked for."""
    way = read_way(file)
    return {
        "settings_file": str(file),
        "pace_file": str(file.with_suffix(".pace")),
        "endpoints": list(way.endpoints),
        "token_endpoints": list(way.token_endpoints),
        "proxy": way.proxy,
        "offline": way.offline,
        "connections": way.connections,
        "bandwidth": way.bandwidth,
    }


def _secrets(line: str) -> dict[str, str]:
    line = line.strip()
    if not line.startswith("{"):
        return {"token": line} if line else {}
    said = json.loads(line)
    return {name: str(said[name]) for name in ("token", "proxy") if said.get(name)}


def _judged(ctx: WorkerContext, folder: str) -> dict[str, Any]:
    """The facts of a model that can be used; nothing, and a line in the log, for another."""
    try:
        return {"model": inspect_folder({"path": folder})}
    except ModelProblem as problem:
        message = f"Kept, but not in the list of models: {problem.body.message}"
        ctx.emit(EventType.LOG, {"level": "warning", "message": message})
        return {}


class _Fetching:
    """The fetching process, and what is known of its progress."""

    def __init__(self, ctx: WorkerContext, request: dict[str, Any]) -> None:
        self.ctx = ctx
        self.repo_id = request["repo_id"]
        self.started = time.monotonic()
        self.emitted = 0.0
        self.total = 0
        self.last: dict[str, Any] = {"done": 0, "speed": 0.0, "received": 0, "files": []}
        self.lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_persian_ai.hub.fetch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(request),
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("a pipe that was asked for is not there")
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()  # and stays open: its end tells the process that we are gone
        self.reader = threading.Thread(
            target=_read, args=(self.process.stdout, self.lines), daemon=True
        )
        self.reader.start()

    def follow(self) -> dict[str, Any]:
        """Report until it is done; its last word."""
        while True:
            if self.ctx.should_stop():
                raise WorkStopped
            try:
                line = self.lines.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if line is None:
                raise HubProblem(
                    repo_id=self.repo_id,
                    reason="the fetching process ended without a word",
                    reason_fa="پردازهٔ دریافت بی‌خبر پایان یافت",
                )
            if line["kind"] == "error":
                raise _ERRORS.get(line["code"], PersianAIError)(**line["details"])
            if line["kind"] == "done":
                self.last |= {"done": line["bytes"], "files": [], "received": line["received"]}
                self._report(at_once=True)
                return line
            if line["kind"] == "plan":
                self.total = line["total"]
                self.ctx.emit(EventType.STATE, {"state": "running"})
                self._report(at_once=True)
            else:
                self.last = line
                self._report()

    def end(self) -> None:
        """End the process; what it has written stays for the next time."""
        self.process.terminate()
        try:
            self.process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _report(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not self.total or (not at_once and now - self.emitted < _EMIT_SECONDS):
            return
        self.emitted = now
        speed, done, files = self.last["speed"], self.last["done"], self.last["files"]
        progress = Progress(
            done=done,
            total=self.total,
            unit="byte",
            speed=speed,
            eta_seconds=(self.total - done) / speed if speed else None,
            elapsed_seconds=now - self.started,
            detail=files[0]["name"] if files else "",
            received=self.last["received"],
            files=files,
        )
        self.ctx.emit(EventType.PROGRESS, progress.model_dump(mode="json"))


def _read(stream: IO[bytes], lines: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    for line in stream:
        # The library may print as well; only our own lines are objects with a kind.
        with suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict) and "kind" in said:
                lines.put(said)
    lines.put(None)


def _environment(request: dict[str, Any]) -> dict[str, str]:
    """Ours without tokens. The package's folder goes along, for editable installs."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    kept = {name: value for name, value in os.environ.items() if name not in _TOKENS}
    if request.get("settings_file") and not request["offline"]:
        kept.pop("HF_HUB_OFFLINE", None)  # the user's own word stands above it
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUTF8": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Blobs must be files of this cache: `inspect` follows no link that leads elsewhere.
        "HF_HUB_DISABLE_SHARED_BLOBS": "1",
    }
