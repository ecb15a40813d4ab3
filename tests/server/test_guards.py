"""Who may not enter, does not: every route of the table and the socket, on a real server."""

import re

import httpx
import pytest
import websocket

from jupyter_persian_ai.server.routes import ROUTES

VERBS = [(verb, route.path) for route in ROUTES if route.path != "events" for verb in route.verbs]
WRITING = [(verb, path) for verb, path in VERBS if verb != "get"]

#: `{host}` is the server's own host and port. None of these is its origin.
BYPASS_ORIGINS = [
    "http://evil.example",
    "https://evil.example",
    "http://{host}.evil.example",
    "http://evil{host}",
    "http://evil.example/{host}",
    "http://evil.example?{host}",
    "http://evil.example#{host}",
    "http://{host}@evil.example",
    "http://user:{host}@evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}0",
    "http://127.0.0.2:{port}",
    "http://127.0.0.1.:{port}",
    "http://127.0.0.1.nip.io:{port}",
    "http://localhost:{port}",
    "http://[::1]:{port}",
    "http://0.0.0.0:{port}",
    "http://2130706433:{port}",
    "http://xn--127-0-0-1-.example:{port}",
    "http://۱۲۷.0.0.1:{port}",
    "null",
    "file://",
    "data:text/html,x",
    "chrome-extension://{host}.evil",
    "//{host}@evil.example",
]


def concrete(path):
    return re.sub(r"\{file\}", "bokeh.min.js", re.sub(r"\{\w+_id\}", "0" * 20, path))


@pytest.fixture(scope="module")
def browser(jupyter_server):
    """A client that came in by cookie, as a browser does."""
    client = httpx.Client(base_url=jupyter_server.api, trust_env=False, timeout=60)
    client.get(f"{jupyter_server.url}persian-ai", params={"token": jupyter_server.token})
    client.get("me")
    # Jupyter gives the XSRF cookie with every page that it draws.
    client.get(f"{jupyter_server.url}no-such-page")
    yield client
    client.close()


def handshake(server, *, header=(), cookie=None, origin=None, path="", suppress_origin=True):
    return websocket.create_connection(
        f"{server.socket}{path}",
        header=list(header),
        cookie=cookie,
        origin=origin,
        suppress_origin=suppress_origin,
        timeout=60,
        http_no_proxy=["*"],
    )


@pytest.mark.parametrize(("verb", "path"), VERBS)
def test_without_a_token(jupyter_server, verb, path):
    client = jupyter_server.client(token=None)
    answer = client.request(verb.upper(), concrete(path))
    assert answer.status_code in {401, 403}
    assert answer.json()["error"]["code"] in {"unauthenticated", "forbidden"}
    assert client.request(verb.upper(), concrete(path), params={"token": "x"}).status_code in {
        401,
        403,
    }


@pytest.mark.parametrize("path", ["nothing", "training/jobs/x/y/z", "..%2f..%2fapi"])
def test_unknown_addresses_need_a_token_too(jupyter_server, path):
    assert jupyter_server.client(token=None).get(path).status_code in {401, 403}
    answer = jupyter_server.client().get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(("verb", "path"), WRITING)
@pytest.mark.parametrize("sent", ["none", "wrong"])
def test_cookie_without_xsrf(jupyter_server, browser, verb, path, sent):
    headers = {} if sent == "none" else {"X-XSRFToken": "2|00000000|" + "0" * 32 + "|1700000000"}
    answer = browser.request(verb.upper(), concrete(path), headers=headers, json={})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_cookie_with_xsrf_is_let_in(browser):
    headers = {"X-XSRFToken": browser.cookies["_xsrf"]}
    answer = browser.patch("settings", headers=headers, json={"language": "fa"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("verb", ["post", "patch", "delete"])
def test_another_origin_by_cookie(browser, verb):
    headers = {"X-XSRFToken": browser.cookies["_xsrf"], "Origin": "http://evil.example"}
    answer = browser.request(verb.upper(), "notifications/read-all", headers=headers)
    assert answer.status_code in {403, 404}


def test_socket_without_a_token(jupyter_server):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        handshake(jupyter_server)
    assert refused.value.status_code == 403


@pytest.mark.parametrize("origin", BYPASS_ORIGINS)
def test_socket_from_another_origin(jupyter_server, browser, origin):
    port = jupyter_server.port
    origin = origin.format(host=f"127.0.0.1:{port}", port=port)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        handshake(
            jupyter_server,
            cookie=cookie,
            header=[f"Origin: {origin}".encode().decode("latin-1")],
        )
    assert refused.value.status_code == 403


def test_socket_from_our_own_page(jupyter_server, browser):
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    origin = jupyter_server.url.rstrip("/")
    connection = handshake(jupyter_server, cookie=cookie, header=[f"Origin: {origin}"])
    assert '"hello"' in connection.recv()
    connection.close()


def test_answers_may_not_be_framed_or_run(jupyter_server):
    client = jupyter_server.client()
    for path in ("me", "nothing", "monitoring/prometheus", "openapi.json", "docs"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'self'" in policy, path
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["bokeh.js.map", "../__init__.py", "..%2f..%2findex.html", "x.js"])
def test_only_bokehs_own_scripts(jupyter_server, name):
    assert jupyter_server.client().get(f"bokeh/{name}").status_code == 404


def test_bokeh_is_served_from_here(jupyter_server):
    answer = jupyter_server.client().get("bokeh/bokeh.min.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"Bokeh" in answer.content
