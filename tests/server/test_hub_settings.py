"""The token and the way to the Hub over HTTP, against a small Hub; what is kept, and how."""

import importlib.util
import stat
import threading
from pathlib import Path

import pytest

from jupyter_persian_ai.hub.way import read_way
from jupyter_persian_ai.protocol.jobs import JobSpec
from jupyter_persian_ai.services.user_file import UserFiles


def _module(name):
    place = Path(__file__).parents[1] / "hub" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hub_server = _module("hub_server")

TOKEN = "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"
OTHER = "hf_0000000000000000000000000000zzzz"
PATH = "settings/huggingface-token"


@pytest.fixture
def hub():
    server = hub_server.HubServer()
    server.users[TOKEN] = "sara"
    yield server
    server.close()


@pytest.fixture
def ask_hub(ask, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("NO_PROXY", "")
    return ask


async def test_a_token_is_validated_and_never_given_back(ask_hub, data_dir):
    assert (await ask_hub("GET", PATH)).json["set"] is False
    answer = await ask_hub("PUT", PATH, {"token": TOKEN})
    assert answer.status == 200
    assert answer.json["account"] == "sara"
    assert answer.json["role"] == "read"
    assert answer.json["valid"] is True
    assert answer.json["last_four"] == TOKEN[-4:]
    for one in (
        answer,
        await ask_hub("GET", PATH),
        await ask_hub("POST", f"{PATH}/validate"),
        await ask_hub("GET", "settings/hub"),
        await ask_hub("POST", "settings/hub/check"),
    ):
        assert TOKEN not in one.text
        assert one.status == 200
    (file,) = (data_dir / "secrets").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (await ask_hub("DELETE", PATH)).json["set"] is False
    assert not file.exists()


async def test_what_the_hub_does_not_take_changes_nothing(ask_hub, hub, service):
    await ask_hub("PUT", PATH, {"token": TOKEN})
    answer = await ask_hub("PUT", PATH, {"token": OTHER})
    assert (answer.status, answer.json["error"]["code"]) == (422, "token_refused")
    assert hub.url in answer.json["error"]["message_fa"]
    assert (await ask_hub("GET", PATH)).json["last_four"] == TOKEN[-4:]
    # One that was taken back since is still set, and known not to be valid.
    hub.users.clear()
    known = (await ask_hub("POST", f"{PATH}/validate")).json
    assert (known["set"], known["valid"]) == (True, False)
    assert known["problem"]["code"] == "token_refused"
    user = await service.users.id_of("local")
    assert service.hub_token.read(user) == TOKEN
    await ask_hub("DELETE", PATH)
    assert service.hub_token.read(user) is None
    assert (await ask_hub("POST", f"{PATH}/validate")).json["set"] is False


async def test_a_hub_that_cannot_be_asked_keeps_it(ask_hub, hub):
    hub.close()
    answer = await ask_hub("PUT", PATH, {"token": TOKEN})
    assert answer.status == 200
    assert answer.json["valid"] is None
    assert answer.json["problem"]["code"] == "hub_offline"


@pytest.mark.parametrize("token", ["", "short", "with a space", "سلام سلام سلام", "x" * 401, None])
async def test_what_is_no_token(ask_hub, hub, token):
    answer = await ask_hub("PUT", PATH, {"token": token})
    assert answer.status == 422
    assert not token or token not in answer.text
    assert not hub.requests


async def test_the_way(ask_hub, hub, service, data_dir, monkeypatch):
    before = (await ask_hub("GET", "settings/hub")).json
    assert (before["endpoints"], before["connections"], before["offline"]) == ([], 16, False)
    addresses = [{"url": "http://127.0.0.1:9", "token": False}, {"url": hub.url, "token": True}]
    changes = {"endpoints": addresses, "bandwidth": 5_000_000, "downloads": 3, "connections": 4}
    after = (await ask_hub("PATCH", "settings/hub", changes)).json
    assert after == before | changes
    check = (await ask_hub("POST", "settings/hub/check")).json["endpoints"]
    assert [one["reachable"] for one in check] == [False, True]
    assert check[0]["problem"]["code"] == "hub_offline"

    user = await service.users.id_of("local")
    inputs = service.hub_settings.inputs(user)
    assert inputs["hub_endpoints"] == ["http://127.0.0.1:9", hub.url]
    assert inputs["hub_token_endpoints"] == [hub.url]
    (file,) = (data_dir / "hub_settings").iterdir()
    assert inputs["hub_settings"] == str(file)
    assert read_way(file) == service.hub_settings.way(user)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # Without a choice of the user's own the environment's counts.
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert (await ask_hub("GET", "settings/hub")).json["offline"] is True
    assert (await ask_hub("GET", "health")).json["parts"]["hub"]["state"] == "ok"
    assert (await ask_hub("PATCH", "settings/hub", {"offline": False})).json["offline"] is False
    assert (await ask_hub("PATCH", "settings/hub", {"endpoints": []})).json["endpoints"] == []


async def test_health_asks_on_the_users_way(ask_hub, hub):
    hub.close()
    assert (await ask_hub("GET", "health")).json["parts"]["hub"]["state"] == "degraded"
    search = _module("search_server").SearchServer()
    try:
        await ask_hub("PATCH", "settings/hub", {"endpoints": [{"url": search.url}]})
        assert (await ask_hub("GET", "health")).json["parts"]["hub"]["state"] == "ok"
    finally:
        search.close()


@pytest.mark.parametrize(
    "change",
    [
        {"endpoints": [{"url": "ftp://a"}]},
        {"endpoints": [{"url": "http://a:b@c"}]},
        {"endpoints": [{"url": "http://a"}] * 11},
        {"proxy": "http://user:password@proxy:1"},
        {"proxy": "gopher://proxy"},
        {"connections": 0},
        {"connections": 65},
        {"bandwidth": -1},
        {"downloads": 0},
        {"unknown": 1},
    ],
)
async def test_ways_that_lead_nowhere(ask_hub, change):
    answer = await ask_hub("PATCH", "settings/hub", change)
    assert (answer.status, answer.json["error"]["code"]) == (422, "invalid_field")


async def test_a_proxys_password_is_kept_like_the_token(ask_hub, service, data_dir):
    user = await service.users.id_of("local")
    change = {"proxy": "socks5h://proxy:1080", "proxy_user": "sara", "proxy_password": "p@ss/w"}
    answer = await ask_hub("PATCH", "settings/hub", change)
    assert answer.json["proxy_password_set"] is True
    assert answer.json["proxy_user"] == "sara"
    assert "p@ss" not in answer.text
    assert service.hub_settings.way(user).proxy == "socks5h://sara:p%40ss%2Fw@proxy:1080"
    assert "sara" not in service.hub_settings.inputs(user)["hub_proxy"]
    assert "p%40ss" not in repr(service.hub_settings.way(user))
    gone = await ask_hub("PATCH", "settings/hub", {"proxy_password": ""})
    assert gone.json["proxy_password_set"] is False
    assert (await ask_hub("PATCH", "settings/hub", {"proxy": ""})).json["proxy_user"] == ""
    assert not list((data_dir / "secrets").iterdir())


def test_writers_at_once_leave_a_whole_file(tmp_path):
    files = UserFiles(tmp_path / "kept")
    writers = [
        threading.Thread(target=files.change, args=("u", {f"n{n}": "x" * 1000})) for n in range(8)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert set(files.read("u")) == {f"n{n}" for n in range(8)}
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["u.json"]
    for name in ("../u", "", "a/b", "x" * 65):
        with pytest.raises(ValueError, match="user"):
            files.path(name)
    (tmp_path / "kept" / "u.json").write_bytes(b"{")
    assert files.read("u") == {}


async def test_each_user_has_their_own(ask_hub, service, tmp_path):
    mine, other = [await service.users.id_of(name) for name in ("local", "omid")]
    await ask_hub("PUT", PATH, {"token": TOKEN})
    await ask_hub("PATCH", "settings/hub", {"bandwidth": 7})
    assert (await service.hub_token.get(other)).set is False
    assert service.hub_token.read(other) is None
    assert (await service.hub_settings.get(other)).bandwidth == 0

    def handed(user_id, **inputs):
        spec = JobSpec(
            job_id="j", attempt=1, kind="download", recipe="hub", name="", options={},
            inputs=inputs, job_dir=str(tmp_path),
        )  # fmt: skip
        return service.hub_settings.secret(user_id, spec)

    assert TOKEN in handed(mine, hub_secret_on_stdin=True)
    assert "token" not in handed(other, hub_secret_on_stdin=True)
    assert handed(mine) is None  # a job that does not need the Hub
