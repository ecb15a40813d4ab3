"""The one base of every REST handler.

Owns what every verb shares: who asks, a body read with a limit, one way to answer, one way to
fail, and the measuring of requests. A verb parses, calls one service and answers; it never
builds an error by hand. Nothing here knows a resource.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http.client import responses
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async
from pydantic import BaseModel
from tornado import web
from tornado.iostream import StreamClosedError

from ..errors import (
    Busy,
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PersianAIError,
    TooLarge,
    Unauthenticated,
)
from ..services.checking import checked
from .owner import owner_name

if TYPE_CHECKING:
    from ..services.service import Service

Parsed = TypeVar("Parsed", bound=BaseModel)
Verb = TypeVar("Verb", bound=Callable[..., Any])

#: The key in tornado's settings under which `app.py` keeps the running service.
SERVICE = "jupyter_persian_ai_service"


def executes(verb: Verb) -> Verb:
    """`@authorized("execute")`: for verbs that make a model work, not only change a record."""
    decorate = cast("Callable[[Verb], Verb]", authorized("execute"))
    return decorate(verb)


class NotReady(Busy):
    """The service has not opened its store yet."""

    retry_after = 2


class Handler(APIHandler):
    """Base of every route; see the module's docstring."""

    auth_resource = "persian_ai_service"
    route = ""

    def initialize(self, route: str = "") -> None:
        """Take the route's template; it is the label of this handler's metrics."""
        self.route = route
        self._began = time.perf_counter()
        self._counted = False

    # --- before a verb ------------------------------------------------------------------------

    async def prepare(self) -> None:  # type: ignore[override]
        """Know the user; Jupyter checks origin and XSRF."""
        if self.running is not None:
            self.running.monitoring.requests.begin()
            self._counted = True
        await super().prepare()
        if self.request.method != "OPTIONS" and self.current_user is None:
            raise Unauthenticated

    # --- what verbs use -----------------------------------------------------------------------

    @property
    def running(self) -> Service | None:
        """The service, or None while its store is not open."""
        found: Service | None = self.settings.get(SERVICE)
        return found

    @property
    def service(self) -> Service:
        """The running service.

        Raises:
            Busy: while the store is not open.

        """
        if self.running is None:
            raise NotReady
        return self.running

    async def owner(self) -> str:
        """Id of the user whose things this request may see."""
        user = self.current_user
        name, display = owner_name(self.identity_provider, user)
        return await self.service.users.id_of(name, display)

    async def require(self, action: str) -> None:
        """Ask Jupyter's authorizer, for a verb that must know before its body arrives.

        Raises:
            Forbidden: when it says no.

        """
        allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not await ensure_async(allowed):
            raise Forbidden

    def json_body(self) -> Any:
        """The body as JSON; `{}` when there is none.

        Raises:
            TooLarge: over the limit.
            InvalidRequest: not JSON.

        """
        body, limit = self.request.body, self.service.settings.max_body_bytes
        if len(body) > limit:
            raise TooLarge(limit=limit)
        try:
            return json.loads(body or b"{}")
        except (ValueError, RecursionError) as error:
            raise InvalidRequest(field="body", reason=f"not JSON ({error})") from error

    def body(self, model: type[Parsed]) -> Parsed:
        """The JSON body as `model`.

        Raises:
            TooLarge, InvalidRequest: as `json_body`.
            InvalidField: a field is not acceptable.

        """
        return checked(model, self.json_body())

    def query(self, model: type[Parsed]) -> Parsed:
        """The query's parameters that `model` names; others are Jupyter's own.

        Raises:
            InvalidField: a parameter is not acceptable.

        """
        names = [field.alias or name for name, field in model.model_fields.items()]
        given = {
            name: self.get_query_argument(name)
            for name in names
            if name in self.request.query_arguments
        }
        return checked(model, given)

    def answer(self, model: BaseModel, status: int = 200) -> None:
        """Send one protocol object."""
        self.set_status(status)
        self.finish(model.model_dump_json(by_alias=True))

    def done(self) -> None:
        """Send nothing, successfully."""
        self.set_status(204)
        self.finish()

    async def send_stream(
        self, pieces: AsyncGenerator[bytes], media: str, name: str = "", cache: int = 0
    ) -> None:
        """Send `pieces` as they come, at the client's pace.

        `name` makes it a download; `cache` lets the browser keep it so many seconds.
        """
        self.set_header("Content-Type", media)
        self.set_header("Cache-Control", f"private, max-age={cache}" if cache else "no-store")
        if name:
            self.set_attachment_header(name)
        async with aclosing(pieces):
            async for piece in pieces:
                self.write(piece)
                try:
                    await self.flush()
                except StreamClosedError:
                    return
        self.finish(set_content_type=media)

    # --- failing and finishing ----------------------------------------------------------------

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer every failure in the one shape of `errors.ErrorBody`."""
        cause = kwargs.get("exc_info", (None, None, None))[1]
        error = self._error_of(status_code, cause)
        status = status_code if isinstance(cause, web.HTTPError) else error.status
        if isinstance(error, Unauthenticated):
            status = error.status
        self.set_status(status, responses.get(status, "Unknown"))
        if status in {429, 503}:
            self.set_header("Retry-After", str(getattr(error, "retry_after", 5)))
        self.finish(json.dumps({"error": error.body.model_dump(mode="json")}, default=str))

    def _error_of(self, status: int, cause: BaseException | None) -> PersianAIError:
        if isinstance(cause, PersianAIError):
            return cause
        if not isinstance(cause, web.HTTPError) or status >= 500:
            return PersianAIError()
        reason = cause.reason or responses.get(status, "refused")
        known: dict[int, PersianAIError] = {
            401: Unauthenticated(),
            403: Unauthenticated() if self.current_user is None else Forbidden(),
            404: NotFound(what="page", id=self.request.path),
            405: MethodNotAllowed(method=self.request.method),
        }
        return known.get(status) or InvalidRequest(field="request", reason=reason)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log what a user did wrong as one line; our own faults with their traceback."""
        if isinstance(value, PersianAIError) and value.code != PersianAIError.code:
            self.log.info("%s %s: %s", self.request.method, self.route, value.code)
            return
        super().log_exception(typ, value, tb)

    def on_finish(self) -> None:
        """Measure the request."""
        super().on_finish()
        if self._counted and self.running is not None:
            self.running.monitoring.requests.end(
                str(self.request.method),
                self.route,
                self.get_status(),
                time.perf_counter() - self._began,
            )


class MissingHandler(Handler):
    """Whatever is asked below our prefix and is not there."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Authenticate first: who may not enter learns nothing of what is there."""
        await super().prepare()
        raise NotFound(what="page", id=self.request.path)
