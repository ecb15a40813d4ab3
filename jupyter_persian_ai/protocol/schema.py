"""One JSON Schema of every word on the wire, for the front end.

`python -m jupyter_persian_ai.protocol.schema` prints it; `jlpm protocol` turns it into
`protocol.ts`. It must not be imported by the service: it is a developer's tool. What we send is
described as sent (every field is there), what a user sends as asked (defaults may be left out).
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from types import ModuleType
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..errors import ErrorBody
from . import __path__ as _path
from . import base

_NOT_WIRE = frozenset({"schema", "worker"})  # this tool, and what stays inside a worker
_NAMES = {"-Input": "Ask", "-Output": ""}  # a model that goes both ways has two schemas
_LABELS = frozenset({"title", "title_fa", "help_fa", "group", "default"})

Mode = Literal["validation", "serialization"]


def _modules() -> list[ModuleType]:
    names = sorted(found.name for found in pkgutil.iter_modules(_path))
    return [importlib.import_module(f"{__package__}.{n}") for n in names if n not in _NOT_WIRE]


def wire_models() -> list[tuple[type[BaseModel], Mode]]:
    """Every model of the wire, in the order of its module, with the side that it is seen from."""
    found: dict[str, tuple[type[BaseModel], Mode]] = {"ErrorBody": (ErrorBody, "serialization")}
    for module in _modules():
        for name, thing in vars(module).items():
            if not (isinstance(thing, type) and issubclass(thing, BaseModel)):
                continue
            if thing.__module__ != module.__name__ or thing in {base.Wire, base.Ask}:
                continue
            found[name] = (thing, "validation" if issubclass(thing, base.Ask) else "serialization")
    return list(found.values())


def schema() -> dict[str, Any]:
    """The JSON Schema: one object whose `$defs` are the models, sorted by name."""
    models = wire_models()
    _, document = models_json_schema(models, ref_template="#/$defs/{model}")
    text = json.dumps(document["$defs"], ensure_ascii=False)
    for old, new in _NAMES.items():
        text = text.replace(f'{old}"', f'{new}"')
    definitions = {_name(key): _plain(value) for key, value in json.loads(text).items()}
    sent = {_name(model.__name__) for model, mode in models if mode == "serialization"}
    for name in sent:  # pydantic leaves out what has a default, but we always send it
        definitions[name]["required"] = list(definitions[name]["properties"])
    return {"$defs": dict(sorted(definitions.items()))}


def _name(key: str) -> str:
    return "Page" if key.startswith("Page") else key


def _plain(node: Any) -> Any:
    """Without the labels of forms, which would become names of types."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in _LABELS}
    if isinstance(node.get("properties"), dict):  # here a key is a field's name, not a word of ours
        plain["properties"] = {name: _plain(value) for name, value in node["properties"].items()}
        plain.setdefault("additionalProperties", False)
    return plain


def main() -> None:
    """Print the schema."""
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
