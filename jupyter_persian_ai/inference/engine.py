"""The engine process: `python -m jupyter_persian_ai.inference.engine`.

Reads one JSON line on stdin, `{"model_path", "secret", "threads"}`, prints one on stdout,
`{"port": N}`, and serves `api` on loopback until stdin ends: it cannot outlive who started it.
The secret never stands in an argument or the environment.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from .api import Engine, application

_LARGEST_BODY = 16 * 2**20


def main() -> None:
    """Serve one model."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ["HF_HUB_OFFLINE"] = "1"
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    asyncio.run(_serve(Path(asked["model_path"]), asked["secret"], asked.get("threads")))


async def _serve(folder: Path, secret: str, threads: int | None) -> None:
    engine = Engine(folder, threads)
    server = HTTPServer(application(engine, secret), max_body_size=_LARGEST_BODY)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    sys.stdout.write(json.dumps({"port": sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await engine.load()
    await asyncio.Event().wait()


def _end_with_stdin() -> None:
    """Leave at once when stdin ends: an answer under way has nobody left to read it."""
    while sys.stdin.readline():
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
