"""Chat engines: one process for each model in memory.

Owns starting them, the secret between us and them, how many there may be, and their end: an
engine that is not used for a while is unloaded, the least recently used one makes room, and all
of them end with this server because their stdin does. Must not know conversations.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..errors import EngineFailed
from ..protocol.base import now
from ..protocol.chat import Engine, EngineState
from ..protocol.data import Model
from ..settings import Settings
from .machine import available_memory

#: A model that is not in memory after this long is given up.
LOAD_SECONDS = 600.0
_MODULE = "jupyter_persian_ai.inference.engine"
_SECRET_WORDS = ("TOKEN", "PASSWORD", "SECRET", "API_KEY")


@dataclass(eq=False, slots=True)
class RunningEngine:
    """An engine process and how it is doing."""

    model_id: str
    #: The folder that it has loaded: another version of the model lies in another one.
    path: str = ""
    secret: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(32))
    process: asyncio.subprocess.Process | None = None
    port: int = 0
    state: EngineState = EngineState.LOADING
    memory_bytes: int = 0
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    loaded: Any = None
    failure: str = ""
    loading: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether there is a process behind it."""
        return self.process is not None and self.process.returncode is None

    @property
    def wire(self) -> Engine:
        """As a screen shows it."""
        return Engine(
            model_id=self.model_id,
            state=self.state,
            memory_bytes=self.memory_bytes,
            busy=self.users > 0,
            loaded=self.loaded,
        )

    def client(self) -> httpx.AsyncClient:
        """An HTTP client that knows the engine's address and secret; no proxy in between."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self.secret}"},
            timeout=httpx.Timeout(30.0, read=LOAD_SECONDS),
            trust_env=False,
        )


class Engines:
    """The engines of this server, keyed by model id."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engines: dict[str, RunningEngine] = {}
        #: Engines of versions that are no longer current, until their last answer is written.
        self._leaving: list[RunningEngine] = []
        self._room = asyncio.Lock()
        self._reaper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to unload what is idle."""
        self._reaper = asyncio.create_task(self._reaping())

    async def stop(self) -> None:
        """Unload everything."""
        if self._reaper is not None:
            self._reaper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reaper
        for model_id in list(self._engines):
            await self.unload(model_id)
        for engine in self._leaving:
            await _end(engine)
        self._leaving.clear()

    def listed(self, model_ids: set[str] | None = None) -> list[Engine]:
        """Engines, all or of these models."""
        return [
            engine.wire
            for engine in self._engines.values()
            if model_ids is None or engine.model_id in model_ids
        ]

    @property
    def count(self) -> int:
        """Engines with a living process."""
        return sum(engine.alive for engine in (*self._engines.values(), *self._leaving))

    async def load(self, model: Model) -> Engine:
        """Begin to load a model, or find it loaded. Does not wait until it is ready.

        Raises:
            EngineFailed: when the process cannot be started or there is no room.

        """
        return (await self._engine(model, users=0)).wire

    async def unload(self, model_id: str) -> None:
        """End the engine of a model, if there is one; answers under way are cut off."""
        engine = self._engines.pop(model_id, None)
        if engine is None:
            return
        if engine.loading is not None:
            engine.loading.cancel()
        await _end(engine)

    async def unload_idle(self, model_id: str) -> None:
        """`unload`, unless somebody is using it."""
        engine = self._engines.get(model_id)
        if engine is not None and not engine.users:
            await self.unload(model_id)

    @asynccontextmanager
    async def using(self, model: Model) -> AsyncIterator[RunningEngine]:
        """The ready engine of a model; while it is used it is not unloaded for room or idleness.

        Raises:
            EngineFailed: when it did not become ready.

        """
        engine = await self._engine(model, users=1)
        try:
            if engine.loading is not None:
                await asyncio.wait({engine.loading})
            if engine.state is not EngineState.READY:
                raise EngineFailed(reason=engine.failure or "it was unloaded")
            yield engine
        finally:
            engine.users -= 1
            engine.used = time.monotonic()

    async def _engine(self, model: Model, *, users: int) -> RunningEngine:
        """The engine of a model, started if need be; `users` of it are counted at once."""
        async with self._room:
            await self._let_go(model)
            found = self._engines.get(model.id)
            if found is not None and found.alive and found.state is not EngineState.FAILED:
                found.used = time.monotonic()
                found.users += users
                return found
            await self.unload(model.id)
            await self._make_room()
            need_memory(model)
            engine = RunningEngine(model.id, path=model.path, users=users)
            await self._spawn(engine, model)
            self._engines[model.id] = engine
            engine.loading = asyncio.create_task(self._become_ready(engine))
            return engine

    async def _let_go(self, model: Model) -> None:
        """Part with the engine of a version that is no longer the current one."""
        found = self._engines.get(model.id)
        if found is None or found.path == model.path:
            return
        if not found.users:
            await self.unload(model.id)
            return
        # Whoever reads its answer reads it to the end.
        self._leaving.append(self._engines.pop(model.id))

    async def _make_room(self) -> None:
        await self._end_leaving()
        while len(self._engines) + len(self._leaving) >= max(1, self._settings.loaded_engines):
            idle = [engine for engine in self._engines.values() if not engine.users]
            if not idle:
                raise EngineFailed(reason="another model is answering and there is room for one")
            await self.unload(min(idle, key=lambda engine: engine.used).model_id)

    async def _spawn(self, engine: RunningEngine, model: Model) -> None:
        """Start the process; the path and the secret go over stdin, never by argument."""
        log_dir = self._settings.data_dir / "engines"
        log_dir.mkdir(mode=0o700, exist_ok=True)
        with (log_dir / f"{model.id}.log").open("wb") as log:
            engine.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                _MODULE,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=_environment(),
                start_new_session=True,
            )
        start = {
            "model_path": model.path,
            "secret": engine.secret,
            "threads": max(1, (os.cpu_count() or 2) // 2),
        }
        stdin = engine.process.stdin
        if stdin is not None:
            stdin.write(json.dumps(start).encode() + b"\n")

    async def _become_ready(self, engine: RunningEngine) -> None:
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._wait_ready(engine)
        except TimeoutError:
            engine.failure = f"it was not ready after {LOAD_SECONDS:.0f} s"
        except (OSError, ValueError, KeyError, httpx.HTTPError) as error:
            engine.failure = engine.failure or str(error) or type(error).__name__
        if engine.state is not EngineState.READY:
            engine.state = EngineState.FAILED
            await _end(engine)

    async def _wait_ready(self, engine: RunningEngine) -> None:
        process = engine.process
        if process is None or process.stdout is None:
            return
        first = await process.stdout.readline()
        if not first:
            engine.failure = f"its process ended (exit {await process.wait()})"
            return
        engine.port = int(json.loads(first)["port"])
        async with engine.client() as client:
            while engine.alive:
                health = (await client.get("/health")).json()
                if health["state"] == EngineState.READY:
                    engine.memory_bytes = int(health.get("memory_bytes") or 0)
                    engine.state, engine.loaded = EngineState.READY, now()
                    return
                if health["state"] == EngineState.FAILED:
                    engine.failure = str(health.get("error") or "the model could not be loaded")
                    return
                await asyncio.sleep(0.1)
        engine.failure = "its process ended while loading"

    async def _reaping(self) -> None:
        while True:
            await asyncio.sleep(min(30.0, max(0.1, self._settings.engine_idle_seconds / 4)))
            for engine in list(self._engines.values()):
                idle = time.monotonic() - engine.used > self._settings.engine_idle_seconds
                if not engine.users and (idle or (not engine.alive and engine.loaded)):
                    await self.unload(engine.model_id)
            await self._end_leaving()

    async def _end_leaving(self) -> None:
        for engine in [one for one in self._leaving if not one.users]:
            self._leaving.remove(engine)
            await _end(engine)


async def _end(engine: RunningEngine) -> None:
    """Close its stdin, which ends it; kill it when it does not heed that."""
    process = engine.process
    if process is None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def need_memory(model: Model) -> None:
    """Refuse a model that is larger than all the memory there is to have.

    Raises:
        EngineFailed: it would push this machine into its swap, or the server out of it.

    """
    available = available_memory()
    if model.bytes > available:
        raise EngineFailed(reason=f"it has {model.bytes} bytes and {available} are available")


def _environment() -> dict[str, str]:
    """Ours without secrets: a model is somebody's file, and its process needs none of them."""
    return {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in _SECRET_WORDS)
    }
