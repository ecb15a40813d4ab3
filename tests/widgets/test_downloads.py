"""`pai.download` and `pai.hub` without a display, against a small server that speaks as the Hub."""

from __future__ import annotations

import getpass
import importlib.util
import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import jupyter_persian_ai as pai
from jupyter_persian_ai import errors
from jupyter_persian_ai.protocol.hub import HubSettingsPatch
from jupyter_persian_ai.protocol.jobs import JobState

_SPEC = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parents[1] / "hub" / "hub_server.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
hub_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hub_server)

TOKEN = "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"
WRONG = "hf_0000000000000000000000000000zzzz"
ROWS = b'{"text": "\xd8\xb4\xd8\xb9\xd8\xb1"}\n' * 200_000
SMALL = b'{"text": "\xd8\xa8"}\n'


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    """A Hub behind a slow line, with a dataset of two files."""
    server = hub_server.HubServer(hub_server.Line(300_000, 0.0, 0.0))
    server.users[TOKEN] = "sara"
    files = {"rows.jsonl": ROWS, "small.jsonl": SMALL}
    server.add("owner/poems", kind="datasets", files=files)
    server.add("owner/few", kind="datasets", files=files)
    server.add("owner/unseen", kind="datasets", files=files)
    server.add("owner/away", kind="datasets", files={}, error=(404, "gone"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def surroundings(hub: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The service takes its way to the Hub from its environment, until the user says another."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_ENDPOINT", hub.url)
    patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("HF_HUB_OFFLINE", raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="module", autouse=True)
def client(surroundings: None, jupyter_server: Any) -> Iterator[pai.Client]:
    yield pai.connect(jupyter_server.url, jupyter_server.token)
    pai.disconnect()


def test_a_bar_a_pause_and_the_rest(wait_for: Callable[..., Any]) -> None:
    download = pai.download("owner/poems", type="dataset")
    assert isinstance(download, pai.Download)
    wait_for(lambda: download.progress.done > 0, what="some bytes")
    download.pause().wait()
    assert download.state is JobState.STOPPED
    assert "paused" in repr(download)
    with pytest.raises(errors.Conflict):
        download.pause()
    with pytest.raises(errors.Conflict):
        _ = download.path
    with pytest.raises(errors.Conflict):
        download.stop()
    said = io.StringIO()
    with redirect_stdout(said):
        assert download.resume().wait() is download
    lines = said.getvalue().splitlines()
    assert "owner/poems: ████████████████████ 100 % completed" in lines[-1]
    assert any("░" in line and "downloading" in line for line in lines)
    assert (download.path / "rows.jsonl").read_bytes() == ROWS
    assert download._repr_mimebundle_() == {"text/plain": repr(download)}
    assert [one.id for one in pai.download.all()] == [download.id]
    assert "completed" in repr(pai.download.all())
    again = pai.download.get(download.id)
    assert again.path == download.path
    with pytest.raises(errors.Conflict):
        _ = again.model
    again.delete()
    with pytest.raises(errors.NotFound):
        pai.download.get(download.id)


def test_chosen_files_alone(hub: Any) -> None:
    download = pai.download("owner/few", type="dataset", files=["small.jsonl"]).wait()
    assert [one.name for one in download.path.iterdir()] == ["small.jsonl"]
    assert not hub.gets("few/resolve/main/rows.jsonl")
    download.delete()


def test_one_that_is_given_up_and_one_that_is_not_there(wait_for: Callable[..., Any]) -> None:
    download = pai.download("owner/few", type="dataset", revision="main")
    wait_for(lambda: download.progress.done > 0, what="some bytes")
    assert download.stop().wait().state is JobState.STOPPED
    download.delete()
    with pytest.raises(errors.HubProblem):
        pai.download("owner/away", type="dataset").wait()
    with pytest.raises(errors.InvalidField):
        pai.download("../../etc")


def test_what_the_hub_has(hub: Any) -> None:
    held = pai.hub.repo("owner/poems", type="dataset")
    assert (held.repo_id, held.endpoint) == ("owner/poems", hub.url)
    assert {one.name: one.bytes for one in held.files}["rows.jsonl"] == len(ROWS)


def test_a_token_is_set_and_nowhere_shown(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(pai.hub.token()) == "<no token is set>"
    told = [pai.hub.token(TOKEN), pai.hub.token(), pai.hub.token(validate=True)]
    for state in told:
        assert repr(state) == f"<token …{TOKEN[-4:]} of sara, read, valid>"
        assert TOKEN not in state.model_dump_json() + repr(vars(state))
    with pytest.raises(errors.TokenRefused) as refused:
        pai.hub.token(WRONG)
    assert WRONG not in json.dumps(refused.value.body.model_dump(mode="json"))
    assert pai.hub.token().last_four == TOKEN[-4:], "the one before stays"
    assert not pai.hub.token(remove=True).set
    monkeypatch.setattr(getpass, "getpass", lambda prompt: TOKEN)
    assert pai.hub.token(ask=True).account == "sara"
    pai.hub.token(remove=True)
    assert TOKEN not in "".join(capsys.readouterr())


def test_a_refused_token_is_not_quoted_by_the_kernel(client: pai.Client) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns |= {"pai": pai, "client": client}
    said = io.StringIO()
    with redirect_stdout(said):
        shell.run_cell(f"pai.hub.token('{WRONG}', client=client)")
        shell.run_cell(f"pai.hub.settings(proxy_password='{WRONG}', downloads=99, client=client)")
    InteractiveShell.clear_instance()
    assert "TokenRefused" in said.getvalue()
    assert "توکن" in said.getvalue(), "in Persian too"
    assert "InvalidField" in said.getvalue()
    assert WRONG not in said.getvalue()


def test_the_way_to_the_hub_is_changed(client: pai.Client, hub: Any) -> None:
    changed = pai.hub.settings(connections=4, bandwidth=1_000_000, endpoints=[hub.url])
    assert (changed.connections, changed.bandwidth) == (4, 1_000_000)
    assert [(one.url, one.token) for one in changed.endpoints] == [(hub.url, False)]
    assert pai.hub.settings() == changed
    assert [one.url for one in pai.hub.check().endpoints] == [hub.url]
    patch = HubSettingsPatch(proxy_user="sara", proxy_password=WRONG)  # type: ignore[arg-type]
    assert client.hub.change(patch).proxy_password_set
    assert "*" not in str(client.hub.settings().proxy)
    assert not pai.hub.settings(proxy_user="", proxy_password="").proxy_password_set
    with pytest.raises(errors.InvalidField):
        pai.hub.settings(connections=0)
    pai.hub.settings(bandwidth=0, endpoints=[], connections=16)


def test_offline_is_said_at_once() -> None:
    pai.download("owner/poems", type="dataset").wait()
    assert pai.hub.offline().offline
    try:
        with pytest.raises(errors.HubOffline):
            pai.hub("شعر")
        with pytest.raises(errors.HubOffline):
            pai.download("owner/unseen", type="dataset").wait()
        assert pai.download("owner/poems", type="dataset").wait().path.is_dir(), "it is here"
        assert len(pai.catalogue()) > 0
    finally:
        assert not pai.hub.offline(False).offline
