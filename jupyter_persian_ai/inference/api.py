"""The engine's HTTP face: OpenAI-compatible, for whoever knows the secret of this process.

The event loop only passes pieces on; the model is loaded and asked in one thread of its own, so
`/health` answers at any time and answers are written one after another. A client that hangs up
stops its answer within a token.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

from ..errors import Busy, EngineFailed, InvalidRequest, NotFound, PersianAIError, Unauthenticated
from ..protocol.base import new_id
from ..protocol.chat import Role

if TYPE_CHECKING:
    from .generation import Answer, Writer

_log = logging.getLogger(__name__)
_LONGEST_ANSWER = 8192


class AskedMessage(BaseModel):
    """One message of a request; what else a client sends with it is ignored."""

    model_config = ConfigDict(extra="ignore")

    role: Role
    content: str


class Completion(BaseModel):
    """A request; fields of other servers that mean nothing here are ignored."""

    model_config = ConfigDict(extra="ignore")

    messages: list[AskedMessage] = Field(min_length=1)
    stream: bool = False
    temperature: float = Field(default=0.8, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    top_k: int = Field(default=50, ge=0)
    repetition_penalty: float = Field(default=1.1, ge=1, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=_LONGEST_ANSWER)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=_LONGEST_ANSWER)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    stop: str | list[str] | None = None

    @property
    def stops(self) -> list[str]:
        """Texts that end the answer."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


class Engine:
    """The model of this process, and the thread that uses it."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self.name = folder.name
        self.state = "loading"
        self.error = ""
        self._folder = folder
        self._threads = threads
        self._writer: Writer | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def load(self) -> None:
        """Bring the model into memory; `state` becomes `ready` or `failed`."""
        loop = asyncio.get_running_loop()
        try:
            self._writer = await loop.run_in_executor(self._worker, self._load)
        except PersianAIError as error:
            self.state, self.error = "failed", error.body.message
        except (RuntimeError, OSError, ValueError, ImportError, MemoryError) as error:
            _log.exception("loading failed")
            self.state, self.error = "failed", str(error) or type(error).__name__
        else:
            self.state = "ready"

    def _load(self) -> Writer:
        import torch  # noqa: PLC0415 — seconds to import, and the port is wanted at once

        from .generation import Writer  # noqa: PLC0415
        from .loading import load_model  # noqa: PLC0415

        if self._threads:
            torch.set_num_threads(self._threads)
        return Writer(load_model(self._folder))

    def start(self, asked: Completion, cancelled: threading.Event) -> Writing:
        """Queue an answer behind those that were asked for before.

        Raises:
            Busy: the model is not in memory yet.
            EngineFailed: it could not be loaded.

        """
        if self.state == "failed":
            raise EngineFailed(reason=self.error)
        if self._writer is None:
            raise Busy(reason="loading")
        writing = Writing(self._writer, asked, cancelled)
        self._worker.submit(writing.run)
        return writing


class Writing:
    """One answer under way: pieces come out of `pieces`, None is the end, an error may be last."""

    def __init__(self, writer: Writer, asked: Completion, cancelled: threading.Event) -> None:
        from .generation import Answer  # noqa: PLC0415 — torch is in memory by now

        self.pieces: asyncio.Queue[str | PersianAIError | None] = asyncio.Queue()
        self.answer: Answer = Answer(asked=time.monotonic())
        self._loop = asyncio.get_running_loop()
        self._writer = writer
        self._asked = asked
        self._cancelled = cancelled

    def run(self) -> None:
        """Write the answer, in the model's thread."""
        from .sampling import SamplingSettings  # noqa: PLC0415 — torch is in memory by now

        asked = self._asked
        last: PersianAIError | None = None
        try:
            for piece in self._writer.write(
                [{"role": m.role.value, "content": m.content} for m in asked.messages],
                SamplingSettings(
                    temperature=asked.temperature,
                    top_p=asked.top_p,
                    top_k=asked.top_k,
                    repetition_penalty=asked.repetition_penalty,
                    seed=asked.seed,
                ),
                max_new_tokens=asked.max_tokens or asked.max_completion_tokens or 256,
                stop=asked.stops,
                answer=self.answer,
                cancelled=self._cancelled.is_set,
            ):
                self._put(piece)
        except PersianAIError as error:
            last = error
        except Exception as error:  # noqa: BLE001 — the thread's edge: every failure is told
            _log.exception("writing failed")
            last = EngineFailed(reason=str(error) or type(error).__name__)
        tokens = self.answer.usage.completion_tokens
        _log.info("answer %s: %d tokens", "failed" if last else self.answer.ending, tokens)
        self._put(last)

    def _put(self, piece: str | PersianAIError | None) -> None:
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)


