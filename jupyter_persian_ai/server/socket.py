"""The one WebSocket: a user's events, live.

Owns the guards, which are those of Jupyter's own kernel socket: authenticated, authorised to
"execute" (awaited: an async authorizer is otherwise always true), origin checked by
`WebSocketMixin`, messages capped, and permission and ownership asked again at every frame. What
is sent, and in which order, is `services.subscription`'s business.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..errors import Busy, Forbidden, InvalidField, InvalidRequest, PersianAIError
from ..protocol.base import Wire
from ..protocol.events import ClientFrame, Hello, Resync
from ..services.checking import checked
from .base import SERVICE
from .owner import owner_name

if TYPE_CHECKING:
    from ..services.service import Service

RESOURCE = "persian_ai_events"
SYSTEM = "system"
#: Longest frame that a client may send, in bytes.
FRAME_BYTES = 64 * 1024
TOPICS = frozenset(
    {
        "jobs",
        "datasets",
        "dataset_jobs",
        "models",
        "model_jobs",
        "chat",
        "notifications",
        "downloads",
        "bundles",
        "settings",
        SYSTEM,
    }
)
#: Topics of one connection at most.
TOPICS_AT_MOST = 500


class EventsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """`events`."""

    auth_resource = RESOURCE
    route = "events"

    def initialize(self, route: str = "events") -> None:
        """Nothing is measured here; a socket lasts as long as its page."""
        self.route = route
        self._pump: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] | None = None
        self._frames = asyncio.Lock()

    def set_default_headers(self) -> None:
        """Undo Jupyter's, which make no sense for a socket."""

    def get_compression_options(self) -> dict[str, Any] | None:
        """As the server's other sockets do."""
        options: dict[str, Any] | None = self.settings.get("websocket_compression_options")
        return options

    @property
    def max_message_size(self) -> int:
        """Tornado closes the connection on a longer frame."""
        return FRAME_BYTES

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket."""
        if not await self._allowed():
            raise web.HTTPError(403)
        service: Service | None = self.settings.get(SERVICE)
        if service is None:
            raise web.HTTPError(503)
        self.service = service
        name, display = owner_name(self.identity_provider, self.current_user)
        self.user_id = await self.service.users.id_of(name, display)
        await super().get(*args, **kwargs)

    async def open(self, *args: Any, **kwargs: Any) -> None:
        """Say hello, and begin to send."""
        super().open(*args, **kwargs)
        stream = self.service.stream
        last = await stream.last(self.user_id)
        since = self._since(last)
        self.subscription = self.service.subscribe(
            self.user_id, cursor=last, since=last if since is None else since
        )
        await self._send(Hello(epoch=stream.epoch, seq=last))
        if since is None and self.get_query_argument("cursor", ""):
            await self._send(Resync(seq=last))
        self._pump = asyncio.create_task(self._pumping())

    async def on_message(self, message: str | bytes) -> None:
        """Take a frame; what is wrong with it is answered, and the socket stays open."""
        async with self._frames:
            try:
                await self._take(message)
            except PersianAIError as error:
                await self._send_json({"type": "error", "error": error.body.model_dump()})

    def on_close(self) -> None:
        """Stop sending."""
        if self._pump is not None:
            self._pump.cancel()
        if self._unwatch is not None:
            self._unwatch()

    # --- inside -------------------------------------------------------------------------------

    async def _allowed(self) -> bool:
        answer = self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        return bool(await ensure_async(answer))

    def _since(self, last: int) -> int | None:
        """The `cursor` of the address, if it means something in this epoch."""
        cursor = self.get_query_argument("cursor", "")
        known = self.get_query_argument("epoch", "") == self.service.stream.epoch
        if not known or not (cursor.isascii() and cursor.isdigit()) or int(cursor) > last:
            return None
        return int(cursor)

    async def _take(self, message: str | bytes) -> None:
        if not await self._allowed():
            raise Forbidden
        try:
            frame = checked(ClientFrame, json.loads(message))
        except (ValueError, RecursionError) as error:
            raise InvalidRequest(field="frame", reason="not JSON") from error
        for topic in frame.subscribe:
            await self._check(topic)
        if len(self.subscription.topics) + len(frame.subscribe) > TOPICS_AT_MOST:
            raise InvalidField(field="subscribe", reason=f"at most {TOPICS_AT_MOST} topics")
        self.subscription.change(frame)
        if SYSTEM in frame.subscribe and self._unwatch is None:
            self._unwatch = self.service.monitoring.watch(self.subscription.show)
        if SYSTEM in frame.unsubscribe and self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    async def _check(self, topic: str) -> None:
        """A topic that exists and is the user's own.

        Raises:
            NotFound: another user's job, or none.
            InvalidField: no such topic.

        """
        if topic.startswith("job:"):
            await self.service.any_job(self.user_id, topic.removeprefix("job:"))
        elif topic not in TOPICS:
            raise InvalidField(field="subscribe", reason=f"there is no topic “{topic}”")

    async def _pumping(self) -> None:
        """Send what the subscription yields; each frame waits until the socket took the last."""
        while True:
            try:
                async for frame in self.subscription.frames():
                    await self._send(frame)
            except WebSocketClosedError:
                return
            except Busy:
                # The database is away; nothing is lost, the cursor stays where it is.
                await asyncio.sleep(1)

    async def _send(self, frame: Wire) -> None:
        await self._send_json(frame.model_dump(mode="json"))

    async def _send_json(self, frame: dict[str, Any]) -> None:
        with suppress(RuntimeError):
            await self.write_message(json.dumps(frame, ensure_ascii=False))
