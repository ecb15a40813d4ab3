"""A token and a proxy's password, looked for everywhere after everything that uses them was used.

A real server, real workers, a small Hub with a gated repository whose files come from another
host, and a proxy that wants a password. Looked at: every answer, every event, every file of the
data root and of the server's folder (database, spools, logs, job folders), the arguments and the
environment of every process, and what strangers were sent.
"""

import importlib.util
import json
import os
import stat
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
import websocket

pytestmark = pytest.mark.slow

TOKEN = "hf_canaryAbCdEfGhIjKlMnOpQrStUvWx"
WRONG = "hf_canaryNobodyKnowsThisOne000000"
PASSWORD = "canary-proxy-9f1c"
CANARIES = (TOKEN, WRONG, PASSWORD)
PATH = "settings/huggingface-token"
CONTENT = bytes(range(256)) * 2**12 * 2  # 2 MiB
ROWS = b'{"text": "\xd8\xb4\xd8\xb9\xd8\xb1"}\n' * 20


def load(name):
    place = Path(__file__).parents[1] / "hub" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hub_server, proxies = load("hub_server"), load("proxies")


@pytest.fixture
def hub():
    server = hub_server.HubServer()
    server.users[TOKEN] = "sara"
    gated = {"token": TOKEN, "gated": True, "elsewhere": True}
    server.add("owner/gated", files={"config.json": b"{}", "model.safetensors": CONTENT}, **gated)
    server.add("owner/poems", kind="datasets", files={"a.jsonl": ROWS}, token=TOKEN)
    broken = server.add("owner/broken", files={"model.safetensors": CONTENT}, token=TOKEN)
    broken.fault("model.safetensors", "status", times=10**6, value=404)
    yield server
    server.close()


@pytest.fixture
def stranger():
    """An address that the user lists and that may not see the token."""
    server = hub_server.HubServer()
    yield server
    server.close()


@pytest.fixture
def proxy():
    server = proxies.http_proxy(f"sara:{PASSWORD}")
    yield server
    server.close()