class EngineHandler(RequestHandler):
    """Checks the secret; gives errors their one shape."""

    engine: Engine
    secret: str

    def initialize(self, engine: Engine, secret: str) -> None:
        """Called by tornado with what `application` says."""
        self.engine = engine
        self.secret = secret

    def prepare(self) -> None:
        """Before every verb."""
        given = self.request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.secret}".encode()):
            raise Unauthenticated

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Called by tornado for whatever a verb raised."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        known = error if isinstance(error, PersianAIError) else EngineFailed(reason=str(error))
        if status_code in {404, 405}:
            known = NotFound(what="route", id=self.request.path)
        self.set_status(known.status if isinstance(error, PersianAIError) else status_code)
        self.finish({"error": known.body.model_dump(mode="json")})

    def log_exception(self, *error: Any) -> None:
        """What a client did wrong is no trouble of ours."""
        if not isinstance(error[1], PersianAIError):
            super().log_exception(*error)


class HealthHandler(EngineHandler):
    """`GET /health`."""

    def get(self) -> None:
        """State of the model, resident memory of the process in bytes, the error if it failed."""
        self.finish(
            {
                "state": self.engine.state,
                "memory_bytes": psutil.Process().memory_info().rss,
                "error": self.engine.error,
            }
        )


class ModelsHandler(EngineHandler):
    """`GET /v1/models`."""

    def get(self) -> None:
        """The one model."""
        model = {"id": self.engine.name, "object": "model", "owned_by": "local"}
        self.finish({"object": "list", "data": [model]})


class CompletionsHandler(EngineHandler):
    """`POST /v1/chat/completions`."""

    def initialize(self, engine: Engine, secret: str) -> None:
        """Called by tornado for each request."""
        super().initialize(engine, secret)
        self._cancelled = threading.Event()

    def on_connection_close(self) -> None:
        """The client hung up."""
        self._cancelled.set()

    async def post(self) -> None:
        """Answer, in one piece or as server-sent events."""
        try:
            asked = Completion.model_validate_json(self.request.body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidRequest(reason=first["msg"], field=where or "body") from error
        writing = self.engine.start(asked, self._cancelled)
        try:
            await (self._stream(writing) if asked.stream else self._whole(writing))
        except StreamClosedError:
            self._cancelled.set()

    async def _whole(self, writing: Writing) -> None:
        text = []
        while (piece := await writing.pieces.get()) is not None:
            if isinstance(piece, PersianAIError):
                raise piece
            text.append(piece)
        message = {"role": "assistant", "content": "".join(text)}
        choice = {"index": 0, "message": message, "finish_reason": writing.answer.ending}
        answer = self._envelope("chat.completion", new_id(), choice)
        await self.finish(answer | {"usage": _usage(writing)})

    async def _stream(self, writing: Writing) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        answer_id = new_id()
        while (piece := await writing.pieces.get()) is not None:
            if isinstance(piece, PersianAIError):
                await self._send({"error": piece.body.model_dump(mode="json")})
                break
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            await self._send(self._envelope("chat.completion.chunk", answer_id, choice))
        else:
            choice = {"index": 0, "delta": {}, "finish_reason": writing.answer.ending}
            last = self._envelope("chat.completion.chunk", answer_id, choice)
            await self._send(last | {"usage": _usage(writing)})
        self.write("data: [DONE]\n\n")
        await self.flush()

    async def _send(self, data: dict[str, Any]) -> None:
        self.write(f"data: {json.dumps(data, ensure_ascii=False)}\n\n")
        await self.flush()

    def _envelope(self, kind: str, answer_id: str, choice: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{answer_id}",
            "object": kind,
            "created": int(time.time()),
            "model": self.engine.name,
            "choices": [choice],
        }


def _usage(writing: Writing) -> dict[str, Any]:
    usage = writing.answer.usage
    total = usage.prompt_tokens + usage.completion_tokens
    return {**usage.model_dump(mode="json"), "total_tokens": total}


def application(engine: Engine, secret: str) -> Application:
    """The routes."""
    given = {"engine": engine, "secret": secret}
    return Application(
        [
            (r"/health", HealthHandler, given),
            (r"/v1/models", ModelsHandler, given),
            (r"/v1/chat/completions", CompletionsHandler, given),
        ],
        default_handler_class=EngineHandler,
        default_handler_args=given,
        log_function=lambda _: None,
    )
