"""Engines when the current version of a model changes; small processes stand in for models."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_persian_ai.errors import EngineFailed
from jupyter_persian_ai.protocol.base import now
from jupyter_persian_ai.protocol.data import Model
from jupyter_persian_ai.services import engines as module
from jupyter_persian_ai.services.engines import Engines
from jupyter_persian_ai.settings import Settings

STAND_IN = """
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

start = json.loads(sys.stdin.readline())

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"state": "ready", "path": start["model_path"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        pass

server = HTTPServer(("127.0.0.1", 0), Health)
print(json.dumps({"port": server.server_port}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture
def engines(tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "stands_in_for_an_engine.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(module, "_MODULE", "stands_in_for_an_engine")
    data = tmp_path / "data"
    data.mkdir()

    def make(**settings):
        return Engines(Settings(data_dir=data, **settings))

    return make


def version(number):
    return Model(id="m", name="m", source="path", path=f"/v{number}", version=number, created=now())


async def loaded(engine):
    async with engine.client() as client:
        return (await client.get("/health")).json()["path"]


def test_the_next_answer_comes_from_the_version_that_is_current(engines):
    async def journey():
        ours = engines(loaded_engines=2)
        try:
            async with ours.using(version(1)) as first:
                assert await loaded(first) == "/v1"
                # Promoted in the middle of an answer, which goes on as it began.
                async with ours.using(version(2)) as second:
                    assert await loaded(second) == "/v2"
                    assert await loaded(first) == "/v1"
                    assert [one.model_id for one in ours.listed()] == ["m"]
                    assert ours.count == 2
            async with ours.using(version(2)) as again:
                assert again is second
            assert second.alive
            await ours.unload_idle("m")
            assert ours.listed() == []
        finally:
            await ours.stop()
        assert not first.alive
        assert not second.alive

    asyncio.run(journey())


def test_without_room_for_two_an_answer_under_way_comes_first(engines):
    async def journey():
        ours = engines(loaded_engines=1)
        try:
            async with ours.using(version(1)) as first:
                with pytest.raises(EngineFailed):
                    async with ours.using(version(2)):
                        pass
                assert await loaded(first) == "/v1"
            async with ours.using(version(2)) as second:
                assert await loaded(second) == "/v2"
            assert not first.alive
        finally:
            await ours.stop()

    asyncio.run(journey())
