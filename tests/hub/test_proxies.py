"""Through proxies of both kinds, and past them where the user says so."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONTENT = bytes(range(256)) * 4096


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hub_server, proxies = load("hub_server"), load("proxies")


@pytest.fixture
def hub():
    server = hub_server.HubServer()
    server.add("owner/name", files={"model.safetensors": CONTENT})
    yield server
    server.close()


@pytest.fixture(params=["http", "socks5"])
def proxy(request):
    """A proxy that alone knows where `hub.example` is."""
    user = "سارا:راز" if request.param == "http" else "sara:secret"
    server = (proxies.http_proxy if request.param == "http" else proxies.socks_proxy)(user)
    server.known["hub.example"] = "127.0.0.1"
    server.scheme = request.param
    yield server
    server.close()


def fetched(cache, endpoint, proxy="", **environment):
    request = {
        "repo_id": "owner/name",
        "repo_type": "model",
        "revision": "main",
        "files": None,
        "cache_dir": str(cache),
        "endpoints": [endpoint],
        "proxy": proxy,
        "patience_seconds": 0.5,
    }
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_persian_ai.hub.fetch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=kept | environment,
    )
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()  # and stays open: the process ends with whoever holds it
    out, errors = process.stdout.read(), process.stderr.read()
    process.communicate(timeout=60)
    return json.loads(out.splitlines()[-1]), errors.decode()


def address(proxy, user):
    return f"{proxy.scheme}://{user}@127.0.0.1:{proxy.port}"


def test_everything_goes_through_it(hub, proxy, tmp_path):
    user = "%D8%B3%D8%A7%D8%B1%D8%A7:%D8%B1%D8%A7%D8%B2" if proxy.scheme == "http" else proxy.user
    told, _ = fetched(tmp_path, f"http://hub.example:{hub.port}", address(proxy, user))
    assert told["kind"] == "done", told
    assert (Path(told["path"]) / "model.safetensors").read_bytes() == CONTENT
    assert len(proxy.asked) >= 2
    assert {host for host, _ in proxy.asked} == {"hub.example"}


def test_a_wrong_password_is_told_and_not_shown(hub, proxy, tmp_path):
    told, errors = fetched(
        tmp_path, f"http://hub.example:{hub.port}", address(proxy, "sara:wrong-canary")
    )
    assert told["kind"] == "error"
    assert "wrong-canary" not in json.dumps(told) + errors
    assert not hub.requests


def test_the_environment_names_one_and_exceptions(hub, tmp_path):
    proxy = proxies.socks_proxy()
    try:
        url = f"socks5://127.0.0.1:{proxy.port}"
        told, _ = fetched(tmp_path / "a", hub.url, ALL_PROXY=url)
        assert told["kind"] == "done", told
        assert proxy.asked
        proxy.asked.clear()
        told, _ = fetched(tmp_path / "b", hub.url, ALL_PROXY=url, NO_PROXY="127.0.0.1")
        assert told["kind"] == "done", told
        assert proxy.asked == []
    finally:
        proxy.close()
