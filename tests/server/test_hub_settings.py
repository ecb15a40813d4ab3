"""The token and the way to the Hub over HTTP, against a small Hub; what is kept, and how."""

import importlib.util
import stat
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parents[1] / "hub" / "hub_server.py"
)
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

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
    for answer in (
        answer,
        await ask_hub("GET", PATH),
        await ask_hub("POST", f"{PATH}/validate"),
        await ask_hub("GET", "settings/hub"),
        await ask_hub("POST", "settings/hub/check"),
    ):
        assert TOKEN not in answer.text
        assert answer.status == 200
    (file,) = (data_dir / "secrets").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (await ask_hub("DELETE", PATH)).json["set"] is False
    assert not file.exists()
