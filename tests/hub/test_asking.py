"""One question to an address: what is sent to whom, and answers that are not to be trusted."""

import gzip
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub.errors import HfHubHTTPError

from jupyter_persian_ai.errors import HubOffline, HubThrottled, TokenRefused
from jupyter_persian_ai.hub import account, remote
from jupyter_persian_ai.hub.asking import ask
from jupyter_persian_ai.hub.way import Way, read_way, way_of, with_password

TOKEN = "hf_canaryAbCdEfGhIjKlMnOpQrStUv"


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(dict(self.headers))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def start():
    servers = []

    def begin(body=b"{}", status=200, **headers):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.asked, server.answer = [], (status, headers, body)
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        servers.append((server, thread))
        return server

    yield begin
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def way_to(server, **more):
    return Way((server.url,), (server.url,), token=TOKEN, **more)


class TestRedirects:
    def test_a_token_stays_with_its_origin(self, start):
        other = start(b'{"name": "sara"}')
        hub = start(status=302, Location=f"{other.url}/api/whoami-v2")
        assert ask(way_to(hub), hub.url, "/api/whoami-v2") == {"name": "sara"}
        assert hub.asked[0]["Authorization"] == f"Bearer {TOKEN}"
        assert "Authorization" not in other.asked[0]

    def test_the_plan_of_a_download_keeps_it_too(self, start):
        """There the Hub's library asks."""
        other = start(status=404)
        hub = start(status=302, Location=f"{other.url}/api/models/a/b")
        request = {
            "repo_id": "a/b", "repo_type": "model", "revision": "main",
            "endpoints": [hub.url], "token": TOKEN,
        }  # fmt: skip
        with pytest.raises(HfHubHTTPError):
            remote.plan(request)
        assert TOKEN in str(hub.asked)
        assert TOKEN not in str(other.asked)

    @pytest.mark.parametrize("place", ["", "ftp://a/b", "javascript:x", "http://", "/again"])
    def test_to_nowhere(self, start, place):
        hub = start(status=302, Location=place)
        with pytest.raises(HubOffline, match="no Hub"):
            ask(way_to(hub), hub.url, "/api/models")
        assert len(hub.asked) <= 5


class TestAnswers:
    @pytest.mark.parametrize(
        "body",
        [b"", b"<html>", b"[" * 100_000, b"\xff\xfe", gzip.compress(b"{")],
        ids=["empty", "page", "nested", "binary", "packed"],
    )
    def test_what_is_no_json(self, start, body):
        packed = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f") else {}
        hub = start(body, **packed)
        with pytest.raises(HubOffline, match="no Hub"):
            ask(way_to(hub), hub.url, "/api/models")

    def test_packed(self, start):
        hub = start(gzip.compress(b'["a"]'), **{"Content-Encoding": "gzip"})
        assert ask(way_to(hub), hub.url, "/") == ["a"]

    def test_a_small_answer_that_unpacks_to_a_big_one(self, start):
        hub = start(gzip.compress(bytes(2**27)), **{"Content-Encoding": "gzip"})
        with pytest.raises(HubOffline, match="no Hub"):
            ask(way_to(hub), hub.url, "/")

    def test_a_text_is_no_address(self, start):
        other = start()
        hub = start(json.dumps(other.url).encode())
        assert ask(way_to(hub), hub.url, "/") == other.url
        assert not other.asked


class TestWhoami:
    @pytest.mark.parametrize(
        ("role", "told"),
        [("read", "read"), ("write", "write"), ("fineGrained", "fine-grained"), ("god", "")],
    )
    def test_roles(self, start, role, told):
        said = {"name": "sara", "auth": {"accessToken": {"role": role}}}
        hub = start(json.dumps(said).encode())
        assert account.whoami(way_to(hub)) == account.Account("sara", told, hub.url)

    @pytest.mark.parametrize("auth", [None, [], {"accessToken": 7}, {"accessToken": {"role": []}}])
    def test_strange_words(self, start, auth):
        hub = start(json.dumps({"name": "s" * 9999, "auth": auth}).encode())
        found = account.whoami(way_to(hub))
        assert (found.role, len(found.name)) == ("", 200)

    @pytest.mark.parametrize(
        ("status", "error"),
        [(401, TokenRefused), (403, TokenRefused), (429, HubThrottled), (500, HubOffline)],
    )
    def test_refusals(self, start, status, error):
        with pytest.raises(error) as caught:
            account.whoami(way_to(start(status=status)))
        assert TOKEN not in str(caught.value.body)

    def test_only_who_may_see_it_is_asked(self, start):
        hub, mirror = start(b'{"name": "sara"}'), start()
        way = Way((mirror.url, hub.url), (hub.url,), token=TOKEN)
        assert account.whoami(way).endpoint == hub.url
        assert not mirror.asked
        with pytest.raises(HubOffline, match="may see the token"):
            account.whoami(replace(way, token_endpoints=()))


class TestTheFile:
    @pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff"])
    def test_one_that_is_not_there_or_damaged(self, tmp_path, monkeypatch, content):
        monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
        if content is not None:
            (tmp_path / "w.json").write_bytes(content)
        way = read_way(tmp_path / "w.json")
        assert way == way_of({})
        assert way.endpoints == way.token_endpoints == ("https://mirror.example",)

    def test_a_proxys_password_is_escaped(self):
        assert with_password("http://p:1", "a@b", "c:d/") == "http://a%40b:c%3Ad%2F@p:1"
        assert with_password("http://p:1", "a", "") == "http://a@p:1"
        assert with_password("http://p:1", "", "x") == "http://p:1"
        assert with_password("", "a", "x") == ""
