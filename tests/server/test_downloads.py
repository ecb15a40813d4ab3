"""A download over HTTP: paused, taken up again, given up; from a small Hub on a slow line."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parents[1] / "hub" / "hub_server.py"
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

NAME = "rows.jsonl"
CONTENT = b'{"text": "\xd8\xb4\xd8\xb9\xd8\xb1"}\n' * 1_000_000  # 20 MB
SLACK = 4 * 2**20


@pytest.fixture
def hub():
    server = hub_server.HubServer(hub_server.Line(300_000, 0.0, 0.0))
    server.add("owner/poems", kind="datasets", files={NAME: CONTENT})
    yield server
    server.close()


@pytest.fixture
def server(jupyter, hub, tmp_path):
    return jupyter(environment={"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "cache")})


def begun(client, wait_for, least=2**20):
    """A download that has fetched something and is not yet through."""
    ask = {"repo_id": "owner/poems", "repo_type": "dataset"}
    job = client.post("downloads", json=ask).json()
    wait_for(lambda: client.get(f"downloads/{job['id']}").json()["progress"]["done"] > least)
    return f"downloads/{job['id']}"


def state(client, path):
    job = client.get(path).json()
    return job["state"], job["reason"]


def partials(server):
    return list((server.data_dir / "hub").glob("*/partials/*.partial"))


def test_pause_and_go_on_where_it_was(server, hub, wait_for):
    client = server.client()
    path = begun(client, wait_for)
    assert client.post(f"{path}/pause").json()["pausing"]
    wait_for(lambda: state(client, path) == ("stopped", "paused"))
    assert partials(server)
    assert 0 < hub.sent_bytes(NAME) < len(CONTENT)

    assert client.post(f"{path}/resume").json()["reason"] == "resumed"
    wait_for(lambda: state(client, path)[0] == "completed", 60)
    assert not partials(server)
    # What was on its way when it was paused comes twice, and nothing else.
    assert hub.sent_bytes(NAME) < len(CONTENT) + SLACK
    result = client.get(path).json()["result"]
    assert (Path(result["path"]) / NAME).read_bytes() == CONTENT


def test_what_is_given_up_leaves_nothing_half_fetched(server, wait_for):
    client = server.client()
    path = begun(client, wait_for)
    client.post(f"{path}/pause")
    wait_for(lambda: state(client, path) == ("stopped", "paused"))
    assert partials(server)
    assert client.delete(path).status_code == 204
    assert not partials(server)
    assert client.get(path).status_code == 404


def test_another_kind_of_job_is_no_download(server):
    client = server.client()
    for verb in ("pause", "resume"):
        assert client.post(f"downloads/nothing/{verb}").status_code == 404


def test_what_is_set_reaches_what_runs(server, hub, wait_for):
    """Addresses, connections, and offline: said at once, and what has arrived is kept."""
    client = server.client()
    hub.line.rate = 100_000
    first = client.patch("settings/hub", json={"endpoints": [{"url": hub.url}], "connections": 1})
    assert first.json()["connections"] == 1
    path = begun(client, wait_for, least=2**16)
    assert len(hub.gets(NAME)) == 1
    assert client.patch("settings/hub", json={"connections": 3}).json()["connections"] == 3
    wait_for(lambda: len(hub.gets(NAME)) >= 3)

    assert client.patch("settings/hub", json={"offline": True}).json()["offline"]
    wait_for(lambda: state(client, path)[0] == "failed")
    assert client.get(path).json()["error"]["code"] == "hub_offline"
    assert partials(server)
    asked = len(hub.requests)
    refused = client.post("downloads", json={"repo_id": "owner/more", "repo_type": "dataset"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "hub_offline")
    assert client.get("hub/search").json()["error"]["code"] == "hub_offline"
    check = client.post("settings/hub/check").json()
    assert check == {"offline": True, "endpoints": []}
    assert len(hub.requests) == asked

    client.patch("settings/hub", json={"offline": False})
    hub.line.rate = 0
    assert client.post(f"{path}/retry").status_code == 200
    wait_for(lambda: state(client, path)[0] == "completed", 60)
    assert hub.sent_bytes(NAME) < len(CONTENT) + SLACK
