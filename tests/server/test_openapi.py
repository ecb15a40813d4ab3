"""`openapi.json` says what is really there."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tornado.web import RequestHandler

from jupyter_persian_ai.server.openapi import document
from jupyter_persian_ai.server.routes import PREFIX, ROUTES

METHODS = ("get", "head", "post", "put", "patch", "delete")


def implemented(handler):
    """The verbs that a handler class answers with its own code, not by tornado's refusal."""
    return {verb for verb in METHODS if getattr(handler, verb) is not getattr(RequestHandler, verb)}


def test_it_is_valid():
    OpenAPIV31SpecValidator(document("/")).validate()


def test_the_table_and_the_handlers_agree():
    for route in ROUTES:
        verbs = set(route.verbs) or {"get"}
        assert implemented(route.handler) == verbs, route.path


def test_every_real_handler_is_described(jp_serverapp):
    described = {
        re.sub(r"\{\w+\}", "*", path): set(verbs) for path, verbs in document("/")["paths"].items()
    }
    found = {}
    for rule in jp_serverapp.web_app.wildcard_router.rules + [
        inner
        for outer in jp_serverapp.web_app.default_router.rules
        for inner in getattr(outer.target, "rules", [])
    ]:
        pattern = rule.matcher.regex.pattern
        if f"{PREFIX}/" not in pattern or not hasattr(rule.target, "get"):
            continue
        path = pattern.split(PREFIX, 1)[1].rstrip("$")
        path = re.sub(r"\(\?P<\w+>[^)]*\)", "*", path).replace("\\", "")
        if path != "/.*":
            found[path] = implemented(rule.target)
    assert found == described


def test_every_operation_names_its_parameters_and_answer():
    spec = document("/lab-of-sara/")
    assert spec["servers"] == [{"url": f"/lab-of-sara/{PREFIX}"}]
    for path, verbs in spec["paths"].items():
        for operation in verbs.values():
            names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert names == set(re.findall(r"\{(\w+)\}", path))
            assert operation["x-auth-resource"].startswith("persian_ai_")
            assert "default" in operation["responses"]
    ids = [op["operationId"] for verbs in spec["paths"].values() for op in verbs.values()]
    assert len(ids) == len(set(ids))


async def test_it_is_served_and_can_be_read(ask):
    spec = (await ask("GET", "openapi.json")).json
    assert spec == document("/a%40b/")
    page = await ask("GET", "docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="(https?:)?//', page.text)
    for path in spec["paths"]:
        assert path in page.text


@pytest.mark.parametrize("path", [route.path for route in ROUTES])
def test_patterns_match_only_themselves(path):
    route = next(route for route in ROUTES if route.path == path)
    example = f"/{PREFIX}/" + re.sub(r"\{\w+\}", "abc123", path)
    assert re.fullmatch(route.pattern, example)
    assert not re.fullmatch(route.pattern, example + "/more")
