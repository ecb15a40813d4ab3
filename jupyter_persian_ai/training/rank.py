"""One of several processes of a run: `python -m jupyter_persian_ai.training.rank FOLDER`.

Started by torch's launcher for `crew`, which says by a connection what to do; what this rank
reports goes back the same way. When the connection breaks, the process ends: the worker has
gone, or has heard all it needs.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from ..jobs.worker import explain
from ..protocol.events import EventType
from ..protocol.jobs import JobSpec
from ..protocol.worker import WorkerContext, WorkStopped
from . import world
from .sharding import Ranks
from .shortage import RanOut


class _Link:
    """The connection to the worker."""

    def __init__(self, folder: Path) -> None:
        where = json.loads((folder / "link.json").read_text(encoding="ascii"))
        self._socket = socket.create_connection(("127.0.0.1", where["port"]))
        self._socket.settimeout(None)
        self._lines = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._write(where["token"].encode())
        self.order = json.loads(self._lines.readline())
        self.stop = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True, name="worker")
        self._listener.start()

    def tell(self, message: dict[str, Any]) -> None:
        self._write(json.dumps(message).encode())

    def linger(self) -> None:
        """Wait to be let go: a process that ends with something unread takes its words back."""
        self._listener.join()

    def _write(self, line: bytes) -> None:
        with self._lock:
            self._socket.sendall(line + b"\n")

    def _listen(self) -> None:
        try:
            for line in self._lines:
                if json.loads(line).get("stop"):
                    self.stop.set()
        except (OSError, ValueError):
            pass
        os._exit(0)  # whatever else is going on: nobody waits for it any more


def main(argv: list[str]) -> int:
    """Work as one rank; how it ended is told to the worker."""
    folder = Path(argv[1])
    link = _Link(folder)
    order = link.order
    attempt_dir = Path(order["attempt_dir"])
    try:
        rank = Ranks(folder, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
        world.enter(rank, ran_out=order["ran_out_at"])

        def emit(type: EventType, data: dict[str, Any]) -> None:
            if rank.leads:
                link.tell({"event": type.value, "data": data})

        ctx = WorkerContext(
            spec=JobSpec.model_validate(order["spec"]),
            attempt_dir=attempt_dir,
            emit=emit,
            should_stop=link.stop.is_set,
        )
        module, _, function = order["recipe"].partition(":")
        result = getattr(importlib.import_module(module), function)(ctx)
        rank.leave()
        if rank.leads:
            link.tell({"result": result})
    except WorkStopped:
        link.tell({"stopped": True})
    except RanOut as error:
        link.tell({"shortage": error.positions})
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        traceback.print_exc()
        ours = explain(error, attempt_dir)
        link.tell({"error": {"code": ours.code, "details": ours.details}})
    link.linger()
    return 0  # a rank that fails is one that could not say why


if __name__ == "__main__":
    sys.exit(main(sys.argv))
