"""The worker's side of a run on several devices: starts the ranks, passes on what they say.

The worker keeps what is one for an attempt: its lease, its reports, its result. The ranks are
started and watched by torch's own launcher (`torchrun`); each has a connection to the worker, and
ends when it breaks, so none outlives it. Must not load a model or touch a device.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from ..errors import RankDied, TooLittleMemory, revived
from ..protocol.events import EventType
from ..protocol.worker import WorkerContext, WorkStopped
from . import shortage

_WATCH_SECONDS = 0.1
_TOKEN_BYTES = 32


class Crew:
    """All ranks of one attempt."""

    def __init__(self, ctx: WorkerContext, recipe: str, size: int) -> None:
        """`recipe` is `module:function`; `size` ranks work on it."""
        self._ctx = ctx
        self._recipe = recipe
        self._size = size
        self._lock = threading.Lock()
        self._links: list[socket.socket] = []
        self._outcome: dict[str, Any] | None = None
        self._failure: Exception | None = None
        self._ran_out_at: int | None = None
        self._ended = threading.Event()
        self._stopping = False
        #: The last step of which each metric was told, and up to which ranks tell it again.
        self._told: dict[str, int] = {}
        self._retold: dict[str, int] = {}

    def work(self) -> dict[str, Any]:
        """Run the recipe in all ranks, again with smaller micro-batches if memory runs out.

        Raises:
            WorkStopped: a stop was asked for; what had to be saved is.
            RankDied: a rank ended without a word.
            PersianAIError: what a rank ended with.

        """
        while True:
            kills = shortage.kills()
            died = self._once()
            if self._failure is not None:
                raise self._failure
            said = self._outcome or {}
            if died is not None and "result" not in said:
                # What the others say of a dead one ("connection reset") explains nothing.
                positions = self._positions() if shortage.kills() > kills else None
                if positions is None:
                    raise died
                said = {"shortage": positions}
            if "result" in said:
                result: dict[str, Any] = said["result"]
                return result
            if "stopped" in said:
                raise WorkStopped
            if "error" in said:
                raise revived(**said["error"])
            self._again(int(said["shortage"]))

    def _again(self, positions: int) -> None:
        """Let the next ranks begin with less than `positions` in a micro-batch."""
        if self._ran_out_at is not None and positions >= self._ran_out_at:
            raise TooLittleMemory(needed="?", available="?")
        self._ran_out_at = positions
        self._retold = dict(self._told)

    def _positions(self) -> int | None:
        """Positions of the micro-batches of ranks that were killed."""
        return shortage.begun_with(self._ctx.attempt_dir)

    def _once(self) -> RankDied | None:
        """Start the ranks and wait until all have ended; the one that was killed, if one was."""
        self._outcome, self._stopping = None, False
        self._ended.clear()
        token = secrets.token_hex(_TOKEN_BYTES)
        kept = {number: signal.getsignal(number) for number in _signals()}
        with (
            tempfile.TemporaryDirectory(prefix="persian-ai-ranks-") as scratch,
            socket.create_server(("127.0.0.1", 0)) as server,
        ):
            folder = Path(scratch)
            link = {"port": server.getsockname()[1], "token": token}
            (folder / "link.json").write_text(json.dumps(link), encoding="ascii")
            threads = [
                threading.Thread(target=self._accept, args=(server, token), name="ranks"),
                threading.Thread(target=self._watch, name="ranks-stop"),
            ]
            for thread in threads:
                thread.start()
            try:
                self._launch(folder)
            except ChildFailedError as error:
                return _killed(error)
            except SignalException as error:
                caught: int | None = error.sigval
            else:
                caught = None
            finally:
                self._release()
                self._ended.set()
                for thread in threads:
                    thread.join()
                _restore(kept)
        if caught is not None:  # as it would have been without ranks
            os.kill(os.getpid(), caught)
        return None

    def _launch(self, folder: Path) -> None:
        # What torch's launcher says of a failure is in our own errors already.
        logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=self._size,
            run_id="ranks",
            rdzv_backend="c10d",
            rdzv_endpoint=str(folder / "rendezvous"),
            rdzv_configs={"store_type": "file"},
            max_restarts=0,
            local_addr="127.0.0.1",
            logs_specs=DefaultLogsSpecs(log_dir=str(folder / "logs")),
            shutdown_timeout=10,
        )
        arguments = ("-P", "-m", "jupyter_persian_ai.training.rank", str(folder))
        elastic_launch(config, sys.executable)(*arguments)

    def _accept(self, server: socket.socket, token: str) -> None:
        """Take the ranks' connections; each is read by a thread of its own."""
        server.settimeout(_WATCH_SECONDS)
        readers: list[threading.Thread] = []
        while not self._ended.is_set():
            try:
                link, _ = server.accept()
            except TimeoutError:
                continue
            reader = threading.Thread(target=self._read, args=(link, token), name="rank")
            reader.start()
            readers.append(reader)
        for reader in readers:
            reader.join()

    def _read(self, link: socket.socket, token: str) -> None:
        with link, contextlib.suppress(OSError, ValueError), link.makefile("rb") as lines:
            link.settimeout(10)  # for whoever is not ours
            said = lines.readline(2 * _TOKEN_BYTES + 2).strip()
            if not hmac.compare_digest(said, token.encode()):
                return
            link.settimeout(None)
            self._send(link, self._greeting())
            with self._lock:
                self._links.append(link)
                stopping = self._stopping
            if stopping:
                self._send(link, {"stop": True})
            try:
                for line in lines:
                    self._pass_on(line)
            finally:  # also when a rank that was killed leaves the connection broken
                with self._lock:
                    self._links.remove(link)

    def _pass_on(self, line: bytes) -> None:
        try:
            self._take(json.loads(line))
        except Exception as error:  # noqa: BLE001 - a report that cannot be passed on ends the run
            self._failure = self._failure or error
            self._release()

    def _greeting(self) -> dict[str, Any]:
        return {
            "spec": self._ctx.spec.model_dump(mode="json"),
            "attempt_dir": str(self._ctx.attempt_dir),
            "recipe": self._recipe,
            "ran_out_at": self._ran_out_at,
        }

    def _take(self, said: dict[str, Any]) -> None:
        """One line of a rank: something to report, or how it ended."""
        if "event" not in said:
            if self._outcome is None:
                self._outcome = said
            self._release()
            return
        kind, data = EventType(said["event"]), said["data"]
        if kind is EventType.METRICS:
            data = self._new(data)
        if data:
            self._ctx.emit(kind, data)
        self._look()

    def _new(self, data: dict[str, Any]) -> dict[str, Any]:
        """Metrics without those that ranks before these have told."""
        step, values = data["step"], data["values"]
        values = {
            name: value for name, value in values.items() if step > self._retold.get(name, -1)
        }
        self._told |= dict.fromkeys(values, step)
        return {"step": step, "values": values} if values else {}

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_SECONDS):
            self._look()

    def _look(self) -> None:
        """Pass a stop on."""
        if self._stopping or not self._ctx.should_stop():
            return
        with self._lock:
            self._stopping = True
            links = list(self._links)
        for link in links:
            self._send(link, {"stop": True})

    def _send(self, link: socket.socket, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            link.sendall(json.dumps(message).encode() + b"\n")

    def _release(self) -> None:
        """Let every rank go: it ends when nothing more can come; what it has said is still read."""
        with self._lock:
            links = list(self._links)
        for link in links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_WR)


def _killed(error: ChildFailedError) -> RankDied:
    """The rank that ended first of those that failed, best one that was killed."""
    ours = -int(signal.SIGTERM)  # the launcher's own, for those that are left
    failures = sorted(
        error.failures.items(),
        key=lambda item: (item[1].exitcode >= 0, item[1].exitcode == ours, item[1].timestamp),
    )
    rank, failure = failures[0]
    code = failure.exitcode
    try:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        how = str(code)
    return RankDied(rank=rank, how=how)


def _signals() -> list[signal.Signals]:
    """Those that torch's launcher takes for itself."""
    if threading.current_thread() is not threading.main_thread():
        return []
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _restore(kept: dict[signal.Signals, Any]) -> None:
    for number, handler in kept.items():
        if handler is not None:
            signal.signal(number, handler)
