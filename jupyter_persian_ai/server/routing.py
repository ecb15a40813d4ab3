"""What a route is: a path, its handler, and what each verb takes and gives. Lists no route."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel
from tornado.web import RequestHandler

#: Where our routes begin, below the server's base URL.
PREFIX = "persian-ai/api"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb of one route, as `openapi.json` says it."""

    summary: str
    answer: type[BaseModel] | None = None
    status: int = 200
    body: tuple[type[BaseModel], ...] = ()
    query: type[BaseModel] | None = None
    media: str = JSON
    upload: bool = False
    idempotent_key: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A path below `PREFIX`, its handler, and its verbs."""

    path: str
    handler: type[RequestHandler]
    verbs: Mapping[str, Verb] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """As tornado wants it."""
        escaped = re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}")
        return rf"/{PREFIX}/" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped)

    @property
    def resource(self) -> str:
        """What Jupyter's authorizer is asked about."""
        resource: str = getattr(self.handler, "auth_resource", "")
        return resource


#: The status of an answer without content.
NO_CONTENT = 204
