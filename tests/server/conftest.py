"""The extension inside the tests' own process, with Jupyter's own test plugin.

pytest-jupyter is brought in here and not for all tests: its fixtures prepare a Jupyter server
for every test they can see.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - fixtures and hooks of the plugin
from traitlets.config import Config


@pytest.fixture
def data_dir(tmp_path):
    """The data root of this test's server."""
    return tmp_path / "data"


@pytest.fixture
def jp_server_config(data_dir):
    """Our extension alone, and nothing open to who has no token."""
    return Config(
        {
            "ServerApp": {
                "jpserver_extensions": {
                    "jupyter_persian_ai": True,
                    "jupyter_server_terminals": False,
                },
                "allow_unauthenticated_access": False,
            },
            "PersianAIApp": {"data_dir": str(data_dir)},
        }
    )


@pytest.fixture
def jp_base_url():
    """A base URL with a character that has to be escaped, as under a Hub."""
    return "/a%40b/"


@pytest.fixture
def extension(jp_serverapp):
    """Our extension app."""
    return jp_serverapp.extension_manager.extension_points["jupyter_persian_ai"].app


@pytest.fixture
def service(extension, jp_asyncio_loop, jp_serverapp):
    """The open service."""

    async def start():
        await extension._start_jupyter_server_extension(jp_serverapp)
        return await extension.opened()

    return jp_asyncio_loop.run_until_complete(start())


@pytest.fixture
def ask(jp_fetch, service):
    """`await ask("POST", "training/jobs", {...})` gives status, JSON body and headers."""

    async def send(method, path, body=None, *, headers=None, raw=None, **params):
        content = raw if raw is not None else json.dumps(body or {}).encode()
        bodiless = method in {"GET", "HEAD"}
        answer = await jp_fetch(
            "persian-ai/api",
            *path.split("/"),
            method=method,
            body=None if bodiless or (method == "DELETE" and body is None) else content,
            headers=dict(headers or {}),
            params=params,
            raise_error=False,
            allow_nonstandard_methods=True,
            request_timeout=120,
        )
        text = answer.body.decode(errors="replace") if answer.body else ""
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return SimpleNamespace(
            status=answer.code,
            json=json.loads(text) if is_json and text else None,
            text=text,
            body=answer.body,
            headers=answer.headers,
        )

    return send
