"""`openapi.json`, made from the route table and the words of `protocol`.

Owns the translation only; a test walks the real handlers and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..errors import ErrorBody
from ..protocol.base import Wire
from ..version import __version__
from .routes import JSON, PREFIX, ROUTES, Route, Verb

Mode = Literal["validation", "serialization"]
_REF = "#/components/schemas/{model}"


class Failure(Wire):
    """The one shape of every failed answer."""

    error: ErrorBody


def document(base_url: str) -> dict[str, Any]:
    """The whole document, for a server whose routes begin at `base_url`."""
    models = sorted(set(_models()), key=lambda found: (found[0].__name__, found[1]))
    refs, definitions = models_json_schema(models, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jupyter_persian_ai",
            "version": __version__,
            "description": "Train, watch and chat with Persian language models inside Jupyter. "
            "Lists are pages; every failed answer has one shape.",
        },
        "servers": [{"url": f"{base_url.rstrip('/')}/{PREFIX}"}],
        "security": [{"token": []}],
        "paths": {
            f"/{route.path}": {
                name: _operation(route, name, verb, refs) for name, verb in _verbs(route).items()
            }
            for route in ROUTES
        },
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token …` with Jupyter's token; a browser sends its cookie "
                    "and, with writing verbs, the header X-XSRFToken.",
                }
            },
        },
    }


def _verbs(route: Route) -> dict[str, Verb]:
    """The verbs of a route; the socket has none of its own, it is an upgraded GET."""
    if route.verbs:
        return dict(route.verbs)
    return {"get": Verb("WebSocket: `hello`, then events; send `subscribe`", status=101)}


def _models() -> Iterator[tuple[type[BaseModel], Mode]]:
    yield Failure, "serialization"
    for route in ROUTES:
        for verb in route.verbs.values():
            if verb.answer is not None:
                yield verb.answer, "serialization"
            for body in verb.body:
                yield body, "validation"


def _operation(route: Route, name: str, verb: Verb, refs: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{name}_{re.sub(r'[^a-z0-9]+', '_', route.path.lower()).strip('_')}",
        "summary": verb.summary,
        "tags": [route.path.split("/")[0]],
        "x-auth-resource": route.resource,
        "responses": {
            str(verb.status): _answer(verb, refs),
            "default": {
                "description": "It failed",
                "content": {JSON: {"schema": refs[Failure, "serialization"]}},
            },
        },
    }
    if parameters := [*_path(route), *_query(verb), *_key(verb)]:
        operation["parameters"] = parameters
    if verb.body:
        operation["requestBody"] = {"required": True, "content": _body(verb, refs)}
    return operation


def _answer(verb: Verb, refs: dict[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": verb.summary}
    if verb.status in {101, 204}:
        return answer
    schema: dict[str, Any] = {"type": "object"} if verb.media == JSON else {"type": "string"}
    if verb.answer is not None:
        schema = refs[verb.answer, "serialization"]
    answer["content"] = {verb.media: {"schema": schema}}
    return answer


def _body(verb: Verb, refs: dict[Any, Any]) -> dict[str, Any]:
    schemas = [refs[model, "validation"] for model in verb.body]
    content: dict[str, Any] = {
        JSON: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
    }
    if verb.upload:
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "name": {"type": "string"},
                    "shape": {"type": "string"},
                    "shapes": {"type": "string", "description": "names, parted by commas"},
                    "fields": {"type": "string", "description": "a JSON object, ours to theirs"},
                    "encoding": {"type": "string"},
                },
            }
        }
    return content


def _path(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(verb: Verb) -> Iterator[dict[str, Any]]:
    if verb.query is None:
        return
    schema = verb.query.model_json_schema()
    definitions = schema.get("$defs", {})
    for name, found in schema["properties"].items():
        text = found.pop("description", "")
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": text,
            "schema": _inlined(found, definitions),
        }


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """`schema` without references, which would point nowhere from inside a parameter."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    return schema


def _key(verb: Verb) -> Iterator[dict[str, Any]]:
    if verb.idempotent_key:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and request give the same job.",
            "schema": {"type": "string", "maxLength": 200},
        }
