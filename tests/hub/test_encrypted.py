"""HTTPS: straight, through a proxy, with a certificate that nobody trusts, and downgraded."""

import importlib.util
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from jupyter_persian_ai.hub.transfer import connection, faults
from jupyter_persian_ai.hub.transfer.connection import Proxies
from jupyter_persian_ai.hub.transfer.engine import Engine
from jupyter_persian_ai.hub.transfer.wanted import Access, Limits, Wanted

CONTENT = bytes(range(256)) * 4096
NAME = "model.safetensors"

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hub_server, proxies = load("hub_server"), load("proxies")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost,DNS:hub.example,IP:127.0.0.1"),
        *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def hub(certificate):
    server = hub_server.HubServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    listening = server._servers[0]
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    server.add("owner/name", files={NAME: CONTENT})
    yield server
    server.close()


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    connection._trust.cache_clear()
    yield
    connection._trust.cache_clear()


@pytest.fixture
def fetch(tmp_path):
    def run(url, proxy=""):
        wanted = Wanted(NAME, len(CONTENT), hub_server.etag(CONTENT), (url,))
        access = Access("test", proxies=Proxies(proxy))
        limits = Limits(connections=2, patience_seconds=0.2)
        Engine([wanted], tmp_path, access, limits).run()
        assert (tmp_path / wanted.etag).read_bytes() == CONTENT

    return run


def address(hub, host="localhost"):
    return f"https://{host}:{hub.port}/owner/name/resolve/main/{NAME}"


def test_straight(hub, trusted, fetch):
    fetch(address(hub))


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_through_a_proxy(hub, trusted, fetch, kind):
    proxy = (proxies.http_proxy if kind == "http" else proxies.socks_proxy)("sara:secret")
    proxy.known["hub.example"] = "127.0.0.1"
    try:
        fetch(address(hub, "hub.example"), f"{kind}://sara:secret@127.0.0.1:{proxy.port}")
        assert set(proxy.asked) == {("hub.example", hub.port)}
    finally:
        proxy.close()


def test_a_certificate_that_nobody_trusts(hub, fetch, monkeypatch):
    connection._trust.cache_clear()
    with pytest.raises(faults.GaveUp, match="certificate") as caught:
        fetch(address(hub))
    assert isinstance(caught.value.fault, faults.NoAnswer)
    assert not hub.requests


def test_a_redirect_never_leads_out_of_encryption(hub, trusted, fetch):
    plain = hub_server.HubServer()
    try:
        plain.add("owner/name", files={NAME: CONTENT})
        location = f"{plain.url}/owner/name/resolve/main/{NAME}"
        hub.repositories["owner/name"].fault(NAME, "location", times=10**6, value=location)
        with pytest.raises(faults.GaveUp, match="without encryption"):
            fetch(address(hub))
        assert not plain.requests
    finally:
        plain.close()