class Watch:
    """Everything that left the server, and what its processes show of themselves."""

    def __init__(self, server):
        self.server = server
        self.said = []
        self.shown = {}
        self.client = server.client(event_hooks={"response": [self.hear]})

    def hear(self, response):
        response.read()
        self.said.append(response.text + str(response.headers))

    def look(self):
        """At arguments and environment of all processes that belong to the data root."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                line, environment = " ".join(process.cmdline()), str(process.environ())
                ours = str(self.server.data_dir) in line + environment
                if ours and process.pid != os.getpid():
                    self.shown[process.pid] = line + environment
        return True

    def ended(self, path, wait_for):
        def over():
            self.look()
            job = self.client.get(path).json()
            return job if job["state"] in {"completed", "failed", "stopped"} else None

        return wait_for(over)

    def events(self, topics, last):
        """All events up to the end of a job, as a client gets them that was never here."""
        frames = []

        def over():
            event = frames[-1] if frames else {}
            ended = event.get("type") == "state" and event["data"]["state"] == "completed"
            return ended and event["topic"] == last

        with closing(
            websocket.create_connection(
                self.server.socket,
                header=[f"Authorization: token {self.server.token}"],
                timeout=60,
                http_no_proxy=["*"],
            )
        ) as connection:
            connection.recv()
            connection.send(json.dumps({"subscribe": [*topics, last], "since": 0}))
            while not over():
                frames.append(json.loads(connection.recv()))
        return json.dumps(frames)


def files_with(folder, *words):
    return [
        (path, word)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
        for content in [path.read_bytes()]
        for word in words
        if word.encode() in content
    ]


def test_nowhere(jupyter, hub, stranger, proxy, wait_for, tmp_path):
    environment = {"NO_PROXY": "", "no_proxy": "", "HF_HUB_CACHE": str(tmp_path / "cache")}
    server = jupyter(environment=environment)
    watch = Watch(server)
    client = watch.client
    addresses = [{"url": stranger.url}, {"url": hub.url, "token": True}]
    way = {"endpoints": addresses, "proxy": f"http://127.0.0.1:{proxy.port}"}
    right = {"proxy_user": "sara", "proxy_password": PASSWORD}
    assert client.patch("settings/hub", json=way).status_code == 200

    # Without the proxy's password nobody answers: kept, and said so.
    unknown = client.put(PATH, json={"token": TOKEN}).json()
    assert (unknown["set"], unknown["valid"]) == (True, None)
    assert unknown["problem"]["code"] == "hub_offline"
    assert client.patch("settings/hub", json=right).json()["proxy_password_set"]
    assert client.post(f"{PATH}/validate").json()["valid"] is True
    refused = client.put(PATH, json={"token": WRONG})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "token_refused")
    for nonsense in (WRONG[:5], WRONG * 20, f"{WRONG} {WRONG}", [WRONG], {"token": WRONG}, 7):
        assert client.put(PATH, json={"token": nonsense}).status_code == 422
    assert client.patch("settings/hub", json={"proxy": f"http://a:{PASSWORD}@b"}).status_code == 422
    assert client.put(PATH, content=f'{{"token": "{WRONG}"').status_code == 400
    assert client.get(PATH).json()["account"] == "sara"
    check = client.post("settings/hub/check").json()["endpoints"]
    assert [one["token_accepted"] for one in check] == [None, True]

    # Gated, and from another host; looked at while it runs.
    hub.line.rate = 500_000
    begun = client.post("downloads", json={"repo_id": "owner/gated"}).json()
    path = f"downloads/{begun['id']}"
    wait_for(lambda: watch.look() and client.get(path).json()["progress"]["done"])
    assert watch.ended(path, wait_for)["state"] == "completed"
    assert any("jobs.worker" in shown for shown in watch.shown.values())
    assert any("hub.fetch" in shown for shown in watch.shown.values())
    hub.line.rate = 0
    # One that fails, with a traceback in its log.
    failing = client.post("downloads", json={"repo_id": "owner/broken"}).json()
    failed = watch.ended(f"downloads/{failing['id']}", wait_for)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "hub_problem")
    log = (server.data_dir / "jobs" / failing["id"] / "1" / "worker.log").read_text("utf-8")
    assert "Traceback" in log

    found = client.get("hub/repo", params={"repo_id": "owner/gated", "type": "model"}).json()
    assert found["gated"]
    assert client.get("hub/search", params={"q": "x"}).json()["items"] == []
    ask = {"repo_id": "owner/poems", "name": "poems"}
    imported = client.post("datasets/imports", json=ask).json()
    assert watch.ended(f"datasets/jobs/{imported['id']}", wait_for)["state"] == "completed"
    topics = ["jobs", "downloads", "models", *(f"job:{one['id']}" for one in (begun, failing))]
    events = watch.events(topics, f"job:{imported['id']}")
    assert "owner/gated" in events

    for canary in CANARIES:
        assert canary not in "".join(watch.said)
        assert canary not in events
        assert not [line for line in watch.shown.values() if canary in line]
        assert canary not in json.dumps(hub.away)
        assert canary not in json.dumps(stranger.requests)
    assert hub.away
    assert stranger.requests
    assert TOKEN in json.dumps(hub.requests)
    (kept,) = (server.data_dir / "secrets").iterdir()
    assert {path for path, _ in files_with(tmp_path, *CANARIES)} == {kept}
    assert files_with(kept.parent, TOKEN, PASSWORD) == [(kept, TOKEN), (kept, PASSWORD)]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700

    # Removed means gone, the proxy's password with its proxy.
    assert client.delete(PATH).json()["set"] is False
    assert not client.patch("settings/hub", json={"proxy": ""}).json()["proxy_password_set"]
    assert not files_with(tmp_path, *CANARIES)
