"""The job that fetches a repository from the Hugging Face Hub.

Owns progress, stopping and cleaning up; `fetch`, in a process of its own, talks to the Hub. What
was fetched stays in a Hub cache under the data root, so that trying again fetches only what is
missing. A file that was cut off is fetched anew: resuming within a file is not done here.

`HF_ENDPOINT`, proxies and certificates are taken from the environment; tokens are not.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from ..errors import (
    DiskFull,
    HubProblem,
    InvalidField,
    ModelProblem,
    ModelUnsafe,
    PersianAIError,
)
from ..protocol.events import EventType
from ..protocol.jobs import DownloadAsk, Progress
from ..protocol.worker import WorkerContext, WorkStopped
from .inspect import inspect_folder

_POLL_SECONDS = 0.2
_EMIT_SECONDS = 0.5
_SPEED_SECONDS = 10.0  # speed is the mean over this long
_STALE_SECONDS = 3600.0
_LEAVE_SECONDS = 2.0
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HF_TOKEN_PATH")
_ERRORS = {kind.code: kind for kind in (HubProblem, DiskFull, InvalidField, ModelUnsafe)}


def run(ctx: WorkerContext) -> dict[str, Any]:
    """Fetch the repository that `ctx.spec.options` (a `DownloadAsk`) names.

    `ctx.spec.inputs["hub_dir"]` is the cache. Emits `progress` in bytes.

    Returns:
        `{"path", "repo_id", "repo_type", "revision", "bytes", "files"}`; `path` is the folder
        of the snapshot, `revision` its commit. A model that can be used here adds `model`, the
        facts of `inspect_folder`; one that cannot is kept, and the log says why.

    Raises:
        HubProblem: the Hub did not give it; the reason says why.
        ModelUnsafe: it is only to be had in a format that can hold code.
        DiskFull: before anything is fetched.
        WorkStopped: a stop was asked for; what was complete is kept.

    """
    ask = DownloadAsk.model_validate(ctx.spec.options)
    cache = Path(ctx.spec.inputs["hub_dir"])
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    request = ask.model_dump(mode="json") | {
        "cache_dir": str(cache),
        "disk_reserve_bytes": int(ctx.spec.inputs.get("disk_reserve_bytes", 0)),
    }
    blobs = cache / f"{ask.repo_type}s--{ask.repo_id.replace('/', '--')}" / "blobs"
    _sweep(blobs, older_than=time.time() - _STALE_SECONDS)
    fetching = _Fetching(ctx, request, blobs)
    try:
        done = fetching.follow()
    finally:
        fetching.end()
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

    def __init__(self, ctx: WorkerContext, request: dict[str, Any], blobs: Path) -> None:
        self.ctx = ctx
        self.repo_id = request["repo_id"]
        self.blobs = blobs
        self.before = _partials(blobs)
        self.started = time.monotonic()
        self.emitted = 0.0
        self.total = self.done = self.size = 0
        self.file = ""
        self.history: deque[tuple[float, int]] = deque()
        self.lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_persian_ai.hub.fetch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
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
                self._report()
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
                self.done, self.size = line["bytes"], 0
                self._report(at_once=True)
                return line
            if line["kind"] == "plan":
                self.total = line["total"]
                self.ctx.emit(EventType.STATE, {"state": "running"})
            else:
                self.file, self.done, self.size = line["name"], line["done"], line["size"]
            self._report(at_once=line["kind"] == "plan")

    def end(self) -> None:
        """End the process and remove what it left unfinished."""
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
        for partial in _partials(self.blobs) - self.before:
            partial.unlink(missing_ok=True)

    def _report(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not self.total or (not at_once and now - self.emitted < _EMIT_SECONDS):
            return
        self.emitted = now
        written = sum(_size(partial) for partial in _partials(self.blobs) - self.before)
        done = min(self.done + min(written, self.size), self.total)
        self.history.append((now, done))
        while now - self.history[0][0] > _SPEED_SECONDS:
            self.history.popleft()
        earlier, fewer = self.history[0]
        speed = max(0.0, (done - fewer) / (now - earlier)) if now > earlier else 0.0
        progress = Progress(
            done=done,
            total=self.total,
            unit="byte",
            speed=speed,
            eta_seconds=(self.total - done) / speed if speed else None,
            elapsed_seconds=now - self.started,
            detail=self.file,
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


def _environment() -> dict[str, str]:
    """Ours without tokens. The package's folder goes along, for editable installs."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    kept = {name: value for name, value in os.environ.items() if name not in _TOKENS}
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUTF8": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Blobs must be files of this cache: `inspect` follows no link that leads elsewhere.
        "HF_HUB_DISABLE_SHARED_BLOBS": "1",
    }


def _partials(blobs: Path) -> set[Path]:
    return set(blobs.glob("*.incomplete"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it has just been completed


def _sweep(blobs: Path, older_than: float) -> None:
    """Remove what downloads that were killed left behind."""
    for partial in _partials(blobs):
        with suppress(OSError):
            if partial.stat().st_mtime < older_than:
                partial.unlink()
